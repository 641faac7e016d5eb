"""A tool called by a program of the owner's, without a turn: the same toolbox, policy, gate and trace as in one."""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio
import anyio.to_thread

from openclaw.agent.loop import TurnPausedError
from openclaw.agent.policy.deciding import Who
from openclaw.agent.policy.names import ToolName
from openclaw.agent.ports import Gate
from openclaw.agent.profile import AgentProfile
from openclaw.agent.taint import provenances
from openclaw.agent.toolbox import Stocked, Toolbox
from openclaw.agent.tools.base import Act, Output, Scene, ToolError, ToolInputError
from openclaw.bus import Bus
from openclaw.gateway.approval_text import canonical
from openclaw.gateway.approvals import Approvals
from openclaw.gateway.invocation import (
    CLOSED_KINDS,
    Doors,
    Foreseen,
    Invocation,
    Invoked,
    NoSuchToolError,
    NotAdmittedError,
    ToolFailedError,
    TooManyCallsError,
)
from openclaw.gateway.policy_table import Rules, judge
from openclaw.gateway.redaction import without_secrets
from openclaw.gateway.tracing import Trace, TraceBook
from openclaw.sessions.keys import agent_of, expand
from openclaw.sessions.sessions import Sessions
from openclaw.store.ledger import Ledger
from openclaw.types.clock import Clock
from openclaw.types.conversation import Entry, Provenance, ToolCall
from openclaw.types.errors import OpenClawError
from openclaw.types.events import TraceRecorded
from openclaw.types.ids import new_id

logger = logging.getLogger(__name__)

CHANNEL = "webchat"
OPERATOR = "operator"
AT_ONCE = 16
LONGEST, REASON, SHOWN = 200_000, 200, 64
"""Characters of a result, of a reason in the record, and of a name that nobody knows."""


