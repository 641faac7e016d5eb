from typing import Any, Literal

import pytest

from openclaw.compliance.thread import gate
from openclaw.types.dealings import Contact, Thread
from openclaw.types.sending import Purpose
from tests.compliance.made import HOUR, MINUTE, NOON, SECOND, THEIRS, facts, intent, said

OWNER = frozenset({THEIRS})


def fast(turns: int, every: int) -> tuple[tuple[Literal["in", "out"], int], ...]:
    """They write and we answer, again and again, up to now."""
    return tuple(
        ("in" if number % 2 == 0 else "out", NOON - (turns - number) * every) for number in range(turns)
    )


@pytest.mark.parametrize(
    ("thread", "age", "words"),
    [
        (Thread(answers=NOON - HOUR, newest_in=NOON - MINUTE), 11 * MINUTE, [("hold", "stale_context")]),
        (Thread(answers=NOON - HOUR, newest_in=NOON - MINUTE), 9 * MINUTE, []),
        (Thread(answers=NOON - HOUR, newest_in=NOON - HOUR), 11 * MINUTE, []),
        (Thread(newest_in=NOON - MINUTE), 11 * MINUTE, []),
    ],
)
def test_an_answer_that_waited_while_they_wrote_on_is_held(
    thread: Thread, age: int, words: list[tuple[str, str]]
) -> None:
    about = intent(purpose="reply", created_at=NOON - age)
    assert said(gate, about, facts(thread=thread)) == words


@pytest.mark.parametrize(
    ("contact", "human_at", "purpose", "words"),
    [
        (Contact(takeover=True), None, "reply", [("hold", "human_active")]),
        (Contact(), NOON - 10 * MINUTE, "reply", [("hold", "human_active")]),
        (Contact(), NOON - 10 * MINUTE, "api", []),
        (Contact(), NOON - 11 * MINUTE, "reply", []),
    ],
)
def test_where_a_person_talks_the_assistant_keeps_back(
    contact: Contact, human_at: int | None, purpose: Purpose, words: list[tuple[str, str]]
) -> None:
    known = facts(contact=contact, thread=Thread(newest_in=NOON, human_at=human_at))
    assert said(gate, intent(purpose=purpose), known) == words


@pytest.mark.parametrize("authorized", [frozenset(), OWNER])
def test_the_parts_of_an_answer_keep_their_order(authorized: frozenset[str]) -> None:
    known = facts(thread=Thread(older_unsent=True), authorized=authorized)
    assert said(gate, intent(), known) == [("defer", "ordering")]


@pytest.mark.parametrize(
    ("unanswered", "authorized", "words"),
    [
        (2, frozenset(), []),
        (3, frozenset(), [("hold", "no_response_loop")]),
        (30, OWNER, []),
    ],
)
def test_nobody_is_written_to_again_and_again(
    unanswered: int, authorized: frozenset[str], words: list[tuple[str, str]]
) -> None:
    assert said(gate, intent(), facts(thread=Thread(unanswered=unanswered), authorized=authorized)) == words


@pytest.mark.parametrize(
    ("turns", "every", "authorized", "words"),
    [
        (1, 2 * SECOND, frozenset(), []),
        (3, 2 * SECOND, frozenset(), []),
        (5, 2 * SECOND, frozenset(), [("block", "bot_loop")]),
        (5, 30 * SECOND, frozenset(), []),
        (9, SECOND, OWNER, []),
    ],
)
def test_two_machines_that_answer_each_other_are_parted(
    turns: int, every: int, authorized: frozenset[str], words: list[tuple[str, str]]
) -> None:
    thread = Thread(newest_in=NOON - every, answers=NOON - every, lately=fast(turns, every))
    assert said(gate, intent(purpose="reply"), facts(thread=thread, authorized=authorized)) == words


def test_the_parts_of_one_answer_are_no_loop() -> None:
    lately: Any = [("in", NOON - 9 * SECOND), *(("out", NOON - n * SECOND) for n in range(8, 0, -1))]
    assert said(gate, intent(purpose="reply"), facts(thread=Thread(lately=tuple(lately)))) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stop calling me at work", [("hold", "intent_review")]),
        ("My lawyer will hear of this", [("hold", "intent_review")]),
        ("Tuesday is fine", []),
    ],
)
def test_after_angry_words_a_person_looks_first(text: str, words: list[tuple[str, str]]) -> None:
    thread = Thread(newest_in=NOON, newest_text=text)
    assert said(gate, intent(purpose="reply"), facts(thread=thread)) == words
    assert said(gate, intent(purpose="reply"), facts(thread=thread, authorized=OWNER)) == []
