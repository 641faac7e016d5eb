"""What the agent is told before a turn: its model, its tools, its prompt."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openclaw.agent.bootstrap import WorkspaceFiles
from openclaw.agent.config import AgentDefaults, AgentProfile, ToolsConfig
from openclaw.agent.context.pruning import pruned
from openclaw.agent.host import runtime
from openclaw.agent.loop import step_limit
from openclaw.agent.prompt import Abilities, Audience, PromptParts, ToolLine, Workspace, system_prompt
from openclaw.agent.renderer import Renderer
from openclaw.agent.repetition import Repetition
from openclaw.agent.toolbox import Shelf, Toolbox
from openclaw.gateway.running import Prepared
from openclaw.gateway.tracing import Trace
from openclaw.llm.chat import Request, ToolSpec
from openclaw.llm.models import Choice, Models, TurnModel
from openclaw.llm.routing import Asker
from openclaw.llm.selection import model_of_channel
from openclaw.llm.thinking import level_of
from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Entry

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    "telegram": (
        "Your markdown is shown with bold, italic, code, links and lists; tables become plain text.",
        "Long answers are split into several messages; prefer short ones.",
    ),
    "webchat": ("Your markdown is shown as it is, in a terminal or a browser.",),
}


@dataclass(frozen=True, slots=True)
class BriefingParts:
    agents: Mapping[str, AgentProfile]
    files: Mapping[str, WorkspaceFiles]
    defaults: AgentDefaults
    tools: ToolsConfig
    model_by_channel: Mapping[str, Mapping[str, str]]
    models: Models
    toolbox: Toolbox
    renderer: Renderer
    timezone: str
    owners: tuple[str, ...]
    """`<channel>:<id>` of everyone who has the owner's authority."""


@dataclass(slots=True)
class _Memo:
    """System prompts are long and seldom change."""

    parts: PromptParts | None = None
    text: str = ""
    specs_of: Shelf | None = None
    specs: tuple[ToolSpec, ...] = field(default=())


class HouseBriefing:
    """Satisfies `gateway.turns.Briefing`."""

    def __init__(self, parts: BriefingParts) -> None:
        self._parts = parts
        self._memos: dict[tuple[str, str, bool], _Memo] = {}

    async def weigh(self, agent: str) -> Mapping[str, Mapping[str, int]]:
        """Characters that stand before each conversation of this agent, by kind and name."""
        shelf = await self._parts.toolbox.shelf(self._parts.agents[agent])
        files = await self._parts.files[agent].files()
        return {
            "files": {file.name: len(file.text) for file in files},
            "tools": {
                tool.name: len(tool.description) + len(json.dumps(tool.schema))
                for tool in shelf.tools.values()
            },
            "skills": {skill.name: len(skill.description) for skill in shelf.skills},
        }

    async def prepare(
        self, row: InboxRow, history: Sequence[Entry], entry: Mapping[str, Any], trace: Trace
    ) -> Prepared:
        parts = self._parts
        profile = parts.agents[row.agent]
        choice = model_choice(profile, entry, parts.defaults, self._of_channel(row))
        with trace.timed("model") as facts:
            asker = Asker(row.agent, row.session_key, row.channel, row.trace_id, _era(entry))
            model = parts.models.for_turn(choice, asker)
            info = parts.models.info(choice.ref)
            facts["model"] = model.name
        window = parts.defaults.context_tokens or info.context_window
        shelf = await parts.toolbox.shelf(profile)
        system, specs = await self._system(row, profile, shelf, model.name)
        return Prepared(
            model, self._prompt(model, system, specs, history, window), shelf.tools, self._steps(choice),
            window, profile.workspace,
            Repetition(parts.tools.loop_detection),
        )  # fmt: skip

    def _steps(self, choice: Choice) -> int:
        return self._parts.defaults.max_iterations or step_limit(self._parts.models.keys_of(choice.ref))

    def _of_channel(self, row: InboxRow) -> str | None:
        to = row.event.reply_to
        by_channel = self._parts.model_by_channel
        return model_of_channel(by_channel, row.channel, to.chat, to.thread) if to is not None else None

    def _prompt(
        self,
        model: TurnModel,
        system: str,
        specs: tuple[ToolSpec, ...],
        history: Sequence[Entry],
        window: int,
    ) -> Callable[[Sequence[Entry]], Request]:
        def prompt(entries: Sequence[Entry]) -> Request:
            # Asked for each step: another model may have taken over, and only its own thoughts are shown to it.
            name = model.name
            seen = pruned([*history, *entries], self._parts.defaults.context_pruning, window)
            messages = self._parts.renderer.messages(seen, name)
            return Request(name.partition("/")[2], system, messages, specs, self._parts.defaults.max_tokens)

        return prompt

    async def _system(
        self, row: InboxRow, profile: AgentProfile, shelf: Shelf, model: str
    ) -> tuple[str, tuple[ToolSpec, ...]]:
        private = row.role == "owner" and row.event.chat_type == "direct"
        files = await self._parts.files[profile.id].files()
        parts = PromptParts(
            runtime(profile.id, model, profile.identity.name),
            Abilities(
                tuple(ToolLine(tool.name, tool.description) for tool in shelf.tools.values()), shelf.skills
            ),
            Workspace(str(profile.workspace), files),
            Audience(
                row.channel,
                row.event.chat_type,
                private,
                self._parts.owners,
                CAPABILITIES.get(row.channel, ()),
            ),
            self._parts.timezone,
        )
        memo = self._memos.setdefault((row.session_key, row.channel, private), _Memo())
        if len(self._memos) > 256:
            self._memos.pop(next(iter(self._memos)))
        if memo.parts != parts:
            memo.parts, memo.text = parts, system_prompt(parts)
        if memo.specs_of is not shelf:
            memo.specs_of = shelf
            memo.specs = tuple(
                ToolSpec(tool.name, tool.description, tool.schema) for tool in shelf.tools.values()
            )
        return memo.text, memo.specs


def _era(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('sessionId', '')}:{entry.get('compactionCount', 0)}"


def model_ref(
    profile: AgentProfile, entry: Mapping[str, Any], defaults: AgentDefaults, of_channel: str | None = None
) -> str | None:
    """Pure. The owner's pin for the agent, then the session's choice, the channel's, and the default."""
    if profile.model is not None and profile.model.primary:
        return profile.model.primary
    if override := entry.get("modelOverride"):
        provider = entry.get("providerOverride")
        return f"{provider}/{override}" if provider and "/" not in str(override) else str(override)
    if of_channel is not None:
        return of_channel
    return defaults.model.primary if defaults.model is not None else None


def model_choice(
    profile: AgentProfile, entry: Mapping[str, Any], defaults: AgentDefaults, of_channel: str | None = None
) -> Choice:
    """Pure. The model, what stands in for it, and what the session asks of it."""
    pinned, common = profile.model, defaults.model
    own = pinned.fallbacks if pinned is not None else None
    shared = common.fallbacks if common is not None else None
    fallbacks = own if own is not None else shared or ()
    if own is None and shared != () and common is not None and (pinned is None or not pinned.primary):
        # A model that somebody chose is a wish; behind it stands the owner's. An agent's own one stands alone.
        fallbacks = (*fallbacks, *([common.primary] if common.primary else []))
    key = entry.get("authProfileOverride") if entry.get("authProfileOverrideSource") == "user" else None
    return Choice(
        model_ref(profile, entry, defaults, of_channel),
        fallbacks,
        key if isinstance(key, str) else None,
        level_of(entry.get("thinkingLevel")),
    )
