from pathlib import Path
from typing import Any

import pytest

from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.commands.desk import may_command
from openclaw.gateway.config import CommandsConfig
from openclaw.types.events import TurnFinished
from openclaw.types.messages import Inbound, Role, Sender
from tests.gateway.harness import MAIN, MEMBER, OWNER, STRANGER, House, Plan, open_house, said
from tests.gateway.scripted import says

OPEN = AccessPolicy("open", frozenset({OWNER, MEMBER, "*"}), frozenset({OWNER}))


async def ends(house: House) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await house.rows("SELECT state, reason FROM inbox ORDER BY seq")]


def settings_of(house: House) -> dict[str, Any]:
    return house.sessions.find(MAIN) or {}


async def test_a_command_is_answered_without_the_model_and_leaves_no_line(house: House) -> None:
    await house.receive(said("/whoami"))
    await house.settled()

    assert house.channel.texts() == [f"You are telegram:{OWNER} (Ada), my owner. This conversation: {MAIN}"]
    assert await ends(house) == [("answered", "command:whoami")]
    assert house.model.requests == []
    (trace,) = await house.rows("SELECT spans FROM traces")
    assert '"directives"' in trace["spans"]


@pytest.mark.parametrize(
    "text", ["/help", "/commands", "/status", "/usage", "/models", "/context", "/context json"]
)
async def test_everything_that_only_tells(house: House, text: str) -> None:
    await house.receive(said(text))
    await house.settled()

    (told,) = house.channel.texts()
    assert told
    assert house.model.requests == []


async def test_a_directive_alone_lasts_over_a_restart(state_dir: Path) -> None:
    async with open_house(state_dir) as house, house.working():
        await house.receive(said("/think high"))
        await house.settled()
        assert house.channel.texts() == ["Thinking: high."]

    async with open_house(state_dir) as house:
        assert settings_of(house)["thinkingLevel"] == "high"


async def test_a_directive_inside_a_text_is_for_that_message_alone(house: House) -> None:
    seen: list[object] = []
    prepare = house.briefing.prepare

    async def looked_at(row: Any, history: Any, entry: Any, trace: Any) -> Any:
        seen.append(entry.get("thinkingLevel"))
        return await prepare(row, history, entry, trace)

    house.briefing.prepare = looked_at  # type: ignore[method-assign]
    house.model.will(says("391"), says("hi"))
    await house.receive(said("/think high what is 17 * 23?", number=1))
    await house.settled()
    await house.receive(said("hello", number=2))
    await house.settled()

    assert seen == ["high", None]
    assert "thinkingLevel" not in settings_of(house)
    lines = [line["content"] for line in await house.transcript() if line.get("role") == "user"]
    assert lines == ["what is 17 * 23?", "hello"]


async def test_a_model_inside_a_text_lasts(house: House) -> None:
    house.model.will(says("hi"))
    await house.receive(said("/model claude-haiku-4-5 hello"))
    await house.settled()

    assert settings_of(house)["modelOverride"] == "claude-haiku-4-5"
    assert "Model: anthropic/claude-haiku-4-5, for this conversation." in house.channel.texts()
    assert "hi" in house.channel.texts()


async def test_a_shortcut_is_answered_and_the_rest_goes_on(house: House) -> None:
    house.model.will(says("A joke."))
    await house.receive(said("/id and tell me a joke"))
    await house.settled()

    assert sorted(house.channel.texts())[0] == "A joke."
    assert any(text.startswith("You are telegram:") for text in house.channel.texts())
    assert len(house.model.requests) == 1


async def test_a_stranger_commands_nothing(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(policy=OPEN)) as house, house.working():
        house.model.will(says("hello"))
        await house.receive(
            said("/status", STRANGER, number=1), said("/think high hello", STRANGER, number=2)
        )
        await house.settled()

        assert await ends(house) == [("ignored", "command_unauthorised"), ("answered", "")]
        assert "/think high hello" in str(house.model.requests[0].messages)


async def test_a_member_does_not_do_what_is_the_owners(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(policy=OPEN)) as house, house.working():
        await house.receive(said("/send off", MEMBER, number=1), said("/status", MEMBER, number=2))
        await house.settled()

        assert await ends(house) == [("ignored", "command_unauthorised"), ("answered", "command:status")]
        assert "sendPolicy" not in settings_of(house)
        status = house.channel.texts(MEMBER)[-1]
        assert " for this conversation." in status
        assert "today" not in status, "what others cost is none of a member's business"


async def test_an_operator_gets_the_answer_as_the_end_of_the_run(house: House) -> None:
    house.runs.expect("r1", MAIN)
    await house.receive(said("/whoami", run_id="r1", reply_to=None, operator=True, session_key="main"))
    await house.settled()

    (ended,) = house.told(TurnFinished)
    assert (ended.run_id, ended.outcome, ended.reason) == ("r1", "answered", "command:whoami")
    assert not house.runs.is_awaited("r1")


async def test_commands_that_are_switched_off_are_text_and_stopping_goes_on(state_dir: Path) -> None:
    plan = Plan(commands=CommandsConfig(text=False))
    async with open_house(state_dir, plan) as house, house.working():
        house.model.will(says("What status?"))
        await house.receive(said("/status", number=1))
        await house.settled()
        await house.receive(said("stop", number=2))
        await house.settled()

        assert await ends(house) == [("answered", ""), ("answered", "command:stop")]


@pytest.mark.parametrize(
    ("config", "sender", "role", "may"),
    [
        (CommandsConfig(), OWNER, "owner", True),
        (CommandsConfig(), MEMBER, "member", True),
        (CommandsConfig(), STRANGER, "stranger", False),
        (CommandsConfig(use_access_groups=False), STRANGER, "stranger", True),
        (CommandsConfig(allow_from={"telegram": (MEMBER,)}), OWNER, "owner", False),
        (CommandsConfig(allow_from={"telegram": (MEMBER,)}), MEMBER, "member", True),
        (CommandsConfig(allow_from={"*": (f"telegram:{STRANGER}",)}), STRANGER, "stranger", True),
        (CommandsConfig(allow_from={"sms": ("*",)}), MEMBER, "member", False),
    ],
)
def test_who_may_command(config: CommandsConfig, sender: str, role: Role, may: bool) -> None:
    assert may_command(Inbound("telegram", Sender(sender), "/status", 0), role, config) is may
