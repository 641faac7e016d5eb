import pytest

from openclaw.channels.whatsapp import recollection
from openclaw.channels.whatsapp.recollection import AD_WINDOW_MS, WINDOW_MS, Recollection
from openclaw.types.messages import Quoted, Sender

ANA = "+12015550123"


def test_what_was_said_is_remembered_in_short() -> None:
    memory = Recollection()
    memory.note_said("wamid.1", Sender(ANA, "Ana"), "  two\nlines" + "x" * 400)
    memory.note_said("wamid.2", Sender("us"), "hi", own=True)

    assert memory.recall("wamid.1") == Quoted(Sender(ANA, "Ana"), "two\nlines" + "x" * 291)
    assert memory.recall("wamid.2") == Quoted(Sender("us"), "hi", own=True)
    assert memory.recall("wamid.3") is None


def test_the_oldest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recollection, "_MOST", 2)
    memory = Recollection()
    for number in (1, 2, 1, 3):
        memory.note_said(f"wamid.{number}", Sender(ANA), str(number))

    assert [memory.recall(f"wamid.{number}") is None for number in (1, 2, 3)] == [False, True, False]


def test_the_newest_message_counts_in_whatever_order_they_come() -> None:
    memory = Recollection()
    memory.note_heard(ANA, "wamid.2", 2_000)
    memory.note_heard(ANA, "wamid.1", 1_000)

    assert memory.last_heard(ANA) == "wamid.2"
    assert memory.last_heard("+12015550124") is None


def test_the_window_is_shut_a_day_after_the_last_message_and_when_the_provider_says_so() -> None:
    memory = Recollection()
    assert not memory.is_shut(ANA, 0), "where nothing is known the provider decides"

    memory.note_heard(ANA, "wamid.1", 1_000)
    assert not memory.is_shut(ANA, 1_000 + WINDOW_MS)
    assert memory.is_shut(ANA, 1_001 + WINDOW_MS)
    memory.note_shut("+12015550124")
    assert memory.is_shut("+12015550124", 0)
    memory.note_heard("+12015550124", "wamid.2", 5_000)
    assert not memory.is_shut("+12015550124", 5_000)


def test_whoever_came_by_an_advertisement_is_answered_for_three_days() -> None:
    memory = Recollection()
    memory.note_heard(ANA, "wamid.1", 1_000, window_ms=AD_WINDOW_MS)
    memory.note_heard(ANA, "wamid.2", 2_000)

    assert not memory.is_shut(ANA, 1_000 + AD_WINDOW_MS)
    assert memory.is_shut(ANA, 1_001 + AD_WINDOW_MS)
