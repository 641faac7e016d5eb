import pytest

from openclaw.ops.backup.agreeing import Moment, agreed, is_known, whole_lines

MOMENT = Moment(
    1_772_193_600_000, frozenset({"t_done"}), owed=frozenset({"m_owed"}), waiting=frozenset({"m_waiting"})
)
HEADER = b'{"type":"session","id":"ses_1"}\n'
OLD = b'{"role":"user","id":"m_1","trace":"t_forgotten","timestamp":"2025-01-01T00:00:00Z"}\n'
DONE = b'{"role":"user","id":"m_2","trace":"t_done","timestamp":"2026-02-27T12:00:01Z"}\n'
RUNNING = b'{"role":"user","id":"m_3","trace":"t_running","timestamp":"2026-02-27T11:59:00Z"}\n'
BEFORE = b'{"role":"assistant","id":"m_4","timestamp":"2026-02-27T11:59:59Z"}\n'
AFTER = b'{"role":"assistant","id":"m_5","timestamp":"2026-02-27T12:00:01Z"}\n'
OWED = b'{"role":"user","id":"m_owed","trace":"t_running","timestamp":"2026-02-27T12:00:01Z"}\n'
WAITING = b'{"role":"user","kind":"note","id":"m_waiting","timestamp":"2026-02-27T11:00:00Z"}\n'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (HEADER, True),
        (DONE, True),
        (RUNNING, False),
        (OLD, False),
        (BEFORE, True),
        (AFTER, False),
        (OWED, True),
        (WAITING, False),
        (b"no json\n", True),
        (b"[1]\n", True),
        (b'{"id":"m_9","timestamp":"yesterday"}\n', True),
    ],
)
def test_a_line_is_known_when_the_copy_of_the_ledger_knows_what_it_follows_from(
    line: bytes, expected: bool
) -> None:
    assert is_known(line, MOMENT) is expected


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (HEADER + OLD, b"", HEADER + OLD),
        (HEADER + OLD, DONE + BEFORE, HEADER + OLD + DONE + BEFORE),
        (HEADER + OLD, DONE + RUNNING + BEFORE, HEADER + OLD + DONE),
        (HEADER + OLD, OWED + AFTER, HEADER + OLD + OWED),
        (b"", HEADER + DONE, HEADER + DONE),
        (HEADER, DONE + b'{"torn', HEADER + DONE),
        (HEADER + b'{"torn', b" at both ends", HEADER),
    ],
)
def test_a_transcript_ends_before_the_first_line_that_the_copy_does_not_know(
    before: bytes, after: bytes, kept: bytes
) -> None:
    data = before + after
    assert data[: agreed(data, len(before), MOMENT)] == kept


def test_a_transcript_that_was_mended_meanwhile_is_shorter_than_it_was() -> None:
    assert agreed(HEADER, 10_000, MOMENT) == len(HEADER)


def test_only_whole_lines_are_taken() -> None:
    assert whole_lines(b"a\nb\nc") == 4
    assert whole_lines(b"abc") == 0
