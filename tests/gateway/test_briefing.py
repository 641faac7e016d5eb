from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openclaw.agent.bootstrap import Caps, WorkspaceFiles
from openclaw.agent.config import AgentDefaults, AgentsConfig, SkillsConfig, ToolsConfig, roster
from openclaw.agent.policy.deciding import Who
from openclaw.agent.policy.rules import ToolRules
from openclaw.agent.profile import AgentProfile, ModelPin
from openclaw.agent.renderer import Renderer, Wrapping
from openclaw.agent.skills.manifest import Surroundings
from openclaw.agent.toolbox import SkillFolders, Toolbox, ToolSettings
from openclaw.bundled import workspace_folder
from openclaw.gateway.briefing import BriefingParts, HouseBriefing, model_choice, model_ref, speaker
from openclaw.gateway.running import Prepared
from openclaw.gateway.tool_survey import Asked
from openclaw.gateway.tracing import TraceBook
from openclaw.llm.models import Choice
from openclaw.net.door import Door
from openclaw.store.inbox import InboxRow
from openclaw.types.clock import SystemClock
from openclaw.types.conversation import AssistantMessage, Text, UserMessage
from openclaw.types.messages import Brought, ClientTool, Inbound, Role, Sender
from tests.gateway.harness import MAIN, OWNER, TELEGRAM, to
from tests.gateway.scripted import MODEL, NOW, ControlledClock
from tests.llm.made import models as made_models

HELLO = UserMessage("m_1", NOW, "hello", f"telegram:{OWNER}", "owner")
SKILLS = workspace_folder() / "skills"
ANTHROPIC = {"anthropic": {"api": "anthropic-messages", "apiKey": "sk-ant-invented"}}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "SOUL.md").write_text("Speak like a sailor.")
    (tmp_path / "MEMORY.md").write_text("The owner's birthday is in May.")
    return tmp_path


def make(folder: Path, **defaults: Any) -> HouseBriefing:
    profile, clock = AgentProfile("main", folder), SystemClock()
    models = made_models(ANTHROPIC, folder / "auth-profiles.json")
    toolbox = Toolbox(
        ToolSettings(ToolsConfig(), SkillsConfig()),
        SkillFolders(SKILLS, folder / "skills"),
        Surroundings("linux", lambda _: False),
        Door(),
        clock,
    )
    wrapping = Wrapping(b"k" * 32, ZoneInfo("UTC"), "UTC")
    files = WorkspaceFiles(folder, Caps(20_000, 150_000))
    return HouseBriefing(
        BriefingParts(
            {"main": profile}, {"main": files}, AgentDefaults.model_validate(defaults), ToolsConfig(), {}, models,
            toolbox,
            Renderer(wrapping), "UTC", (f"telegram:{OWNER}",),
        )
    )  # fmt: skip


async def prepared(
    briefing: HouseBriefing,
    role: Role = "owner",
    channel: str = "telegram",
    brought: Brought | None = None,
) -> Prepared:
    event = Inbound(channel, Sender(OWNER), "hello", 0, reply_to=to(OWNER), brought=brought)
    row = InboxRow(1, "k", channel, TELEGRAM[1], NOW, event, "running", role, "main", MAIN, "run", "t_1")
    trace = TraceBook(ControlledClock()).begin("t_1", NOW, channel, "k")
    return await briefing.prepare(row, [HELLO], {}, trace)


async def test_a_turn_gets_its_model_tools_and_limits(workspace: Path) -> None:
    ready = await prepared(make(workspace, model=MODEL, maxIterations=7, contextTokens=50_000))

    assert (ready.model.name, list(ready.tools)) == (MODEL, ["get_weather"])
    assert (ready.steps, ready.window) == (7, 50_000)
    assert (await prepared(make(workspace, model=MODEL))).steps == 32


async def test_the_request_holds_the_prompt_the_tools_and_the_conversation(workspace: Path) -> None:
    ready = await prepared(make(workspace, model=MODEL))

    request = ready.prompt([AssistantMessage("m_2", NOW, (Text("Ahoy."),), MODEL)])

    assert request.model == "claude-opus-4-6"
    assert "Speak like a sailor." in request.system
    assert [spec.name for spec in request.tools] == ["get_weather"]
    assert [message.role for message in request.messages] == ["user", "assistant"]
    (said,) = request.messages[0].blocks
    assert isinstance(said, Text)
    assert "hello" in said.text


async def test_a_program_that_asks_brings_instructions_and_tools_of_its_own(workspace: Path) -> None:
    lamp, ours = ClientTool("set_lamp", "On.", {"type": "object"}), ClientTool("get_weather", "Mine.", {})
    brought = Brought("", "Be brief.", (lamp, ours))

    ready = await prepared(make(workspace, model=MODEL), channel="webchat", brought=brought)

    request = ready.prompt([])
    assert ready.client_tools == {"set_lamp"}
    assert [spec.name for spec in request.tools] == ["get_weather", "set_lamp"]
    assert request.tools[0].description != "Mine."
    assert request.system.endswith("Be brief.")


async def test_what_the_owner_keeps_in_memory_is_told_in_private_only(workspace: Path) -> None:
    briefing = make(workspace, model=MODEL)

    private, shared = await prepared(briefing), await prepared(briefing, "member")

    assert "birthday" in private.prompt([]).system
    assert "birthday" not in shared.prompt([]).system


async def test_the_prompt_is_the_same_object_while_nothing_changes(workspace: Path) -> None:
    briefing = make(workspace, model=MODEL)

    first, second = (await prepared(briefing)).prompt([]), (await prepared(briefing)).prompt([])

    assert first.system is second.system
    assert first.tools is second.tools


