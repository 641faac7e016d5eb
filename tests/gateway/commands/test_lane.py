from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.agent.context.upkeep import Upkept
from openclaw.gateway.commands.lane import compacted_text, read_opening
from openclaw.gateway.config import QueueConfig
from openclaw.llm.chat import ModelError
from openclaw.llm.config import ModelsConfig, ProviderEntry
from openclaw.llm.selection import Menu
from tests.gateway.harness import MAIN, House, Plan, open_house, said
from tests.gateway.scripted import hangs, says

ENDS = "SELECT state, reason FROM inbox ORDER BY seq"


async def ends(house: House) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await house.rows(ENDS)]


def entry_of(house: House) -> dict[str, Any]:
    entry = house.sessions.find(MAIN)
    assert entry is not None
    return entry


@pytest.mark.parametrize("text", ["/new", "/RESET", "/new:"])
async def test_a_new_conversation_keeps_the_old_transcript(house: House, text: str) -> None:
    house.model.will(says("hi"))
    await house.receive(said("hello", number=1))
    await house.settled()
    before = entry_of(house)["sessionId"]
    await house.receive(said(text, number=2))
    await house.settled()

    assert entry_of(house)["sessionId"] != before
    assert house.channel.texts()[-1] == "A new conversation. anthropic/claude-opus-4-6 answers."
    folder = house.state / "agents" / "main" / "sessions"
    assert [path.name.startswith(before) for path in folder.glob("*.reset.*")] == [True]
    assert len(house.model.requests) == 1


async def test_what_stands_behind_it_is_the_first_message(house: House) -> None:
    house.model.will(says("one"), says("two"))
    await house.receive(said("hello", number=1))
    await house.settled()
    await house.receive(said("/new tell me a joke", number=2))
    await house.settled()

    lines = [line["content"] for line in await house.transcript() if line.get("role") == "user"]
    assert lines == ["tell me a joke"]
    assert house.channel.texts() == ["one", "two"]
    assert await ends(house) == [("answered", "")] * 2


@pytest.mark.parametrize(
    ("text", "model", "message"),
    [
        ("/new haiku", "claude-haiku", False),
        ("/new claude-sonnet-4-6 hello there", "claude-sonnet-4-6", True),
        ("/new hello", None, True),
    ],
)
async def test_a_model_may_stand_first(house: House, text: str, model: str | None, message: bool) -> None:
    house.model.will(says("hi"))
    await house.receive(said(text))
    await house.settled()

    found = str(entry_of(house).get("modelOverride"))
    assert found.startswith(model or "None")
    assert len(house.model.requests) == int(message)


async def test_an_unknown_model_changes_nothing(house: House) -> None:
    house.model.will(says("hi"))
    await house.receive(said("hello", number=1))
    await house.settled()
    before = entry_of(house)["sessionId"]
    await house.receive(said("/new anthropic/claude-opsu", number=2))
    await house.settled()

    assert "Nearest: anthropic/claude-opus" in house.channel.texts()[-1]
    assert entry_of(house)["sessionId"] == before


async def test_it_waits_for_its_turn_and_what_follows_waits_for_it(state_dir: Path) -> None:
    """Also where messages are steered into the turn under way."""
    async with open_house(state_dir, Plan(queue=QueueConfig(mode="steer"))) as house, house.working():
        go_on = anyio.Event()

        async def slow(request: Any) -> Any:
            await go_on.wait()
            return says("first")

        house.model.will(slow, says("second"))
        await house.receive(said("one", number=1))
        await house.changes.until(lambda: len(house.model.requests) == 1)
        await house.receive(said("/new", number=2), said("two", number=3))
        await house.until_rows("SELECT state FROM inbox", ["running", "queued", "queued"])
        go_on.set()
        await house.settled()

        assert [text.split(".")[0] for text in house.channel.texts()] == [
            "first",
            "A new conversation",
            "second",
        ]
        lines = [line["content"] for line in await house.transcript() if line.get("role") == "user"]
        assert lines == ["two"]


async def test_a_waiting_command_survives_a_restart(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        async with house.working():
            house.model.will(hangs)
            await house.receive(said("one", number=1))
            await house.changes.until(lambda: len(house.model.requests) == 1)
            await house.receive(said("/new", number=2))
            await house.until_rows("SELECT state FROM inbox", ["running", "queued"])

    async with open_house(state_dir, Plan(boot="boot_2")) as house, house.working():
        house.model.will(says("done"))
        await house.settled()

        assert [text.split(".")[0] for text in house.channel.texts()] == ["done", "A new conversation"]


async def test_nothing_to_sum_up_is_said(house: House) -> None:
    await house.receive(said("/compact"))
    await house.settled()

    assert house.channel.texts() == ["There is nothing to sum up yet."]
    assert await ends(house) == [("answered", "command:compact")]


async def test_an_older_part_is_summed_up(house: House) -> None:
    house.briefing.steps = 2
    for number in range(1, 7):
        house.model.will(says(f"answer {number} " + "word " * 3000))
        await house.receive(said(f"question {number} " + "word " * 3000, number=number))
        await house.settled()
    house.model.will(*[says("They spoke of words, and of invoice 4711.")] * 6)
    await house.receive(said("/compact keep the numbers", number=9))
    await house.settled()

    assert house.channel.texts()[-1].startswith("Summed up: ")
    assert entry_of(house)["compactionCount"] == 1
    assert [line["type"] for line in await house.transcript() if line.get("type") == "compaction"] == [
        "compaction"
    ]


@pytest.mark.parametrize(
    ("text", "model", "message"),
    [
        ("", None, ""),
        ("hello there", None, "hello there"),
        ("tell me a joke about opus", None, "tell me a joke about opus"),
        ("claude-opus-4-6", "anthropic/claude-opus-4-6", ""),
        ("anthropic/my-own  and go on", "anthropic/my-own", "and go on"),
        ("/usr/bin is what?", None, "/usr/bin is what?"),
    ],
)
def test_what_a_new_conversation_is_given(text: str, model: str | None, message: str) -> None:
    """Behind a server that takes any name."""
    entry = ProviderEntry(base_url="http://127.0.0.1:9")
    opening = read_opening(text, Menu(ModelsConfig(providers={"anthropic": entry})))
    assert (str(opening.model.ref) if opening.model else None, opening.message) == (model, message)


def test_a_failure_is_told() -> None:
    failed = Upkept(failure=ModelError("anthropic/claude-opus-4-6", "unreachable", "no route"))
    assert compacted_text(failed, 10) == "It could not be summed up: the model is unreachable."
