import anyio

from openclaw.channels.voice.switchboard import (
    MOST_LINES,
    QUIET_SECONDS,
    STALE_SECONDS,
    UNHEARD_SECONDS,
    UNSEEN_SECONDS,
    Line,
    Switchboard,
)
from openclaw.channels.voice.talk import Call, Mail
from tests.gateway.scripted import ControlledClock

CALL = Call("CA1", "+12015550123", "+12015550100", outbound=False, began_at=1000)


def board() -> tuple[Switchboard, ControlledClock]:
    clock = ControlledClock()
    return Switchboard(clock), clock


async def test_what_is_posted_is_taken_once_and_its_sender_knows() -> None:
    line = board()[0].open(CALL)
    letter = line.post("It is sunny.")

    assert not letter.settled.is_set()
    assert line.take() == Mail("It is sunny.")
    assert letter.told
    assert letter.settled.is_set()
    assert line.take() == Mail()


async def test_words_that_came_before_a_question_are_no_answer_to_it() -> None:
    line = board()[0].open(CALL)
    line.post("Your taxi is there.")
    line.ask()
    line.post("It is sunny.")
    line.post("And warm.")

    assert line.take() == Mail("It is sunny. And warm.", "Your taxi is there.")


async def test_whoever_waits_is_woken_by_words() -> None:
    line = board()[0].open(CALL)
    line.ask()
    async with anyio.create_task_group() as group:
        group.start_soon(line.wait_for_news, 60.0)
        await anyio.wait_all_tasks_blocked()
        line.post("It is sunny.")

    assert line.take().text == "It is sunny."


async def test_whoever_waits_is_woken_by_a_failure_and_by_the_end() -> None:
    switchboard, _ = board()
    failing, ending = (
        switchboard.open(CALL),
        switchboard.open(Call("CA2", "", "", outbound=False, began_at=0)),
    )
    async with anyio.create_task_group() as group:
        group.start_soon(failing.wait_for_news, 60.0)
        group.start_soon(ending.wait_for_news, 60.0)
        await anyio.wait_all_tasks_blocked()
        failing.fail("No room.")
        switchboard.end("CA2")

    assert failing.take().failure == "No room."
    assert ending.ended


async def test_work_that_ends_without_words_is_over_after_a_moment() -> None:
    switchboard, clock = board()
    line = switchboard.open(CALL)
    line.ask()
    with line.working():
        assert not line.take().over
        clock.advance(60)
        assert not line.take().over
    assert not line.take().over

    clock.advance(QUIET_SECONDS)

    assert line.take().over
    line.ask()
    assert not line.take().over


async def test_a_question_that_nobody_works_on_is_over_after_a_while() -> None:
    switchboard, clock = board()
    line = switchboard.open(CALL)
    clock.advance(UNHEARD_SECONDS)
    assert not line.take().over

    line.ask()
    clock.advance(UNHEARD_SECONDS - 1)
    assert not line.take().over
    clock.advance(1)
    assert line.take().over


async def test_a_wish_waits_for_the_words_it_belongs_to() -> None:
    line = board()[0].open(CALL)
    line.wish("forward")

    assert line.take() == Mail(wish="forward")
    line.post("I put you through.")
    assert line.take() == Mail("I put you through.", wish="forward")
    assert line.take() == Mail()


async def test_the_end_of_a_call_leaves_no_sender_waiting() -> None:
    switchboard, _ = board()
    line = switchboard.open(CALL)
    early = line.post("early")
    line.ask()
    late = line.post("late")

    switchboard.end(CALL.sid)

    assert early.settled.is_set()
    assert late.settled.is_set()
    assert (early.told, late.told) == (False, False)
    assert switchboard.live(CALL.sid) is None
    assert switchboard.find(CALL.sid) is line


async def test_words_that_are_withdrawn_are_not_said() -> None:
    line = board()[0].open(CALL)
    line.withdraw(line.post("never mind"))

    assert line.take() == Mail()


async def test_the_last_answers_are_kept_for_repeats() -> None:
    line = board()[0].open(CALL)
    for turn in range(9):
        line.keep_answer(turn, b"%d" % turn)

    assert [line.answer_to(turn) for turn in (0, 4, 5, 8)] == [None, None, b"5", b"8"]


async def test_a_call_is_found_by_whom_it_is_with_while_it_lasts() -> None:
    switchboard, _ = board()
    line = switchboard.open(CALL)

    assert switchboard.with_peer(CALL.peer) is line
    switchboard.end(CALL.sid)
    assert switchboard.with_peer(CALL.peer) is None


async def test_a_call_that_is_not_known_yet_is_waited_for() -> None:
    switchboard, _ = board()
    found: list[Line] = []

    async def wait() -> None:
        found.append(await switchboard.until_live(CALL.sid))

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        other = switchboard.open(Call("CA2", "", "", outbound=False, began_at=0))
        await anyio.wait_all_tasks_blocked()
        assert found == []
        line = switchboard.open(CALL)

    assert found == [line]
    assert other is not line


async def test_calls_that_nobody_hears_of_any_more_are_forgotten() -> None:
    switchboard, clock = board()
    letter = switchboard.open(CALL).post("hello?")
    clock.advance(STALE_SECONDS + 1)

    switchboard.open(Call("CA2", "", "", outbound=False, began_at=0))

    assert switchboard.find(CALL.sid) is None
    assert letter.settled.is_set()


async def test_no_flood_of_calls_fills_the_memory() -> None:
    switchboard, _ = board()
    for number in range(MOST_LINES + 50):
        switchboard.open(Call(f"CA{number}", "", "", outbound=False, began_at=0))

    assert switchboard.find("CA0") is None
    assert switchboard.find(f"CA{MOST_LINES + 49}") is not None


async def test_a_wish_is_not_carried_out_before_the_answer_it_was_made_in() -> None:
    line = board()[0].open(CALL)
    line.ask()
    with line.working():
        line.wish("hang_up")
        line.post("Let me look.")
        assert line.take() == Mail("Let me look.", working=True)
    line.post("It is sunny. Goodbye!")

    assert line.take() == Mail("It is sunny. Goodbye!", wish="hang_up")


async def test_a_call_that_has_been_silent_for_long_is_no_place_for_new_words() -> None:
    switchboard, clock = board()
    line = switchboard.open(CALL)

    clock.advance(UNSEEN_SECONDS)
    assert switchboard.with_peer(CALL.peer) is line
    clock.advance(1)
    assert switchboard.with_peer(CALL.peer) is None
    assert switchboard.live(CALL.sid) is line
