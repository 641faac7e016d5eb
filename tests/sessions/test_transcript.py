import logging
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.sessions import transcript
from openclaw.sessions.lines import encode, header
from openclaw.sessions.transcript import INTERRUPTED, TranscriptError, append, pair_tools, read, window
from openclaw.types.conversation import AssistantMessage, Entry, ToolMessage, ToolResult
from tests.sessions.made import NOW, asked, called, came, entries, noted, said, summed_up

HEADER = header("ses_1", "agent:main:main", "main", NOW)
TURN: list[Entry] = [
    asked("m_1", "Grüße 🙂"),
    called("m_2", "c_1", "c_2"),
    came("m_3", "c_1", "c_2"),
    said("m_4"),
]


def lines(written: Sequence[Entry]) -> bytes:
    return b"".join(map(encode, written))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ses_1.jsonl"


def beside(path: Path, suffix: str) -> bytes:
    other = path.with_name(path.name + suffix)
    return other.read_bytes() if other.exists() else b""


# -- reading ----------------------------------------------------------------------------------------------


def test_a_whole_file_is_read_and_left_alone(path: Path) -> None:
    path.write_bytes(HEADER + lines(TURN))
    before = path.stat()

    reading = read(path)

    assert reading.entries == TURN
    assert (reading.size, reading.torn, reading.unreadable, reading.unpaired) == (before.st_size, b"", [], 0)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert list(path.parent.iterdir()) == [path]


def test_a_look_tells_what_is_hurt_and_mends_nothing(path: Path) -> None:
    path.write_bytes(HEADER + lines(TURN[:2]) + b"garbage\n" + b'{"role":"us')
    before = path.read_bytes()

    reading = transcript.look(path)

    assert (reading.torn, reading.unreadable, reading.unpaired) == (b'{"role":"us', [b"garbage\n"], 2)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_look_at_a_file_that_is_not_there_makes_none(path: Path) -> None:
    assert transcript.look(path) == transcript.Reading()
    assert not path.exists()


def test_a_file_that_is_not_there_is_an_empty_conversation(path: Path) -> None:
    assert read(path) == transcript.Reading()
    assert not path.exists()


def test_an_empty_file_is_an_empty_conversation(path: Path) -> None:
    path.touch()
    assert read(path) == transcript.Reading()


def test_a_file_that_cannot_be_read_is_named(path: Path) -> None:
    path.mkdir()
    with pytest.raises(TranscriptError, match=r"ses_1\.jsonl cannot be read"):
        read(path)


PLAIN: list[Entry] = [asked("m_1", "Grüße 🙂"), said("m_2"), noted("m_3")]


def test_a_file_torn_at_any_byte_keeps_its_whole_lines_and_goes_on(path: Path) -> None:
    whole = HEADER + lines(PLAIN)
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])

        reading = read(path)

        rest = whole[:cut].rpartition(b"\n")[2]
        # A line that lacks nothing but its newline is whole.
        kept = whole[: cut - len(rest)] if whole[cut : cut + 1] != b"\n" else whole[: cut + 1]
        assert path.read_bytes() == kept
        assert beside(path, ".torn") == (rest + b"\n" if kept == whole[: cut - len(rest)] and rest else b"")
        assert reading.size == len(kept)
        assert lines(reading.entries) == kept.removeprefix(HEADER)

        append(path, encode(said("m_9")), reading.size)
        assert path.read_bytes() == kept + encode(said("m_9"))
        assert read(path).entries == [*reading.entries, said("m_9")]
        for file in path.parent.iterdir():
            file.unlink()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 300,
        b"\xff\xfe garbage",
        b'{"role":"user"',
        b"\x1f\x8b\r\r",
        b'{"role":"user","content":5,"id":1}',
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_garbage_in_the_middle_is_put_aside_and_the_rest_goes_on(
    path: Path, garbage: bytes, place: int
) -> None:
    good = [HEADER, *map(encode, PLAIN)]
    path.write_bytes(b"".join([*good[:place], garbage + b"\n", *good[place:]]))

    reading = read(path)

    assert reading.entries == PLAIN
    assert path.read_bytes() == b"".join(good)
    assert beside(path, ".unreadable").replace(b"\n", b"") == garbage
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(path).unreadable == [], "mended once"


def test_lines_written_on_windows_and_lines_of_other_programs_stay(path: Path) -> None:
    other = b'{"type":"label","text":"mine"}\n'
    data = HEADER + encode(asked("m_1"))[:-1] + b"\r\n" + other + encode(said("m_2"))
    path.write_bytes(data)

    assert read(path).entries == [asked("m_1"), said("m_2")]
    assert path.read_bytes() == data


