from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import pytest

from openclaw.agent.config import AgentsConfig
from openclaw.gateway.jobs.heartbeat import FILE, PROMPT, Pulse, is_blank, pulses, words
from openclaw.store.jobs import SystemEventRow
from openclaw.types.messages import Address
from tests.gateway.harness import MAIN, OWNER, Plan, said
from tests.gateway.jobs.jobhouse import ADA, ZONE, JobHouse, open_jobs, tainted
from tests.gateway.scripted import NOW, hangs, says

SYDNEY = ZoneInfo(ZONE)
HALF_HOUR = 1800.0


def config(**heartbeat: Any) -> AgentsConfig:
    return AgentsConfig.model_validate({"defaults": {"heartbeat": heartbeat}})


def pulse(**heartbeat: Any) -> Pulse:
    return pulses(config(**heartbeat), ["main"], SYDNEY)["main"]


async def write(state: Path, text: str) -> None:
    folder = anyio.Path(state / "workspace")
    await folder.mkdir(exist_ok=True)
    await (folder / FILE).write_text(text)


async def beats(jobs: JobHouse, count: int, seconds: float = HALF_HOUR) -> None:
    """Until the looks that are due have been had."""
    await jobs.ticker.look()
    await jobs.pass_time(seconds)
    await jobs.ran(count)


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("", True),
        ("# HEARTBEAT.md\n\n## Daily\n", True),
        ("# HEARTBEAT.md\n<!-- one\ntwo -->\n", True),
        ("<!-- not closed\nlook", True),
        ("- \n* \n- [ ]\n---\n", True),
        ("# Title\n- water the plants", False),
        ("look at the mail", False),
        ("#hashtag", False),
        ("<!-- x --> look", False),
    ],
)
def test_a_file_without_a_task_is_blank(text: str, blank: bool) -> None:
    assert is_blank(text) == blank


async def test_the_file_that_we_ship_costs_nothing() -> None:
    assert is_blank(await anyio.Path(Path(__file__).parents[3] / "workspace" / FILE).read_text())


@pytest.mark.parametrize(
    ("hours", "awake"),
    [
        ({}, True),
        ({"start": "08:00", "end": "20:00"}, False),
        ({"start": "08:00", "end": "20:01"}, True),
        ({"start": "20:00", "end": "24:00"}, True),
        ({"start": "22:00", "end": "07:00"}, False),
        ({"start": "19:00", "end": "07:00"}, True),
        ({"start": "20:00", "end": "20:00"}, False),
        ({"start": "08:00", "end": "20:00", "timezone": "UTC"}, True),
        ({"start": "08:00", "end": "20:00", "timezone": "Mars/Base"}, False),
    ],
)
def test_active_hours_are_the_owners(hours: dict[str, str], awake: bool) -> None:
    # It is eight in the evening in Sydney.
    assert pulse(activeHours=hours).is_awake(NOW) == awake


@pytest.mark.parametrize(
    ("every", "ms"), [("30m", 1_800_000), ("2h", 7_200_000), ("45", 2_700_000), ("1s", 1_000), ("5ms", 1_000)]
)
def test_it_comes_at_the_same_times_over_every_restart(every: str, ms: int) -> None:
    found = pulse(every=every)
    assert found.every_ms == ms
    assert NOW < found.next_after(NOW) <= NOW + ms
    assert found.next_after(found.next_after(NOW)) == found.next_after(NOW) + ms


def test_zero_is_off() -> None:
    assert pulses(config(every="0m"), ["main"], UTC) == {}


def test_it_is_the_default_agents_unless_others_ask_for_one() -> None:
    agents = ["main", "aurora", "borealis"]
    assert list(pulses(config(), agents, UTC)) == ["main"]
    own = AgentsConfig.model_validate(
        {
            "defaults": {"heartbeat": {"every": "1h", "target": "last"}},
            "list": [{"id": "main"}, {"id": "Aurora", "heartbeat": {"every": "5m"}}, {"id": "borealis"}],
        }
    )
    found = pulses(own, agents, UTC)
    assert list(found) == ["aurora"]
    assert (found["aurora"].every_ms, found["aurora"].config.target) == (300_000, "last")


def test_it_is_told_what_stands_in_the_file_and_what_has_come_up() -> None:
    event = SystemEventRow(1, "[cron:job_1 x] The parcel is here.", "owner")
    assert words(pulse(), "# Tasks\n- mail\n", [event]) == (
        f"{PROMPT}\n\n# HEARTBEAT.md\n# Tasks\n- mail\n\n# What has come up\n- [cron:job_1 x] The parcel is here."
    )
    assert words(pulse(prompt="Look."), "# nothing", ()) == "Look."


