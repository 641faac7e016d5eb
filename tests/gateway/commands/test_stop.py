from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.gateway.commands.stop import told
from openclaw.gateway.config import QueueConfig
from openclaw.types.events import TurnFinished
from openclaw.types.messages import Arrival, Inbound, Sender
from tests.gateway.harness import MAIN, House, Plan, open_house, said
from tests.gateway.scripted import hangs, says

FOLLOWUP = QueueConfig(mode="followup")


async def ends(house: House) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await house.rows("SELECT state, reason FROM inbox ORDER BY seq")]


async def test_a_hanging_model_is_left_at_once_and_what_waits_ends(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(queue=FOLLOWUP)) as house, house.working():
        house.model.will(hangs)
        await house.receive(said("think long", number=1))
        await house.changes.until(lambda: len(house.model.requests) == 1)
        await house.receive(said("and this", number=2), said("and that", number=3))
        await house.until_rows("SELECT state FROM inbox", ["running", "queued", "queued"])
        with anyio.fail_after(1):
            await house.receive(said("/stop", number=4))
            await house.until_sent("Stopped: 3 messages will not be answered.")
        await house.settled()

        assert await ends(house) == [
            ("answered", "aborted"), ("ignored", "stopped"), ("ignored", "stopped"), ("answered", "command:stop"),
        ]  # fmt: skip
        assert [end.outcome for end in house.told(TurnFinished)].count("aborted") == 3
        house.model.will(says("back"))
        await house.receive(said("hello?", number=5))
        await house.settled()
        assert house.channel.texts()[-1] == "back"


async def test_a_backlog_that_ends_with_a_word_for_stopping_is_not_answered(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(queue=FOLLOWUP)) as house:
        house.model.will(hangs)
        async with house.working():
            await house.receive(
                *(said(f"{n}", number=n) for n in range(1, 6)), said("please stop!", number=6)
            )
            await house.settled()

            assert len(await ends(house)) == 6
            assert {state for state, _ in await ends(house)} <= {"answered", "ignored"}
            assert all(text.startswith("Stopped") for text in house.channel.texts())
            assert await house.column("SELECT count(*) FROM inbox WHERE finished_at IS NULL") == [0]


async def test_other_conversations_go_on(house: House) -> None:
    house.model.will(hangs)
    await house.receive(said("wait for it", number=1))
    await house.changes.until(lambda: len(house.model.requests) == 1)
    assert await house.stopper.stop("agent:main:other") == []
    (run_id,) = await house.stopper.stop(MAIN)
    await house.settled()

    assert await house.column("SELECT run_id FROM inbox") == [run_id]


async def test_one_run_is_stopped_and_the_others_of_its_conversation_go_on(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(queue=FOLLOWUP)) as house, house.working():
        house.model.will(hangs, says("third"))
        for number in (1, 2, 3):
            house.runs.expect(f"run_{number}", MAIN)
            await house.receive(asked(number))
        await house.changes.until(lambda: len(house.model.requests) == 1)
        await house.until_rows("SELECT state FROM inbox", ["running", "queued", "queued"])

        assert await house.stopper.stop(MAIN, "run_4") == []
        assert await house.stopper.stop(MAIN, "run_2") == ["run_2"]
        assert await house.stopper.stop(MAIN, "run_1") == ["run_1"]
        await house.settled()

        assert await ends(house) == [("answered", "aborted"), ("ignored", "stopped"), ("answered", "")]


def asked(number: int) -> Arrival:
    message = Inbound(
        "webchat", Sender("operator"), "hi", 0, session_key="main", run_id=f"run_{number}", operator=True
    )
    return Arrival(f"webchat:default:run_{number}", "webchat", "default", b"hi", message)


async def test_a_run_that_is_left_is_stopped_and_the_next_one_goes_on(house: House) -> None:
    house.model.will(hangs, says("here"))
    for number in (1, 2, 3):
        house.runs.expect(f"run_{number}", MAIN)
        await house.receive(asked(number))
    await house.changes.until(lambda: len(house.model.requests) == 1)

    house.stopper.leave("run_2")  # it waits
    house.stopper.leave("run_4")  # there is none
    assert len(house.model.requests) == 1
    house.stopper.leave("run_1")
    await house.settled()

    assert await ends(house) == [("answered", "client_gone"), ("dead", "client_gone"), ("answered", "")]
    assert len(house.model.requests) == 2
    before = house.runs.find("run_3")
    house.stopper.leave("run_3")
    assert house.runs.find("run_3") is before


@pytest.mark.parametrize(
    ("count", "text"), [(0, "Nothing was under way."), (1, "Stopped."), (3, "Stopped: 3")]
)
def test_what_is_told(count: int, text: str) -> None:
    assert told(count).startswith(text)
