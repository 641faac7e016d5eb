"""The assistant's conversations, as its tools see and use them."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal

import anyio

from openclaw.agent.profile import AgentProfile
from openclaw.agent.taint import lowest, ordered
from openclaw.agent.tools.base import Scene, ToolError
from openclaw.agent.tools.conversations.config import AgentToAgentConfig, SessionToolsConfig, SubagentsConfig
from openclaw.agent.tools.conversations.port import Answered, Child, Errand, Json, Task, Told, Wanted
from openclaw.bus import Bus
from openclaw.gateway.commands.settings import Shelf, chosen_model
from openclaw.gateway.commands.stop import Stopper
from openclaw.gateway.intake import Intake
from openclaw.gateway.mailbox import CHANNEL
from openclaw.gateway.redaction import without_secrets
from openclaw.gateway.sight import begun_by, kind_of, sees
from openclaw.llm.selection import Found, find_model
from openclaw.sessions.keys import agent_of, expand
from openclaw.sessions.lines import encode
from openclaw.sessions.sessions import Sessions
from openclaw.store.ledger import Ledger
from openclaw.types.clock import Clock, iso
from openclaw.types.conversation import AssistantMessage, Entry, Provenance, ToolMessage, UserMessage
from openclaw.types.events import TurnFinished
from openclaw.types.messages import Arrival, Inbound, Mailbox, Sender

LINE = 4_000
"""Characters of one message that are shown."""


@dataclass(frozen=True, slots=True)
class ConversationRules:
    sight: SessionToolsConfig
    others: AgentToAgentConfig
    children: SubagentsConfig


@dataclass(frozen=True, slots=True)
class ConversationParts:
    sessions: Sessions
    ledger: Ledger
    intake: Intake
    bus: Bus
    stopper: Stopper
    models: Shelf
    agents: Mapping[str, AgentProfile]
    clock: Clock
    zone: tzinfo
    """The owner's."""
    secrets: Callable[[], frozenset[str]]


