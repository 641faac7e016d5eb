"""Over the gateway's test house, with a toolbox of scripted tools."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from openclaw.agent.config import SkillsConfig, ToolsConfig
from openclaw.agent.loop import TurnPausedError
from openclaw.agent.policy.rules import ToolRules
from openclaw.agent.profile import AgentProfile
from openclaw.agent.skills.manifest import Surroundings
from openclaw.agent.toolbox import SkillFolders, Toolbox, ToolSettings
from openclaw.agent.tools.base import Kind, Output, Scene, Tool, ToolError, ToolInputError
from openclaw.gateway import invoking as module
from openclaw.gateway.gate import HouseGate
from openclaw.gateway.invocation import (
    Doors,
    Foreseen,
    Invocation,
    Invoked,
    NoSuchToolError,
    NotAdmittedError,
    ToolFailedError,
    TooManyCallsError,
)
from openclaw.gateway.invoking import Invoking, InvokingParts
from openclaw.gateway.policy_table import Ask, Rules
from openclaw.net.door import Door
from openclaw.types.conversation import Picture, UserMessage
from openclaw.types.errors import StorageFullError
from openclaw.types.events import Stopping
from tests.gateway.harness import House
from tests.gateway.scripted import FakeTool

SECRET = "k-92Jfm3Lq8Zx0Vb7Tn5Rw"
Work = Callable[[Mapping[str, object], Scene], Awaitable[str | Output]]


@dataclass
class Scripted(FakeTool):
    """Also keeps in which scenes it ran."""

    doing: Work | None = None
    scenes: list[Scene] = field(default_factory=list)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str | Output:
        self.scenes.append(scene)
        assert self.doing is not None
        return await self.doing(arguments, scene)


def tool(name: str = "look", kind: Kind = Kind.READ, *, does: Work | None = None, **more: Any) -> Scripted:
    async def tells(arguments: Mapping[str, object], scene: Scene) -> str:
        return f"{name}: {dict(arguments)}"

    return Scripted(
        work=None, name=name, kind=kind, doing=does or tells, provenance="tool", **more  # type: ignore[arg-type]
    )  # fmt: skip


def raising(error: Exception) -> Work:
    async def fails(arguments: Mapping[str, object], scene: Scene) -> str:
        raise error

    return fails


def invoking(
    house: House, *tools: Tool, rules: ToolsConfig | None = None, doors: Doors | None = None
) -> Invoking:
    class Shop:
        def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
            return tools

    box = Toolbox(
        ToolSettings(rules or ToolsConfig(), SkillsConfig()), SkillFolders(house.state / "none", house.state / "none"),
        Surroundings("linux", lambda _: False), Door(), house.clock, families=[Shop()],
    )  # fmt: skip
    openai = (("openai", ToolRules(deny=("look",))),)
    agents = {
        "main": AgentProfile("main", house.state / "workspace", default=True),
        "aurora": AgentProfile("aurora", house.state / "aurora", tools=ToolRules(by_provider=openai)),
    }

    def model_of(profile: AgentProfile, entry: Mapping[str, Any]) -> str:
        return str(entry.get("modelOverride", "anthropic/claude-opus-4-6"))

    def secrets() -> frozenset[str]:
        return frozenset({SECRET})

    gate = HouseGate(Rules(), house.approvals, house.traces, secrets)
    parts = InvokingParts(
        box, agents, model_of, house.sessions, gate, Rules(), house.approvals, house.traces, house.ledger,
        house.bus, house.clock, secrets,
    )  # fmt: skip
    return Invoking(parts, doors or Doors())


async def ran(found: Invoking, name: str = "look", **more: Any) -> Invoked:
    answer = await found.invoke(Invocation(name, **more))
    assert isinstance(answer, Invoked)
    return answer


async def trace(house: House) -> dict[str, Any]:
    (newest, *_) = await house.ledger.recent_traces(1)
    return newest


async def test_a_tool_runs_as_for_the_owner_and_leaves_a_trace(house: House) -> None:
    look = tool()
    answer = await ran(invoking(house, look), arguments={"at": "the sky"})

    assert (answer.text, answer.provenance) == ("look: {'at': 'the sky'}", "tool")
    (scene,) = look.scenes
    assert (scene.agent, scene.session_key, scene.role) == ("main", "agent:main:main", "owner")
    assert (scene.sender, scene.reply_to, scene.workspace) == (
        "webchat:operator", None, house.state / "workspace",
    )  # fmt: skip
    kept = await trace(house)
    assert (kept["id"], kept["outcome"], kept["session"]) == (
        answer.trace_id, "answered", "agent:main:main",
    )  # fmt: skip
    (span,) = [span for span in kept["spans"] if span["name"] == "tool"]
    assert (span["tool"], span["ok"]) == ("look", True)


async def test_no_session_is_made_by_it(house: House) -> None:
    await ran(invoking(house, tool()), session_key="telegram:821071299")

    assert house.sessions.listing() == []


async def test_an_action_is_given_only_to_tools_that_take_one(house: House) -> None:
    taking = tool("desk", schema={"type": "object", "properties": {"action": {"type": "string"}}})
    found = invoking(house, taking, tool())

    assert (await ran(found, "desk", action="open")).text == "desk: {'action': 'open'}"
    assert (await ran(found, "desk", action="open", arguments={"action": "shut"})).text == (
        "desk: {'action': 'shut'}"
    )
    assert (await ran(found, action="json")).text == "look: {}"


@pytest.mark.parametrize(
    ("asked", "rules", "doors", "why"),
    [
        ({"tool": "nothing"}, None, None, "there is none of that name"),
        ({"tool": "look"}, ToolsConfig(deny=("look",)), None, 'tools.deny: "look"'),
        ({"tool": "LOOK"}, ToolsConfig(deny=("look",)), None, 'tools.deny: "look"'),
        ({"tool": "look"}, None, Doors(deny=("look",)), 'gateway.tools.deny: "look"'),
        ({"tool": "cron"}, None, None, "only for conversations"),
        ({"tool": "spawner"}, None, None, "delegate is only for conversations"),
        ({"tool": "look", "session_key": "agent:zoe:main"}, None, None, "there is no agent 'zoe'"),
        (
            {"tool": "look", "channel": "sms"}, ToolsConfig.model_validate({"byChannel": {"sms": {"deny": ["look"]}}}),
            None, "tools.byChannel.sms",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dry", [True, False])
async def test_what_the_caller_may_not_have_is_not_there(
    house: House, asked: dict[str, Any], rules: ToolsConfig | None, doors: Doors | None, why: str, dry: bool
) -> None:
    tools = (tool(), tool("cron"), tool("spawner", Kind.DELEGATE))
    with pytest.raises(NoSuchToolError) as refusal:
        await invoking(house, *tools, rules=rules, doors=doors).invoke(Invocation(**asked, dry_run=dry))

    assert why in str(refusal.value)
    assert [each.scenes for each in tools] == [[], [], []]


async def test_a_refused_tool_is_in_the_record_an_unknown_name_is_not(house: House) -> None:
    found = invoking(house, tool("cron"))
    for name in ("cron", "nothing"):
        with pytest.raises(NoSuchToolError):
            await found.invoke(Invocation(name))

    assert [row["outcome"] for row in await house.ledger.recent_traces(5)] == ["refused"]


async def test_the_sessions_model_decides_which_rules_hold(house: House) -> None:
    async with house.sessions.use("agent:aurora:main", "aurora") as session:
        house.sessions.keep_entry(session, {**house.sessions.entry(session), "modelOverride": "openai/gpt-5"})
    with pytest.raises(NoSuchToolError, match="byProvider"):
        await ran(invoking(house, tool()), session_key="agent:aurora:main")


async def test_what_the_file_opens_may_run_programs(house: House) -> None:
    found = invoking(house, tool("exec", Kind.EXECUTE), doors=Doors(allow=("exec",)))

    assert (await ran(found, "exec")).text == "exec: {}"


async def test_words_of_others_in_the_session_count_as_in_a_turn(house: House) -> None:
    found = invoking(house, tool("tell", Kind.SEARCH))
    async with house.sessions.use("agent:main:main", "main") as session:
        session.add(UserMessage("m_1", 1, "hi", "hook:x", "web"))
        house.sessions.keep_entry(session, house.sessions.entry(session))

        foreseen = await found.invoke(Invocation("tell", dry_run=True))

        assert isinstance(foreseen, Foreseen)
        assert isinstance(foreseen.verdict, Ask)
        assert "words of the web" in foreseen.verdict.why
    assert await house.ledger.recent_traces(5) == []


async def test_the_owner_is_asked_and_his_word_decides(house: House) -> None:
    tells = tool("tell", Kind.SEND)
    found = invoking(house, tells)
    for allow in (True, False):
        async with anyio.create_task_group() as group:
            group.start_soon(_decide, house, allow)
            if allow:
                assert (await ran(found, "tell")).text == "tell: {}"
            else:
                with pytest.raises(NotAdmittedError, match="the owner said no"):
                    await found.invoke(Invocation("tell"))

    assert len(tells.scenes) == 1
    kept = await trace(house)
    assert kept["outcome"] == "refused"
    assert [(s["tool"], s["verdict"]) for s in kept["spans"] if s["name"] == "gate"] == [("tell", "denied")]


async def _decide(house: House, allow: bool) -> None:
    await house.until_rows("SELECT count(*) FROM approvals WHERE state = 'pending'", [1])
    (waiting,) = await house.approvals.pending()
    await house.approvals.decide(waiting.id, allow=allow, by="telegram:821071206")


async def test_a_caller_who_leaves_takes_his_question_back(house: House) -> None:
    found = invoking(house, tool("tell", Kind.SEND))
    async with anyio.create_task_group() as group:
        group.start_soon(found.invoke, Invocation("tell"))
        await house.until_rows("SELECT state FROM approvals", ["pending"])
        group.cancel_scope.cancel()

    await house.until_rows("SELECT state FROM approvals", ["withdrawn"])
    assert ((await trace(house))["outcome"], (await trace(house))["reason"]) == ("aborted", "client_gone")


async def test_a_call_that_waits_when_the_daemon_stops_is_not_run(house: House) -> None:
    found = invoking(house, tool("tell", Kind.SEND))
    async with anyio.create_task_group() as group:
        group.start_soon(_stop_once_asked, house)
        with pytest.raises(TurnPausedError):
            await found.invoke(Invocation("tell"))

    assert (await trace(house))["reason"] == "the daemon stopped"


async def _stop_once_asked(house: House) -> None:
    await house.until_rows("SELECT state FROM approvals", ["pending"])
    await house.bus.publish(Stopping("SIGTERM"))


@pytest.mark.parametrize(
    ("failure", "raised", "told"),
    [
        (ToolInputError("place is required"), ToolInputError, "place is required"),
        (ToolError(f"the service said {SECRET}"), ToolFailedError, "the service said ["),
        (RuntimeError("a bug"), ToolFailedError, "the log says why"),
    ],
)
async def test_what_goes_wrong_is_told_without_a_secret(
    house: House, failure: Exception, raised: type[Exception], told: str
) -> None:
    with pytest.raises(raised) as error:
        await invoking(house, tool(does=raising(failure))).invoke(Invocation("look"))

    assert told in str(error.value)
    assert SECRET not in str(error.value)
    (span,) = [span for span in (await trace(house))["spans"] if span["name"] == "tool"]
    assert span["ok"] is False


async def test_a_tool_has_its_time_and_no_more(house: House) -> None:
    async def hangs(arguments: Mapping[str, object], scene: Scene) -> str:
        await anyio.sleep_forever()
        return ""

    with pytest.raises(ToolFailedError, match=r"longer than 0\.01 s"):
        await invoking(house, tool(does=hangs, timeout_seconds=0.01)).invoke(Invocation("look"))


async def test_a_result_is_capped_holds_no_secret_and_names_its_pictures(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST", 40)
    picture = Picture("media/inbound/x.png", "image/png")

    async def shows(arguments: Mapping[str, object], scene: Scene) -> Output:
        return Output(f"{SECRET} and {'x' * 200}", (picture,), "web")

    answer = await ran(invoking(house, tool(does=shows)))

    assert SECRET not in answer.text
    assert (len(answer.text), answer.left_out > 100) == (40, True)
    assert (answer.pictures, answer.provenance) == ((picture,), "web")


async def test_the_same_call_by_the_same_key_is_the_same_deed(house: House) -> None:
    look = tool()
    found = invoking(house, look)
    for arguments in ({"a": 1}, {"a": 1}, {"a": 2}):
        await ran(found, arguments=arguments, key="k-1")
    await ran(found, arguments={"a": 1})

    deeds = [(scene.run_id, scene.call_id) for scene in look.scenes]
    assert deeds[0] == deeds[1]
    assert len(set(deeds)) == 3


async def test_there_is_an_end_to_calls_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    under_way = anyio.Event()

    async def hangs(arguments: Mapping[str, object], scene: Scene) -> str:
        under_way.set()
        await anyio.sleep_forever()
        return ""

    found = invoking(house, tool(does=hangs), tool("see"))
    async with anyio.create_task_group() as group:
        group.start_soon(found.invoke, Invocation("look", key="k-1"))
        await under_way.wait()
        with pytest.raises(TooManyCallsError, match="by this key"):
            await found.invoke(Invocation("see", key="k-1"))
        assert (await ran(found, "see")).text == "see: {}"
        group.start_soon(found.invoke, Invocation("look", key="k-2"))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(TooManyCallsError, match="2 tools"):
            await found.invoke(Invocation("see"))
        group.cancel_scope.cancel()
    assert (await ran(found, "see")).text == "see: {}"


async def test_what_cannot_be_recorded_is_not_done(house: House) -> None:
    look = tool()
    house.database.no_room = True

    try:
        with pytest.raises(StorageFullError):
            await invoking(house, look).invoke(Invocation("look"))
    finally:
        house.database.no_room = False
    assert look.scenes == []