@dataclass(frozen=True, slots=True)
class InvokingParts:
    toolbox: Toolbox
    agents: Mapping[str, AgentProfile]
    """The default one first."""
    model_of: Callable[[AgentProfile, Mapping[str, Any]], str]
    """`provider/model` that an agent answers with, given its session's entry."""
    sessions: Sessions
    gate: Gate
    rules: Rules
    approvals: Approvals
    traces: TraceBook
    ledger: Ledger
    bus: Bus
    clock: Clock
    secrets: Callable[[], frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Call:
    stocked: Stocked
    call: ToolCall
    scene: Scene
    opened: bool


class Invoking:
    def __init__(self, parts: InvokingParts, doors: Doors) -> None:
        self._parts = parts
        self._doors = doors
        self._under_way = 0
        self._keys: set[str] = set()

    def adopt(self, gate: Gate, rules: Rules, doors: Doors) -> None:
        self._parts = replace(self._parts, gate=gate, rules=rules)
        self._doors = doors

    async def invoke(self, asked: Invocation) -> Invoked | Foreseen:
        """Waits for the owner's word where the policy asks for it.

        Raises NoSuchToolError, ToolInputError, NotAdmittedError, ToolFailedError, TooManyCallsError, and
        TurnPausedError when the daemon stops meanwhile.
        """
        if self._under_way >= AT_ONCE:
            raise TooManyCallsError(f"{AT_ONCE} tools are being called already")
        if asked.key in self._keys:
            raise TooManyCallsError("a call by this key is under way")
        self._under_way += 1
        self._keys |= {asked.key} if asked.key else set()
        try:
            return await self._invoke(asked)
        finally:
            self._under_way -= 1
            self._keys.discard(asked.key)

    async def _invoke(self, asked: Invocation) -> Invoked | Foreseen:
        profile, key = self._place(asked)
        entry = self._parts.sessions.find(key) or {}
        stocked, shut = await self._tool(asked, self._who(asked, profile, key, entry), profile)
        call = self._call(asked, stocked, await self._scene(asked, profile, key, entry))
        if asked.dry_run:
            if shut:
                raise _unavailable(asked.tool, shut)
            act = self._act(call)
            return Foreseen(stocked.tool.name, act, judge(act, call.scene, self._parts.rules))
        async with self._traced(call) as trace:
            if shut:
                raise _unavailable(asked.tool, shut)
            with trace.timed("tool", tool=stocked.tool.name, direct=True) as facts:
                facts["ok"] = False
                invoked = await self._run(call)
                facts["ok"] = True
            return invoked

    # -- who and which ------------------------------------------------------------------------------------

    def _place(self, asked: Invocation) -> tuple[AgentProfile, str]:
        agents = self._parts.agents
        key = expand(asked.session_key, next(iter(agents)))
        agent = agent_of(key)
        if agent is None or agent not in agents:
            raise NoSuchToolError(f"there is no agent {agent!r}; these are configured: {', '.join(agents)}")
        return agents[agent], key

    def _who(self, asked: Invocation, profile: AgentProfile, key: str, entry: Mapping[str, Any]) -> Who:
        depth = key.split(":").count("subagent")
        return Who(profile.id, self._parts.model_of(profile, entry), CHANNEL, sender=OPERATOR, depth=depth)

    async def _tool(self, asked: Invocation, who: Who, profile: AgentProfile) -> tuple[Stocked, str]:
        """With the rule that keeps it from the caller. Raises NoSuchToolError for what nobody has."""
        places = [who]
        if asked.channel is not None:
            places.append(replace(who, channel=asked.channel, account=asked.account))
        found = [await self._parts.toolbox.explain(asked.tool, profile, place) for place in places]
        stocked = found[0].stocked
        if stocked is None:
            raise _unavailable(asked.tool, "there is none of that name")
        ruled = [each.ruling.rule for each in found if not each.ruling.allowed]
        return stocked, ruled[0] if ruled else self._doors.shut(_name(stocked))

    async def _scene(
        self, asked: Invocation, profile: AgentProfile, key: str, entry: Mapping[str, Any]
    ) -> Scene:
        history: tuple[Entry, ...] = ()
        if entry:
            async with self._parts.sessions.use(key, profile.id) as session:
                history = tuple(session.entries)
        # The words of this call are the owner's own, but whoever makes it may have read what stands in the session.
        seen = provenances(history) | frozenset[Provenance]({"owner"})
        return Scene(
            profile.id, key, f"call_{asked.key}" if asked.key else new_id("call"), profile.workspace, CHANNEL,
            f"{CHANNEL}:{OPERATOR}", "owner", trace_id=new_id("t"), depth=key.split(":").count("subagent"),
            provenances=seen, history=history, settings=entry,
        )  # fmt: skip

    def _call(self, asked: Invocation, stocked: Stocked, scene: Scene) -> _Call:
        arguments = dict(asked.arguments)
        properties = stocked.tool.schema.get("properties")
        takes_action = isinstance(properties, Mapping) and "action" in properties
        if asked.action is not None and takes_action:
            arguments.setdefault("action", asked.action)
        name = stocked.tool.name
        bound = hashlib.sha256(f"{name} {canonical(arguments)}".encode()).hexdigest()[:24]
        return _Call(
            stocked, ToolCall(f"direct_{bound}", name, arguments), replace(scene, call_id=f"direct_{bound}"),
            self._doors.opens(_name(stocked)),
        )  # fmt: skip

    # -- doing it -----------------------------------------------------------------------------------------

    async def _run(self, asked: _Call) -> Invoked:
        tool, call, scene = asked.stocked.tool, asked.call, asked.scene
        act = self._act(asked)
        if refusal := await self._parts.gate.admit(call, act, scene):
            raise NotAdmittedError(refusal)
        output: str | Output | None = None
        try:
            with anyio.move_on_after(tool.timeout_seconds):
                output = await tool.run(call.arguments, scene)
        except (ToolInputError, TurnPausedError):
            raise
        except ToolError as error:
            raise ToolFailedError(await self._clean(str(error))) from None
        except Exception:
            logger.exception("the tool %s failed, called directly; trace %s", tool.name, scene.trace_id)
            raise ToolFailedError(f"{tool.name} failed; the log says why, trace {scene.trace_id}") from None
        if output is None:
            raise ToolFailedError(f"{tool.name} took longer than {tool.timeout_seconds:g} s and was stopped")
        return await self._shown(asked, Output(output) if isinstance(output, str) else output)

    def _act(self, asked: _Call) -> Act:
        """Raises ToolInputError, and NoSuchToolError for what only a conversation may do."""
        try:
            act = asked.stocked.tool.act(asked.call.arguments, asked.scene)
        except ToolError as error:
            raise ToolInputError(str(error).removeprefix("ToolInputError: ")) from None
        if act.kind in CLOSED_KINDS and not asked.opened:
            raise _unavailable(asked.call.name, f"{act.kind.value} is only for conversations")
        return act

    async def _shown(self, asked: _Call, output: Output) -> Invoked:
        text = await self._clean(output.text)
        return Invoked(
            asked.call.name, text[:LONGEST], asked.scene.trace_id,
            output.provenance or asked.stocked.tool.provenance, output.pictures, max(0, len(text) - LONGEST),
        )  # fmt: skip

    async def _clean(self, text: str) -> str:
        plain = text.encode("utf-8", "replace").decode()
        return await anyio.to_thread.run_sync(without_secrets, plain, self._parts.secrets())

    # -- the record ---------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _traced(self, asked: _Call) -> AsyncIterator[Trace]:
        parts, scene = self._parts, asked.scene
        trace = parts.traces.begin(
            scene.trace_id, parts.clock.now_ms(), CHANNEL, f"{CHANNEL}:default:{scene.run_id}"
        )
        trace.add("received", channel=CHANNEL, sender=OPERATOR)
        # What cannot be written down is not done.
        await parts.ledger.save_trace(trace.record("running", "", scene.session_key), waits=False)
        outcome, reason = "aborted", "client_gone"
        try:
            yield trace
            outcome, reason = "answered", ""
        except OpenClawError as error:
            refused = isinstance(error, NoSuchToolError | NotAdmittedError)
            outcome, reason = "refused" if refused else "answered", str(error)[:REASON]
            raise
        except TurnPausedError:
            reason = "the daemon stopped"
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await parts.approvals.leave(scene.run_id)
                parts.traces.close(trace.id)
                await self._record(trace, outcome, reason, scene.session_key)

    async def _record(self, trace: Trace, outcome: str, reason: str, session_key: str) -> None:
        try:
            await self._parts.ledger.save_trace(trace.record(outcome, reason, session_key), waits=False)
        except OpenClawError as error:
            logger.warning("the end of the direct call %s is not in the record: %s", trace.id, error)
        await self._parts.bus.publish(TraceRecorded(trace.id, outcome))


def _name(stocked: Stocked) -> ToolName:
    return ToolName(stocked.tool.name, stocked.origin)


def _unavailable(name: str, why: str) -> NoSuchToolError:
    return NoSuchToolError(f"the tool {name[:SHOWN]!r} is not available here: {why}")