async def test_each_channel_has_its_own_capabilities(workspace: Path) -> None:
    briefing = make(workspace, model=MODEL)

    telegram, webchat = await prepared(briefing), await prepared(briefing, channel="webchat")
    voice = await prepared(briefing, channel="voice")

    assert "tables become plain text" in telegram.prompt([]).system
    assert "tables become plain text" not in webchat.prompt([]).system
    assert "your answer is read aloud" in voice.prompt([]).system


async def test_a_text_is_answered_shortly_and_an_authorised_number_reads_the_memory(workspace: Path) -> None:
    briefing = make(workspace, model=MODEL)
    trace = TraceBook(ControlledClock()).begin("t_1", NOW, "sms", "k")

    async def told(**settings: object) -> str:
        event = Inbound("sms", Sender("+12015550123"), "hello", 0, settings=settings)
        key = "agent:main:sms:direct:+12015550123"
        row = InboxRow(1, "k", "sms", "default", NOW, event, "running", "member", "main", key, "run", "t_1")
        return (await briefing.prepare(row, [HELLO], {}, trace)).prompt([]).system

    assert "at most two short sentences" in await told(confided=True, overlay="Telegram")
    assert "birthday" in await told(confided=True)
    assert "birthday" not in await told(overlay="Telegram")
    assert "at most two short sentences" not in await told(confided=True)


@pytest.mark.parametrize(
    ("pin", "entry", "default", "ref"),
    [
        (None, {}, None, None),
        (None, {}, "a/default", "a/default"),
        (None, {"modelOverride": "b/session"}, "a/default", "b/session"),
        (None, {"modelOverride": "session", "providerOverride": "b"}, "a/default", "b/session"),
        (None, {"modelOverride": "c/session", "providerOverride": "b"}, None, "c/session"),
        ("d/pin", {"modelOverride": "b/session"}, "a/default", "d/pin"),
        ("", {"modelOverride": "b/session"}, "a/default", "b/session"),
    ],
)
def test_the_owners_pin_beats_the_session_and_the_session_the_default(
    pin: str | None, entry: dict[str, str], default: str | None, ref: str | None
) -> None:
    profile = AgentProfile("main", Path("/w"), model=ModelPin(pin) if pin is not None else None)
    defaults = AgentDefaults.model_validate({"model": default} if default else {})

    assert model_ref(profile, entry, defaults) == ref


@pytest.mark.parametrize(
    ("own", "entry", "default", "choice"),
    [
        (None, {}, "a/x", Choice("a/x", ("a/x",))),
        (None, {}, {"primary": "a/x", "fallbacks": ["b/y"]}, Choice("a/x", ("b/y", "a/x"))),
        (None, {"modelOverride": "c/z"}, "a/x", Choice("c/z", ("a/x",))),
        (None, {"modelOverride": "c/z"}, {"primary": "a/x", "fallbacks": []}, Choice("c/z")),
        ({"primary": "d/p", "fallbacks": []}, {}, {"primary": "a/x", "fallbacks": ["b/y"]}, Choice("d/p")),
        ({"primary": "d/p", "fallbacks": ["e/q"]}, {}, "a/x", Choice("d/p", ("e/q",))),
        ("d/p", {}, {"primary": "a/x", "fallbacks": ["b/y"]}, Choice("d/p", ("b/y",))),
        ("d/p", {"modelOverride": "c/z"}, "a/x", Choice("d/p")),
        (None, {"thinkingLevel": "high"}, None, Choice(thinking="high")),
        (None, {"thinkingLevel": "very"}, None, Choice()),
        (
            None,
            {"authProfileOverride": "anthropic:work", "authProfileOverrideSource": "user"},
            None,
            Choice(profile="anthropic:work"),
        ),
        (
            None,
            {"authProfileOverride": "anthropic:work", "authProfileOverrideSource": "auto"},
            None,
            Choice(),
        ),
    ],
)
def test_what_stands_in_for_a_model_and_what_its_session_asks_of_it(
    own: object, entry: dict[str, Any], default: object, choice: Choice
) -> None:
    (profile,) = roster(AgentsConfig.model_validate({"list": [{"id": "main", "model": own}]}), Path("/state"))

    assert model_choice(profile, entry, AgentDefaults.model_validate({"model": default})) == choice


async def test_the_rules_for_the_sender_decide_what_the_turn_has(workspace: Path) -> None:
    briefing = make(workspace, model=MODEL)
    denied = ToolRules(by_sender=((f"id:{OWNER}", ToolRules(deny=("get_weather",))),))
    briefing._parts.agents["main"] = replace(briefing._parts.agents["main"], tools=denied)  # type: ignore[index]

    ready = await prepared(briefing)

    assert (dict(ready.tools), ready.prompt([]).tools) == ({}, ())


def test_for_whom_the_tools_are_chosen() -> None:
    event = Inbound("telegram", Sender("7"), "hi", 0, chat_type="group", reply_to=to("-100"))
    row = InboxRow(
        1, "k", "telegram", "work", NOW, event, "running", "member", "aurora",
        "agent:aurora:subagent:a:subagent:b", "run", "t_1",
    )  # fmt: skip

    assert speaker(row, MODEL) == Who("aurora", MODEL, "telegram", "work", "-100", "group", "7", "member", 2)


async def test_a_survey_tells_of_the_same_tools(workspace: Path) -> None:
    briefing = make(workspace, model=MODEL)

    (row,) = await briefing.survey().listing(Asked(sender=f"telegram:{OWNER}"))

    assert (row["name"], row["rule"]) == ("get_weather", "profile full of the owner")
    assert (await briefing.survey().explain("exec", Asked()))["for"]["model"] == MODEL  # type: ignore[index]