async def test_while_nothing_stands_there_no_model_is_asked(state_dir: Path) -> None:
    async with open_jobs(state_dir, agents=config()) as jobs, jobs.working():
        await beats(jobs, 0)
        await write(state_dir, "# HEARTBEAT.md\n\n<!-- nothing -->\n")
        await beats(jobs, 0)
        assert jobs.house.model.requests == []
        assert await jobs.house.rows("SELECT 1 FROM inbox") == []


async def test_a_task_is_looked_after_in_a_session_of_its_own_and_its_owner_hears_of_it(
    state_dir: Path,
) -> None:
    await write(state_dir, "- water the plants")
    async with open_jobs(state_dir, agents=config()) as jobs, jobs.working():
        await jobs.house.receive(said("hello"))
        await jobs.house.settled()
        jobs.house.model.will(says("The plants are dry."))
        await beats(jobs, 1)

        assert jobs.house.channel.texts(OWNER) == ["Yes.", "The plants are dry."]
        assert "- water the plants" in (await jobs.asked())[-1]
        assert len(jobs.house.model.requests[-1].messages) == 1, "without the conversation"
        event = (await jobs.house.column("SELECT event FROM inbox ORDER BY seq DESC LIMIT 1"))[0]
        assert '"contextMode":"light"' in event
        notes = [line["content"] for line in await jobs.house.transcript() if line.get("kind") == "note"]
        assert notes == [f"[heartbeat] Told telegram:{OWNER}\n> The plants are dry."]


async def test_nothing_to_tell_is_not_told_and_nothing_is_told_twice(state_dir: Path) -> None:
    await write(state_dir, "- water the plants")
    async with open_jobs(state_dir, agents=config()) as jobs, jobs.working():
        jobs.house.model.will(says("HEARTBEAT_OK"), says("The plants are dry."), says("The plants are dry."))
        for count in (1, 2, 3):
            await beats(jobs, count)
        assert len(jobs.house.model.requests) == 3
        assert jobs.house.channel.texts(OWNER) == ["The plants are dry."]
        await beats(jobs, 4, 24 * 3600)
        jobs.house.model.otherwise = says("The plants are dry.")
        await beats(jobs, 5)
        assert jobs.house.channel.texts(OWNER)[-1] == "The plants are dry."


async def test_it_disturbs_no_conversation(state_dir: Path) -> None:
    await write(state_dir, "- water the plants")
    async with open_jobs(state_dir, agents=config()) as jobs, jobs.working():
        await jobs.ticker.look()
        jobs.house.model.will(hangs)
        await jobs.house.receive(said("hello"))
        await jobs.house.changes.until(lambda: len(jobs.house.model.requests) == 1)
        jobs.clock.advance(HALF_HOUR)
        await jobs.ticker.look()
        assert await jobs.house.rows("SELECT 1 FROM job_runs") == []


async def test_a_night_of_sleep_is_one_look_and_a_clock_put_back_silences_nothing(state_dir: Path) -> None:
    await write(state_dir, "- water the plants")
    async with open_jobs(state_dir, agents=config()) as jobs, jobs.working():
        await beats(jobs, 1, 8 * 3600)
        jobs.clock._ms -= 7 * 3_600_000
        await jobs.ticker.look()
        await beats(jobs, 2)


async def test_what_came_up_is_looked_after_once_on_the_authority_it_has(state_dir: Path) -> None:
    async with open_jobs(state_dir, agents=config()) as jobs, jobs.working():
        await jobs.desk.wake("The parcel is here.", "next-heartbeat", tainted(ADA))
        await beats(jobs, 1)
        assert "- The parcel is here." in (await jobs.asked())[0]
        assert '"provenance":"web"' in (await jobs.house.column("SELECT event FROM inbox"))[0]
        await beats(jobs, 1)
        assert len(jobs.house.model.requests) == 1


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ({}, Address("telegram", OWNER)),
        ({"target": "none"}, None),
        ({"target": "last"}, None),
        ({"target": "telegram"}, Address("telegram", OWNER)),
        ({"target": "telegram", "to": "55", "accountId": "work"}, Address("telegram", "55", "work")),
        ({"target": "sms"}, None),
    ],
)
async def test_its_target_hears_of_it(
    state_dir: Path, target: dict[str, str], address: Address | None
) -> None:
    async with open_jobs(state_dir, agents=config(**target)) as jobs:
        assert jobs.heartbeats._address(jobs.heartbeats.pulses["main"]) == address


async def test_it_can_belong_to_the_conversation_itself(state_dir: Path) -> None:
    await write(state_dir, "- water the plants")
    agents = config(isolatedSession=False, model="anthropic/claude-haiku-4-5", lightContext=False)
    async with open_jobs(state_dir, Plan(), agents=agents) as jobs, jobs.working():
        await beats(jobs, 1)
        event = (await jobs.house.column("SELECT event FROM inbox"))[0]
        assert await jobs.house.column("SELECT session_key FROM inbox") == [MAIN]
        assert '"modelOverride":"anthropic/claude-haiku-4-5"' in event
        assert "contextMode" not in event