class HouseConversations:
    """Satisfies `agent.tools.conversations.port.Conversations`."""

    def __init__(self, parts: ConversationParts, rules: ConversationRules) -> None:
        self._parts = parts
        self._rules = rules

    # -- seeing ---------------------------------------------------------------------------------------

    async def listing(self, wanted: Wanted, scene: Scene) -> Told:
        entries = self._entries()
        since = 0
        if wanted.active_minutes is not None:
            since = self._parts.clock.now_ms() - wanted.active_minutes * 60_000
        seen = [
            (key, entry)
            for key, entry in entries.items()
            if self._sees(scene.session_key, key, entries)
            and int(entry.get("updatedAt", 0)) >= since
            and (not wanted.kinds or kind_of(key) in wanted.kinds)
        ][: wanted.limit]
        rows, whose = [], frozenset[Provenance]()
        for key, entry in seen:
            row = _row(key, entry)
            if wanted.message_limit:
                told = await self.history(key, wanted.message_limit, scene, with_tools=False)
                row["messages"] = told.body
                whose |= {told.provenance}
            rows.append(row)
        return Told(rows, ordered(whose)[-1] if whose else "tool")

    async def history(self, key: str, limit: int, scene: Scene, *, with_tools: bool) -> Told:
        key = self._found(key, scene)
        async with self._parts.sessions.use(key, agent_of(key) or scene.agent) as session:
            entries = [entry for entry in session.entries if with_tools or not _is_tool_work(entry)][-limit:]
        secrets = self._parts.secrets()
        lines = [without_secrets(_shown(entry), secrets) for entry in entries]
        return Told(lines, lowest(entries))

    async def status(self, key: str | None, model: str | None, scene: Scene) -> str:
        parts = self._parts
        key = self._found(key, scene) if key else scene.session_key
        if model is not None:
            await self._choose(key, model)
        entry = parts.sessions.find(key) or {}
        now = datetime.fromtimestamp(parts.clock.now_ms() / 1000, parts.zone)
        used, window = int(entry.get("totalTokens") or 0), int(entry.get("contextTokens") or 0)
        return "\n".join(
            [
                f"Time: {now:%A, %Y-%m-%d %H:%M} ({parts.zone})",
                f"Conversation: {key} ({kind_of(key)})",
                f"Model: {entry.get('modelOverride') or entry.get('model') or parts.models.default_name()}",
                f"Context: {used:,} of {window:,} tokens" if window else f"Context: {used:,} tokens",
                f"Cost: {float(entry.get('cost') or 0):.4f} USD",
                f"Waiting: {len(await parts.ledger.waiting(key))} messages",
            ]
        )

    def agents(self, scene: Scene) -> Sequence[Json]:
        return [
            {"id": agent.id, "name": agent.identity.name, "tier": agent.tier}
            for agent in self._parts.agents.values()
            if self._may_work(agent.id, scene)
        ]

    # -- speaking -------------------------------------------------------------------------------------

    async def send(self, errand: Errand, scene: Scene) -> Answered:
        key = self._found(errand.to, scene)
        if key == scene.session_key:
            raise ToolError("sessionKey is this conversation itself: just answer")
        message = self._message(errand.message, key, scene)
        with self._parts.bus.subscribe(TurnFinished, depth=256, lossless=False) as endings:
            await self._deliver(message, scene)
            if not errand.wait_seconds:
                return Answered("accepted", message.run_id, key)
            with anyio.move_on_after(errand.wait_seconds):
                while True:
                    ended = await endings.next()
                    if isinstance(ended, TurnFinished) and ended.run_id == message.run_id:
                        return await self._answered(ended, key)
        return Answered("timeout", message.run_id, key)

    async def _answered(self, ended: TurnFinished, key: str) -> Answered:
        async with self._parts.sessions.use(key, agent_of(key) or "") as session:
            whose = lowest(session.entries)
        status: Literal["ok", "error"] = "ok" if ended.outcome in {"answered", "silent"} else "error"
        return Answered(status, ended.run_id, key, ended.text or ended.reason, whose)

    async def spawn(self, task: Task, scene: Scene) -> Child:
        agent = task.agent or scene.agent
        if not self._may_work(agent, scene):
            raise ToolError(f"no task can be given to {agent!r}: agents_list names those that take one")
        if scene.depth >= self._rules.children.max_spawn_depth:
            raise ToolError(
                "a task may not be passed on here: agents.defaults.subagents.maxSpawnDepth is reached"
            )
        key = f"{_root(scene, agent)}:subagent:{_name(scene)}"
        if self._parts.sessions.find(key) is None:
            await self._found_child(key, agent, task, scene)
        mailbox = Mailbox(
            scene.session_key,
            scene.agent,
            scene.sender,
            scene.role,
            scene.chat_type,
            scene.reply_to.lasting() if scene.reply_to is not None else None,
            task.label,
        )
        message = self._message(task.text, key, scene, mailbox, _settings(task))
        await self._deliver(message, scene)
        return Child(message.run_id, key)

    async def _found_child(self, key: str, agent: str, task: Task, scene: Scene) -> None:
        under_way = [child for child in await self.children(scene) if child["underWay"]]
        if len(under_way) >= self._rules.children.max_children:
            raise ToolError(
                f"{len(under_way)} tasks are under way for this conversation already: wait for one of them"
            )
        changes: dict[str, object] = {"spawnedBy": scene.session_key, "label": task.label or None}
        if chosen := task.model or self._rules.children.model:
            changes |= self._model(chosen)
        row = await self._parts.sessions.change(key, agent, changes)
        await self._parts.ledger.save_session(row)

    async def children(self, scene: Scene) -> Sequence[Json]:
        entries = self._entries()
        rows = []
        for key, entry in entries.items():
            if begun_by(key, entries) == scene.session_key:
                waiting = await self._parts.ledger.waiting(key)
                rows.append({**_row(key, entry), "underWay": bool(waiting)})
        return rows

    async def kill(self, target: str, scene: Scene) -> Sequence[str]:
        children = [str(child["key"]) for child in await self.children(scene)]
        if target != "all":
            wanted = self._found(target, scene)
            children = [key for key in children if key == wanted]
        return [key for key in children if await self._parts.stopper.stop(key)]

    # -- inside ---------------------------------------------------------------------------------------

    def _entries(self) -> dict[str, dict[str, Any]]:
        return dict(self._parts.sessions.listing())

    def _sees(self, own: str, key: str, entries: Mapping[str, Mapping[str, Any]]) -> bool:
        return sees(own, key, entries, self._rules.sight.visibility, self._rules.others)

    def _found(self, name: str, scene: Scene) -> str:
        entries = self._entries()
        labelled = [key for key, entry in entries.items() if entry.get("label") == name]
        key = next(
            (key for key in labelled if self._sees(scene.session_key, key, entries)),
            expand(name, scene.agent),
        )
        if key not in entries or not self._sees(scene.session_key, key, entries):
            raise ToolError(
                f"no conversation {name!r} can be seen from here; sessions_list names those that can"
            )
        return key

    def _may_work(self, agent: str, scene: Scene) -> bool:
        allowed = self._rules.children.allow_agents
        return agent in self._parts.agents and (agent == scene.agent or "*" in allowed or agent in allowed)

    def _message(
        self,
        text: str,
        key: str,
        scene: Scene,
        mailbox: Mailbox | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> Inbound:
        """On the authority of whoever speaks in the scene, and with whatever its conversation has read."""
        return Inbound(
            CHANNEL,
            Sender(scene.sender),
            text,
            self._parts.clock.now_ms(),
            session_key=key,
            agent=agent_of(key),
            run_id=f"run_{_name(scene)}",
            settings=settings or {},
            role=scene.role,
            provenance=ordered(scene.provenances)[-1] if scene.provenances else scene.role,
            mail_to=mailbox,
        )

    async def _deliver(self, message: Inbound, scene: Scene) -> None:
        raw = message.text.encode("utf-8", "replace")
        await self._parts.intake.deliver(
            [Arrival(f"{CHANNEL}:{scene.run_id}:{scene.call_id}", CHANNEL, "default", raw, message)]
        )

    async def _choose(self, key: str, model: str) -> None:
        changes = (
            {"modelOverride": None, "providerOverride": None} if model == "default" else self._model(model)
        )
        row = await self._parts.sessions.change(key, agent_of(key) or "", changes)
        await self._parts.ledger.save_session(row)

    def _model(self, name: str) -> Mapping[str, object]:
        match find_model(name, self._parts.models.menu):
            case Found() as found:
                return chosen_model(found)
            case unknown:
                raise ToolError(f"there is no model {name!r}; nearest: {', '.join(unknown.nearest)}")


def _name(scene: Scene) -> str:
    """The same for the same call, so that a call that is repeated after a crash begins nothing twice."""
    return hashlib.sha256(f"{scene.run_id}\0{scene.call_id}".encode()).hexdigest()[:24]


def _root(scene: Scene, agent: str) -> str:
    """Below a child stand its own children; an agent's name is in the key by which it is found."""
    nested = scene.depth and agent_of(scene.session_key) == agent
    return scene.session_key if nested else f"agent:{agent}"


def _settings(task: Task) -> dict[str, object]:
    settings: dict[str, object] = {}
    if task.thinking is not None:
        settings["thinkingLevel"] = task.thinking
    if task.timeout_seconds is not None:
        settings["timeoutSeconds"] = math.ceil(task.timeout_seconds)
    if not task.keeps:
        settings["cleanup"] = "delete"
    return settings


def _row(key: str, entry: Mapping[str, Any]) -> dict[str, object]:
    shown = {
        "key": key,
        "kind": kind_of(key),
        "label": entry.get("label"),
        "channel": entry.get("channel"),
        "updatedAt": iso(int(entry.get("updatedAt", 0))),
        "model": entry.get("model"),
        "totalTokens": entry.get("totalTokens"),
        "spawnedBy": entry.get("spawnedBy"),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _is_tool_work(entry: Entry) -> bool:
    return isinstance(entry, ToolMessage) or (isinstance(entry, AssistantMessage) and not entry.text)


def _shown(entry: Entry) -> str:
    match entry:
        case UserMessage():
            return f"{entry.sender}: {entry.text[:LINE]}"
        case AssistantMessage() if not entry.calls:
            return f"assistant: {entry.text[:LINE]}"
        case _:
            return encode(entry).decode().strip()[:LINE]