def test_a_line_that_is_there_twice_is_read_once(path: Path) -> None:
    path.write_bytes(HEADER + lines([*PLAIN, PLAIN[1]]))

    assert read(path).entries == PLAIN
    assert path.read_bytes() == HEADER + lines(PLAIN)
    assert beside(path, ".unreadable") == encode(PLAIN[1])


def test_a_call_whose_result_is_lost_is_closed_on_the_disk_too(path: Path) -> None:
    other = b'{"type":"label","text":"mine"}\n'
    path.write_bytes(HEADER + lines(TURN[:2]) + b"garbage\n" + other + lines(TURN[3:]))

    reading = read(path)

    assert reading.unpaired == 2
    assert path.read_bytes() == HEADER + lines(reading.entries[:3]) + other + lines(TURN[3:])
    again = read(path)
    assert (again.entries, again.unpaired) == (reading.entries, 0)


def test_results_that_nobody_asked_for_are_put_aside_not_thrown_away(path: Path) -> None:
    path.write_bytes(HEADER + lines([TURN[0], *TURN[2:]]))

    assert read(path).entries == [TURN[0], TURN[3]]
    assert path.read_bytes() == HEADER + lines([TURN[0], TURN[3]])
    assert beside(path, ".unreadable") == encode(TURN[2])


@pytest.mark.parametrize("written", range(5))
def test_a_call_whose_result_the_ledger_still_keeps_was_not_interrupted(path: Path, written: int) -> None:
    """A crash between two lines of one turn: the rest of them comes from the ledger, behind these."""
    path.write_bytes(HEADER + lines(TURN[:written]) + encode(TURN[-1])[:20] * (written < 4))

    reading = read(path, TURN)

    assert (reading.entries, reading.unpaired) == (TURN[:written], 0)
    assert path.read_bytes() == HEADER + lines(TURN[:written])


def test_a_full_disk_does_not_keep_a_hurt_conversation_closed(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    torn = encode(said("m_2"))[:30]
    path.write_bytes(HEADER + lines(PLAIN[:1]) + b"garbage\n" + torn)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(transcript, "write_atomically", fail)
        reading = read(path)
    assert reading.entries == PLAIN[:1]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]

    append(path, encode(said("m_9")), reading.size)
    assert read(path).entries == [PLAIN[0], said("m_9")], "a new line does not continue the torn one"
    assert torn in beside(path, ".unreadable")


# -- appending --------------------------------------------------------------------------------------------


def test_a_new_file_is_made_with_its_folder_and_only_for_us(tmp_path: Path) -> None:
    path = tmp_path / "agents" / "main" / "sessions" / "ses_1.jsonl"
    append(path, HEADER, 0)
    append(path, encode(said("m_1")), len(HEADER))

    assert path.read_bytes() == HEADER + encode(said("m_1"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


LIMITED = """
import resource, sys
from pathlib import Path
from openclaw.sessions.transcript import TranscriptError, append
path, size = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, resource.RLIM_INFINITY))
try:
    append(path, b"x" * 5000 + b"\\n", size)
except TranscriptError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
append(path, b"{}\\n", size)
"""


@pytest.mark.parametrize("written", [0, 3])
def test_an_append_that_fails_half_way_leaves_the_file_as_it_was(path: Path, written: int) -> None:
    """The first thousand bytes are written before the kernel says no."""
    before = lines(PLAIN[:written])
    path.write_bytes(before)

    child = subprocess.run(
        [sys.executable, "-c", LIMITED, path, str(len(before))], capture_output=True, text=True, check=True
    )

    assert child.stdout == f"{path} could not be written: File too large\n"
    assert path.read_bytes() == before + b"{}\n"


def test_a_flush_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(HEADER)

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail, raising=False)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(TranscriptError, match="Input/output error"):
        append(path, encode(said("m_1")), len(HEADER))

    assert path.read_bytes() == HEADER


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_bytes(b"a file where a folder should be")
    with pytest.raises(TranscriptError, match="sessions"):
        append(tmp_path / "sessions" / "ses_1.jsonl", HEADER, 0)


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"somebody's")
    path.symlink_to(target)

    with pytest.raises(TranscriptError):
        append(path, HEADER, 0)
    assert target.read_bytes() == b"somebody's"


