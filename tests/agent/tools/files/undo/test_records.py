import pytest

from openclaw.agent.tools.files.undo.records import (
    FileRecord,
    Named,
    TurnRecord,
    Version,
    change_line,
    header_line,
    read_manifest,
    same,
    undone_line,
)

ONE, TWO = Version("a" * 64, 0o644, 3), Version("b" * 64, 0o600, 5, kept=False)
NOTES, HOSTS = Named(("a", "notes.md")), Named(("etc", "hosts"), outside=True)
LINES = [
    header_line("run_1", "agent:main:main", 7),
    change_line(NOTES, FileRecord(ONE), TWO, first=True),
    change_line(HOSTS, FileRecord(None, 2), ONE, first=True),
    change_line(NOTES, FileRecord(ONE), None, first=False),
    undone_line(9, [HOSTS]),
]


def test_a_manifest_is_read_as_it_was_written() -> None:
    turn = read_manifest(3, b"".join(LINES))

    assert turn == TurnRecord(
        3,
        "run_1",
        "agent:main:main",
        7,
        {NOTES: FileRecord(ONE, 0, [TWO, None]), HOSTS: FileRecord(None, 2, [ONE])},
        undone=True,
        left=(HOSTS,),
    )
    assert turn.contents == {"a" * 64}


@pytest.mark.parametrize("cut", range(1, len(LINES[3])))
def test_a_torn_last_line_is_none(cut: int) -> None:
    torn = b"".join(LINES[:3]) + LINES[3][:cut]
    whole = read_manifest(3, b"".join(LINES[:3]))

    assert read_manifest(3, torn) == (whole if cut < len(LINES[3]) else None)
    assert read_manifest(3, torn + b"\n" + LINES[4]).undone


def test_a_line_that_cannot_be_read_hides_no_other() -> None:
    assert read_manifest(1, LINES[0] + b"\x00\n[]\n{}\n" + LINES[1]).files.keys() == {NOTES}


def test_two_versions_are_the_same_when_content_and_mode_are() -> None:
    assert same(None, None)
    assert same(ONE, Version("a" * 64, 0o644, 3, kept=False))
    assert not same(ONE, Version("a" * 64, 0o755, 3))
    assert not same(None, ONE)
    assert not same(ONE, None)
