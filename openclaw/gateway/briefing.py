"""What the agent is told before a turn: its model, its tools, its prompt."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openclaw.agent.bootstrap import WorkspaceFiles
from openclaw.agent.config import AgentDefaults, ToolsConfig
from openclaw.agent.context.pruning import pruned
from openclaw.agent.host import runtime
from openclaw.agent.loop import step_limit
from openclaw.agent.policy.deciding import Who
from openclaw.agent.ports import Model
from openclaw.agent.profile import AgentProfile
from openclaw.agent.prompt import Abilities, Audience, PromptParts, ToolLine, Workspace, system_prompt
from openclaw.agent.renderer import Renderer
from openclaw.agent.repetition import Repetition
from openclaw.agent.skills.direct import DirectModel
from openclaw.agent.skills.reading import SkillTexts
from openclaw.agent.toolbox import Shelf, Toolbox, ToolFamily
from openclaw.gateway.brought import client_tools, with_brought
from openclaw.gateway.command_book import NAMES
from openclaw.gateway.groups import offered, told
from openclaw.gateway.phone.briefing import PhoneBriefing, capabilities, is_confided
from openclaw.gateway.running import Prepared
from openclaw.gateway.tool_survey import ToolSurvey
from openclaw.gateway.tracing import Trace
from openclaw.llm.chat import Album, Request, ToolSpec
from openclaw.llm.models import Choice, Models
from openclaw.llm.routing import Asker
from openclaw.llm.selection import model_of_channel
from openclaw.llm.thinking import level_of
from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Entry, UserMessage

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    "telegram": (
        "Your markdown is shown with bold, italic, code, links and lists; tables become plain text.",
        "Long answers are split into several messages; prefer short ones.",
    ),
    "voice": (
        "This is a telephone call: your answer is read aloud. Answer in one to three short sentences, as one speaks; "
        "no markdown, lists, links or emoji. Say numbers and times so that they can be understood by ear.",
        "What you hear comes from speech recognition and may be misheard: ask when it makes no sense.",
        "To end the call, say goodbye and use end_call.",
    ),
    "webchat": ("Your markdown is shown as it is, in a terminal or a browser.",),
}


LIGHT_FILES = frozenset({"AGENTS.md", "TOOLS.md"})
"""All that a job or a heartbeat with a light context is given."""


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
    owners: Sequence[str]
    """`<channel>:<id>` of everyone who has the owner's authority."""
    album: Album | None = None
    phone: PhoneBriefing | None = None


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

    def furnish(self, families: Sequence[ToolFamily]) -> None:
        """See `Toolbox.furnish`."""
        self._parts.toolbox.furnish(families)

    @property
    def toolbox(self) -> Toolbox:
        return self._parts.toolbox

    def adopt(self, parts: BriefingParts) -> None:
        """For turns that begin from now on. The toolbox is the same."""
        self._parts = parts
        self._memos.clear()

    def texts(self) -> SkillTexts:
        return self._parts.toolbox.texts

    def survey(self) -> ToolSurvey:
        def model_of(profile: AgentProfile) -> str:
            parts = self._parts
            return parts.models.default_name(model_ref(profile, {}, parts.defaults))

        parts = self._parts
        return ToolSurvey(parts.toolbox, parts.agents, parts.owners, model_of)

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
            model: Model = parts.models.for_turn(choice, asker)
            info = parts.models.info(choice.ref)
            facts["model"] = model.name
        window = parts.defaults.context_tokens or info.context_window
        shelf = await parts.toolbox.shelf(profile, speaker(row, model.name))
        light = entry.get("contextMode") == "light"
        system, specs = await self._system(row, profile, shelf, model.name, light=light)
        brought = row.event.brought
        if brought is not None:
            system, specs = with_brought(system, specs, brought)
        direct = parts.toolbox.texts.direct(row.agent, row.event.text, NAMES) if brought is None else None
        if direct is not None:
            model = DirectModel(direct, f"toolu_{row.run_id}")
        if parts.phone is not None:
            history = await parts.phone.history(row, history, entry)
        prompt = self._prompt(row.agent, model, system, specs, history, window)
        if parts.phone is not None:
            prompt = await parts.phone.beside(row, prompt)
        return Prepared(
            model, prompt, shelf.tools, self._steps(choice), window, profile.workspace,
            Repetition(parts.tools.loop_detection), client_tools(brought, shelf.tools),
        )  # fmt: skip

    def _with_skill(self, agent: str, entry: Entry) -> Entry:
        """`/name` of a skill is told as what it means; in the transcript stays what was said."""
        if not isinstance(entry, UserMessage):
            return entry
        told = self._parts.toolbox.texts.told(agent, entry.text, NAMES)
        return entry if told is None else replace(entry, text=told)

    def _steps(self, choice: Choice) -> int:
        return self._parts.defaults.max_iterations or step_limit(self._parts.models.keys_of(choice.ref))

    def _of_channel(self, row: InboxRow) -> str | None:
        to = row.event.reply_to
        by_channel = self._parts.model_by_channel
        return model_of_channel(by_channel, row.channel, to.chat, to.thread) if to is not None else None

    def _prompt(
        self,
        agent: str,
        model: Model,
        system: str,
        specs: tuple[ToolSpec, ...],
        history: Sequence[Entry],
        window: int,
    ) -> Callable[[Sequence[Entry]], Request]:
        history = [self._with_skill(agent, entry) for entry in history]
        # A turn ends with the settings that it began with.
        parts = self._parts

        def prompt(entries: Sequence[Entry]) -> Request:
            # Asked for each step: another model may have taken over, and only its own thoughts are shown to it.
            name = model.name
            seen = pruned([*history, *entries], parts.defaults.context_pruning, window)
            messages = parts.renderer.messages(seen, name)
            model_name, most = name.partition("/")[2], parts.defaults.max_tokens
            return Request(model_name, system, messages, specs, most, album=parts.album)

        return prompt

    async def _system(
        self, row: InboxRow, profile: AgentProfile, shelf: Shelf, model: str, *, light: bool = False
    ) -> tuple[str, tuple[ToolSpec, ...]]:
        private = row.role == "owner" and row.event.chat_type == "direct"
        files = await self._parts.files[profile.id].files()
        if light:
            files = tuple(file for file in files if file.name in LIGHT_FILES)
        parts = PromptParts(
            runtime(profile.id, model, profile.identity.name),
            Abilities(
                tuple(ToolLine(tool.name, tool.description) for tool in shelf.tools.values()),
                offered(shelf.skills, row.event),
            ),
            Workspace(str(profile.workspace), files),
            Audience(
                row.channel,
                row.event.chat_type,
                private,
                tuple(self._parts.owners),
                capabilities(row)
                if row.channel == "sms"
                else (*CAPABILITIES.get(row.channel, ()), *told(row.event)),
                is_confided(row),
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


def speaker(row: InboxRow, model: str) -> Who:
    """Pure. For whom the tools of a turn are chosen."""
    event, chat = row.event, row.event.reply_to.chat if row.event.reply_to is not None else ""
    channel, sender = row.channel, event.sender.id
    if event.from_house:
        # What the house says to itself counts as whoever it speaks for.
        channel, _, sender = sender.partition(":")
    depth = row.session_key.split(":").count("subagent")
    return Who(row.agent, model, channel, row.account, chat, event.chat_type, sender, row.role, depth)


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
