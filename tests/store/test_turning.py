from pathlib import Path

from openclaw.sessions.lines import encode
from openclaw.store.journal import Step
from openclaw.store.turning import Join
from openclaw.types.conversation import UserMessage
from tests.store.made import KEY, NOW, SetClock, ending, open_ledger, queued, session, trace

WORDS = encode(UserMessage("m_2", NOW, "and bread", "telegram:821071206", "owner")).decode()


async def test_a_message_that_joins_a_turn_has_its_end_and_its_words_are_the_turns(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "ledger.sqlite", SetClock()) as ledger:
        first, second = await queued(ledger, 1), await queued(ledger, 2)
        step = Step("user", str(second.seq), WORDS)
        turn = await ledger.begin_turn(first, session(), [Join(second.seq, step, trace(second.trace_id))])

        assert list(turn.steps) == [step]
        assert [row.seq for row in await ledger.waiting(KEY)] == [first.seq]
        assert await ledger.run_end(second.run_id) == ("merged", f"into {first.run_id}", KEY)


async def test_a_message_that_is_only_heard_goes_on_waiting(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "ledger.sqlite", SetClock()) as ledger:
        first, second = await queued(ledger, 1), await queued(ledger, 2)
        await ledger.begin_turn(first, session())
        await ledger.join(first.run_id, [Join(second.seq, Step("user", str(second.seq), WORDS), None)])

        assert [row.seq for row in await ledger.waiting(KEY)] == [first.seq, second.seq]


async def test_a_message_that_was_stopped_meanwhile_is_not_heard(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "ledger.sqlite", SetClock()) as ledger:
        first, second = await queued(ledger, 1), await queued(ledger, 2)
        await ledger.begin_turn(first, session())
        await ledger.end(ending(second, state="ignored", reason="stopped"))
        late = Join(second.seq, Step("user", str(second.seq), WORDS), trace(second.trace_id))

        assert await ledger.join(first.run_id, [late]) == ()
        assert await ledger.run_end(second.run_id) == ("ignored", "stopped", KEY)


async def test_an_event_ends_once(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "ledger.sqlite", SetClock()) as ledger:
        row = await queued(ledger, 1)
        await ledger.end(ending(row))
        await ledger.end(ending(row, state="dead", reason="again"))

        state, reason, _ = await ledger.run_end(row.run_id) or ("", "", "")
        assert (state, reason) != ("dead", "again")
