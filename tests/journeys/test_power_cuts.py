"""What a turn does when the power goes in the middle of it: the ledger and the files as they were, opened again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openclaw.agent.tools.base import Effect
from openclaw.gateway import notices
from openclaw.types.conversation import ToolCall, ToolResult
from openclaw.types.events import ToolStarted
from tests.gateway.harness import Plan, open_house, said
from tests.gateway.scripted import FakeTool, answering, calls, forever, hangs

SYDNEY = ToolCall("toolu_1", "get_weather", {"location": "Sydney"})


async def cut_off(state: Path, folder: Path, *first: Any) -> Path:
    """What is on the disk when the power goes while the model writes."""
    async with open_house(state) as house, house.working():
        house.model.otherwise = hangs
        await house.receive(*first)
        await house.changes.until(lambda: len(house.model.requests) == 1)
        return await house.snapshot(folder)


async def test_a_turn_that_was_cut_off_keeps_the_id_of_its_users_line(
    state_dir: Path, tmp_path: Path
) -> None:
    cut = await cut_off(state_dir, tmp_path / "cut", said("hi"))

    async with open_house(cut, Plan(boot="boot_2")) as house, house.working():
        await house.settled()
        (trace_id,) = await house.column("SELECT trace_id FROM inbox")
        _, user, answer = await house.transcript()

    assert (user["id"], answer["content"]) == (trace_id.replace("t_", "m_"), "Yes.")


async def test_an_effect_that_was_under_way_is_not_repeated_after_a_power_cut(
    state_dir: Path, tmp_path: Path
) -> None:
    async def work(arguments: Mapping[str, object]) -> str:
        await forever()

    async with open_house(state_dir) as house, house.working():
        house.briefing.tools = {"get_weather": FakeTool(work, effect=Effect.ONCE)}
        house.model.will(calls(SYDNEY))
        await house.receive(said("hi"))
        await house.changes.until(lambda: bool(house.told(ToolStarted)))
        await house.until_rows("SELECT kind FROM steps ORDER BY n", ["model", "starting"])
        cut = await house.snapshot(tmp_path / "cut")

    async with open_house(cut, Plan(boot="boot_2")) as house, house.working():
        tool = FakeTool(answering("again!"), effect=Effect.ONCE)
        house.briefing.tools = {"get_weather": tool}
        await house.settled()
        (result,) = house.model.requests[0].messages[-1].blocks

        assert tool.runs == 0
        assert isinstance(result, ToolResult)
        assert result.content.startswith("interrupted")
        assert await house.column("SELECT resumes FROM turns") == [1]
        assert await house.column("SELECT count(*) FROM usage") == [2]


async def test_a_message_that_is_poison_is_set_aside_after_two_resumes(
    state_dir: Path, tmp_path: Path
) -> None:
    state = await cut_off(state_dir, tmp_path / "1", said("hi"))
    for life in ("2", "3"):
        state = await cut_off(state, tmp_path / life)

    async with open_house(state, Plan(boot="boot_4")) as house, house.working():
        await house.settled()

        assert house.model.requests == []
        assert house.channel.texts() == [notices.GIVEN_UP]
        assert await house.rows("SELECT state, reason FROM inbox") == [{"state": "dead", "reason": "poison"}]
        assert [line["role"] for line in (await house.transcript())[1:]] == ["user", "assistant"]


async def test_a_turn_that_was_cut_off_a_day_ago_is_not_taken_up(state_dir: Path, tmp_path: Path) -> None:
    cut = await cut_off(state_dir, tmp_path / "cut", said("hi"))

    async with open_house(cut, Plan(boot="boot_2")) as house:
        house.clock.advance(24 * 3600 + 1)
        async with house.working():
            await house.settled()

        assert house.channel.texts() == [notices.TOO_OLD]
        assert await house.column("SELECT reason FROM inbox") == ["too_old"]