def test_a_line_is_not_glued_to_what_an_editor_left(path: Path) -> None:
    path.write_bytes(HEADER + encode(asked("m_1"))[:-1])
    append(path, encode(said("m_2")), len(HEADER))
    assert read(path).entries == [asked("m_1"), said("m_2")]


# -- pairs ------------------------------------------------------------------------------------------------


def test_a_pair_that_is_whole_stays_the_same() -> None:
    paired, mended = pair_tools(TURN)
    assert mended == 0
    assert all(one is other for one, other in zip(paired, TURN, strict=True))


@pytest.mark.parametrize(
    ("entries", "results"),
    [
        ([called("m_2", "c_1")], [("c_1", True)]),
        ([called("m_2", "c_1", "c_2"), came("m_3", "c_2")], [("c_1", True), ("c_2", False)]),
        ([called("m_2", "c_1", "c_2"), came("m_3", "c_2", "c_1")], [("c_1", False), ("c_2", False)]),
        ([called("m_2", "c_1"), came("m_3", "c_1", "c_9")], [("c_1", False)]),
        ([called("m_2", "c_1"), asked("m_3")], [("c_1", True)]),
        ([called("m_2", "c_1"), noted("m_3"), came("m_4", "c_1")], [("c_1", True)]),
    ],
)
def test_a_call_gets_exactly_its_result(entries: list[Entry], results: list[tuple[str, bool]]) -> None:
    paired, mended = pair_tools(entries)

    message = paired[1]
    assert isinstance(message, ToolMessage)
    assert [(result.call_id, result.failed) for result in message.results] == results
    assert {result.content for result in message.results if result.failed} <= {INTERRUPTED}
    assert mended > 0


def assert_valid(conversation: Sequence[Entry]) -> None:
    for place, entry in enumerate(conversation):
        before = conversation[place - 1] if place else None
        asked_for = [call.id for call in before.calls] if isinstance(before, AssistantMessage) else []
        given = [result.call_id for result in entry.results] if isinstance(entry, ToolMessage) else []
        assert asked_for == given
        assert bool(given) == isinstance(entry, ToolMessage)
    last = conversation[-1] if conversation else None
    assert not (isinstance(last, AssistantMessage) and last.calls)


@given(st.lists(entries, max_size=12))
def test_any_conversation_is_valid_once_it_is_mended(given_entries: list[Entry]) -> None:
    paired, mended = pair_tools(given_entries)

    assert_valid(paired)
    again, more = pair_tools(paired)
    assert (again, more) == (paired, 0)
    assert (mended == 0) == (paired == given_entries)
    others = [entry for entry in given_entries if not isinstance(entry, ToolMessage)]
    assert [entry for entry in paired if not isinstance(entry, ToolMessage)] == others


@given(st.lists(st.one_of(entries.map(encode), st.binary(max_size=40)), max_size=10), st.integers(0, 400))
def test_any_file_opens_as_a_valid_conversation_and_stays_as_it_was_mended(
    tmp_path_factory: pytest.TempPathFactory, rows: list[bytes], cut: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "ses_1.jsonl"
    path.write_bytes(b"".join(rows)[: -cut or None])

    first = read(path)

    assert_valid(first.entries)
    assert path.stat().st_size == first.size
    second = read(path)
    assert second.entries == first.entries
    assert (second.torn, second.unreadable, second.unpaired) == (b"", [], 0)


# -- what the model can still see -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "seen"),
    [
        ("", ""),
        ("a b c", "a b c"),
        ("a b c X:b d", "X b c d"),
        ("a b X:gone c", "X c"),
        ("a b X:a", "X a b"),
        ("X:a a", "X a"),
        ("a X:a b Y:b c", "Y b c"),
        ("a b X:b c Y:b d", "Y b c d"),
        ("a b X:a Y:a c", "Y a b c"),
    ],
)
def test_after_a_compaction_the_model_sees_its_summary_and_what_was_kept(entries: str, seen: str) -> None:
    def entry(name: str) -> Entry:
        compaction, _, first_kept = name.partition(":")
        return summed_up(compaction, first_kept) if first_kept else asked(name)

    assert [one.id for one in window([entry(name) for name in entries.split()])] == seen.split()


def test_a_failed_result_is_a_result() -> None:
    failed = ToolMessage(
        "m_3", NOW, (ToolResult("c_1", "ToolInputError: location is required", failed=True),)
    )
    assert pair_tools([called("m_2", "c_1"), failed]) == ([called("m_2", "c_1"), failed], 0)
