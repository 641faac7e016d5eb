from dataclasses import replace

import pytest

from openclaw.channels.voice import talk
from openclaw.channels.voice.talk import Call, Mail, Move, Plan, Then, Wish

CALL = Call("CA1", "+12015550123", "+12015550100", outbound=False, began_at=1000)
ASKED = talk.heard(CALL, 50.0)
PLAN = Plan("Hello!", most_seconds=300)


def test_a_caller_is_greeted_and_listened_to() -> None:
    assert talk.begun(CALL, PLAN) == Move(CALL, "listen", "Hello!")


def test_whoever_is_recorded_is_told() -> None:
    assert talk.begun(CALL, replace(PLAN, recorded=True)).line == talk.RECORDED


def test_whom_we_have_called_is_only_listened_to() -> None:
    move = talk.begun(replace(CALL, outbound=True), PLAN)

    assert (move.then, move.words, move.line) == ("listen", "", "")


@pytest.mark.parametrize(
    ("mail", "then", "words", "line"),
    [
        (Mail("It is sunny."), "listen", "It is sunny.", ""),
        (Mail("It is sunny.", "Your taxi is there."), "listen", "Your taxi is there. It is sunny.", ""),
        (Mail(), "hold", "", talk.MOMENT),
        (Mail(before="Your taxi is there."), "hold", "Your taxi is there.", ""),
        (Mail(over=True), "listen", "", talk.NOTHING),
        (Mail(before="Your taxi is there.", over=True), "listen", "Your taxi is there.", ""),
        (Mail("I put you through.", wish="forward"), "forward", "I put you through.", ""),
        (Mail(wish="forward", over=True), "forward", "", ""),
        (Mail(wish="forward"), "hold", "", talk.MOMENT),
        (Mail("Bye!", wish="hang_up"), "hang_up", "Bye!", ""),
        (Mail(wish="hang_up", over=True), "hang_up", "", talk.GOODBYE),
        (Mail("Let me look.", working=True), "hold", "Let me look.", ""),
        (
            Mail("Let me look.", "Your taxi is there.", working=True),
            "hold",
            "Your taxi is there. Let me look.",
            "",
        ),
        (Mail(failure=talk.NO_ROOM), "hang_up", "", talk.NO_ROOM),
        (Mail("late", failure=talk.FAILED), "hang_up", "", talk.FAILED),
    ],
)
def test_what_follows_a_question(mail: Mail, then: Then, words: str, line: str) -> None:
    move = talk.answered(ASKED, mail, 52.0)

    assert (move.then, move.words, move.line) == (then, words, line)
    assert (move.call.asked_at is not None) == (then == "hold")


def test_a_caller_who_waits_hears_from_time_to_time_that_it_goes_on() -> None:
    call, lines = ASKED, []
    for second in range(12):
        move = talk.answered(call, Mail(), 52.0 + second)
        call = move.call
        lines.append(move.line)

    assert lines == [talk.MOMENT, "", "", "", "", talk.STILL, "", "", "", "", talk.STILL, ""]


def test_nobody_is_kept_waiting_for_ever() -> None:
    last = talk.answered(ASKED, Mail(), 50.0 + talk.PATIENCE_SECONDS - 0.1)
    move = talk.answered(last.call, Mail(), 50.0 + talk.PATIENCE_SECONDS)

    assert last.then == "hold"
    assert (move.then, move.line, move.call.asked_at) == ("listen", talk.TOO_LONG, None)


def test_what_comes_late_is_told_at_the_next_silence() -> None:
    move = talk.silent(replace(CALL, silences=2), Mail("It is sunny."))

    assert (move.then, move.words, move.call.silences) == ("listen", "It is sunny.", 0)


def test_a_silent_caller_is_asked_twice_and_then_let_go() -> None:
    call, moves = CALL, []
    for _ in range(3):
        move = talk.silent(call, Mail())
        call = move.call
        moves.append((move.then, move.line))

    assert moves == [
        ("listen", talk.STILL_THERE[0]),
        ("listen", talk.STILL_THERE[1]),
        ("hang_up", talk.GOODBYE),
    ]


def test_words_end_the_silence() -> None:
    assert talk.heard(replace(CALL, silences=2), 1.0).silences == 0


@pytest.mark.parametrize(("wish", "then"), [("forward", "forward"), ("hang_up", "hang_up")])
def test_a_wish_that_comes_late_is_carried_out(wish: Wish, then: Then) -> None:
    assert talk.silent(CALL, Mail("Goodbye!", wish=wish)).then == then


def test_after_a_restart_the_answer_is_waited_for_anew() -> None:
    move = talk.resumed(CALL, 7.0)

    assert (move.then, move.line, move.call.asked_at) == ("hold", talk.BACK, 7.0)
    assert talk.answered(move.call, Mail(), 8.0).line == ""


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("completed", "hang_up"),
        ("answered", "hang_up"),
        ("busy", "listen"),
        ("no-answer", "listen"),
        ("failed", "listen"),
        ("", "listen"),
    ],
)
def test_whoever_was_put_through_comes_back_when_nobody_answered(status: str, then: Then) -> None:
    assert talk.forwarded(CALL, status).then == then


@pytest.mark.parametrize("then", ["listen", "hold"])
def test_a_call_ends_at_its_longest_time(then: Then) -> None:
    move = Move(CALL, then, "It is sunny.", talk.MOMENT)

    assert talk.limited(move, PLAN, 1299) == move
    assert talk.limited(move, PLAN, 1300) == Move(CALL, "hang_up", "It is sunny.", talk.TIME_IS_UP)


@pytest.mark.parametrize("then", ["forward", "hang_up"])
def test_the_longest_time_changes_no_end(then: Then) -> None:
    move = Move(CALL, then, "Goodbye.")

    assert talk.limited(move, PLAN, 9999) == move


def test_words_on_the_way_to_an_answer_are_followed_by_it_or_by_nothing() -> None:
    held = talk.answered(ASKED, Mail("Let me look.", working=True), 52.0)

    assert talk.answered(held.call, Mail("It is sunny."), 53.0).words == "It is sunny."
    silent = talk.answered(held.call, Mail(over=True), 53.0)
    assert (silent.then, silent.words, silent.line) == ("listen", "", "")
    assert talk.answered(talk.heard(silent.call, 60.0), Mail(over=True), 61.0).line == talk.NOTHING


def test_whoever_stays_on_the_line_for_an_answer_is_not_let_go() -> None:
    call, moves = CALL, []
    for _ in range(11):
        move = talk.silent(call, Mail(working=True))
        call = move.call
        moves.append((move.then, move.line))

    assert {then for then, _ in moves} == {"listen"}
    assert [line for _, line in moves if line] == [talk.STILL, talk.STILL]
    assert talk.silent(call, Mail("It is sunny.", working=True)).words == "It is sunny."
    assert talk.silent(call, Mail()).line == talk.STILL_THERE[0]
