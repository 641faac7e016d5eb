"""`agents.*`, `tools.*` and `skills.*` of the config file, and the agents that follow from them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openclaw.agent.context.config import CompactionConfig, ContextPruningConfig
from openclaw.agent.policy.rules import (
    SubagentPolicyConfig,
    ToolPolicyConfig,
    ToolRulesConfig,
    rule_problems,
    tool_rules,
)
from openclaw.agent.profile import AgentProfile, Identity, ModelPin, agent_id
from openclaw.agent.repetition import LoopDetectionConfig
from openclaw.agent.tools.conversations.config import (
    AgentToAgentConfig,
    MessageToolConfig,
    SessionToolsConfig,
    SubagentsConfig,
)
from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.agent.tools.files.config import FsConfig
from openclaw.agent.tools.recall.config import MemorySearchConfig
from openclaw.agent.tools.web.config import WebConfig
from openclaw.llm.chat import ThinkingLevel
from openclaw.llm.transcription import MediaToolsConfig
from openclaw.schema import ConfigPart, Ids, SecretField


class ModelChoice(ConfigPart):
    """A model and what stands in for it; in the file also just the model's name."""

    primary: str | None = None
    fallbacks: tuple[str, ...] | None = None
    """None: those of `agents.defaults.model`; an empty list: none at all."""


def _model_choice(value: object) -> object:
    return {"primary": value} if isinstance(value, str) else value


ModelField = Annotated[ModelChoice, BeforeValidator(_model_choice)]


class ModelParams(ConfigPart):
    thinking: ThinkingLevel | None = None
    """None: `thinkingDefault`."""


class ModelEntry(ConfigPart):
    """One model of `agents.defaults.models`; when any is named, only these may be chosen."""

    alias: str | None = None
    params: ModelParams = ModelParams()


class IdentityConfig(ConfigPart):
    name: str = ""
    theme: str = ""
    emoji: str = ""
    avatar: str = ""


class ToolsConfig(ToolPolicyConfig):
    by_channel: dict[str, ToolRulesConfig] = Field(default_factory=dict)
    subagents: SubagentPolicyConfig = SubagentPolicyConfig()
    timeout_seconds: float = Field(default=60, gt=0)
    """For a tool that names no limit of its own."""
    fs: FsConfig = FsConfig()
    exec: ExecConfig = ExecConfig()
    loop_detection: LoopDetectionConfig = LoopDetectionConfig()
    sessions: SessionToolsConfig = SessionToolsConfig()
    agent_to_agent: AgentToAgentConfig = AgentToAgentConfig()
    message: MessageToolConfig = MessageToolConfig()
    web: WebConfig = WebConfig()
    media: MediaToolsConfig = MediaToolsConfig()

    def problems(self, place: str = "tools") -> Iterator[str]:
        yield from super().problems(place)
        yield from rule_problems(f"{place}.byChannel", self.by_channel)


class BlockChunkConfig(ConfigPart):
    """Characters of one block."""

    min_chars: int = Field(default=800, gt=0)
    max_chars: int = Field(default=1200, gt=0)
    break_preference: Literal["paragraph", "newline", "sentence"] = "paragraph"


class BlockCoalesceConfig(ConfigPart):
    """Blocks that are finished shortly after one another become one message."""

    min_chars: int | None = Field(default=None, gt=0)
    """None: as in `blockStreamingChunk`."""
    max_chars: int | None = Field(default=None, gt=0)
    idle_ms: int = Field(default=1000, ge=0)


class HumanDelayConfig(ConfigPart):
    """Pauses between blocks. `natural`: 800 to 2500 ms."""

    mode: Literal["off", "natural", "custom"] = "off"
    min_ms: int = Field(default=800, ge=0)
    max_ms: int = Field(default=2500, ge=0)

    @property
    def range_ms(self) -> tuple[int, int]:
        match self.mode:
            case "off":
                return (0, 0)
            case "natural":
                return (800, 2500)
            case "custom":
                return (min(self.min_ms, self.max_ms), self.max_ms)


_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"


class ActiveHoursConfig(ConfigPart):
    start: str = Field(default="00:00", pattern=_CLOCK)
    end: str = Field(default="24:00", pattern=_CLOCK)
    """Half open; may wrap over midnight. The same as `start`: never."""
    timezone: str = "user"
    """`user`: the owner's; else an IANA name."""


class HeartbeatConfig(ConfigPart):
    """A look at HEARTBEAT.md from time to time. While nothing stands there, no model is asked."""

    every: str = Field(default="30m", pattern=r"^\d+(\.\d+)?(ms|s|m|h|d)?$")
    """Minutes without a unit; `0m` is off."""
    active_hours: ActiveHoursConfig = ActiveHoursConfig()
    model: str | None = None
    """None: the agent's."""
    session: str = "main"
    isolated_session: bool = True
    """A fresh session each time, so that no conversation is paid for again; else the session named."""
    light_context: bool = True
    """Of the workspace's files only AGENTS.md and TOOLS.md."""
    target: str = "owner"
    """Who hears of it: owner, last (where somebody last spoke), none, or a channel."""
    to: str | None = None
    account_id: str | None = None
    prompt: str | None = None
    """None: our own words."""
    ack_max_chars: int = Field(default=300, ge=0)
    """Beside HEARTBEAT_OK so much is nothing to tell."""


class AgentDefaults(ConfigPart):
    workspace: str | None = None
    """None: the folder `workspace` in the state directory."""
    model: ModelField | None = None
    models: dict[str, ModelEntry] = Field(default_factory=dict)
    user_timezone: str | None = None
    """An IANA name. None: the host's."""
    time_format: Literal["auto", "12", "24"] = "auto"
    bootstrap_max_chars: int = Field(default=20_000, gt=0)
    bootstrap_total_max_chars: int = Field(default=150_000, gt=0)
    timeout_seconds: float = Field(default=600, gt=0)
    max_concurrent: int = Field(default=64, gt=0)
    """Turns at once, over all sessions."""
    max_tokens: int = Field(default=8096, gt=0)
    max_iterations: int | None = Field(default=None, gt=0)
    """Model requests in one turn. None: 24 and 8 for each of the provider's keys, between 32 and 160."""
    context_tokens: int | None = Field(default=None, gt=0)
    thinking_default: ThinkingLevel | None = None
    block_streaming_default: Literal["off", "on"] = "off"
    """For channels that do not say `blockStreaming` themselves."""
    block_streaming_break: Literal["text_end", "message_end"] = "text_end"
    """Send a block as soon as it is finished, or only when the model has ended its message."""
    block_streaming_chunk: BlockChunkConfig = BlockChunkConfig()
    block_streaming_coalesce: BlockCoalesceConfig = BlockCoalesceConfig()
    human_delay: HumanDelayConfig = HumanDelayConfig()
    subagents: SubagentsConfig = SubagentsConfig()
    compaction: CompactionConfig = CompactionConfig()
    context_pruning: ContextPruningConfig = ContextPruningConfig()
    heartbeat: HeartbeatConfig = HeartbeatConfig()
    memory_search: MemorySearchConfig = MemorySearchConfig()


class AgentConfig(ConfigPart):
    id: str
    default: bool = False
    name: str = ""
    workspace: str | None = None
    model: ModelField | None = None
    identity: IdentityConfig = IdentityConfig()
    skills: Ids | None = None
    """Only these; None: all."""
    tools: ToolPolicyConfig = ToolPolicyConfig()
    tier: str = ""
    heartbeat: HeartbeatConfig | None = None
    """Over the defaults, field by field. When any agent has one, only those have a heartbeat."""


class AgentsConfig(ConfigPart):
    defaults: AgentDefaults = AgentDefaults()
    list: tuple[AgentConfig, ...] = ()


class SkillEntry(ConfigPart):
    enabled: bool = True
    api_key: SecretField | None = None
    env: dict[str, SecretField] = Field(default_factory=dict)
    config: dict[str, object] = Field(default_factory=dict)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    """The owner has read what has this hash, the skill's whole folder or its `tools.py` alone, and lets it run."""


class SkillsLoad(ConfigPart):
    extra_dirs: tuple[str, ...] = ()
    watch: bool = True
    """Look for changed skills while running, at most every few seconds."""
    watch_debounce_ms: int = Field(default=250, ge=0)
    """A file that was written more recently may be half-written."""


class SkillsConfig(ConfigPart):
    allow_bundled: Ids | None = None
    """Of the shipped skills only these; None: all."""
    load: SkillsLoad = SkillsLoad()
    entries: dict[str, SkillEntry] = Field(default_factory=dict)

    def entry(self, key: str) -> SkillEntry:
        return self.entries.get(key) or SkillEntry()


def roster(config: AgentsConfig, state: Path) -> tuple[AgentProfile, ...]:
    """Every agent, the default one first. Of two with one id the first counts."""
    entries = config.list or (AgentConfig(id="main"),)
    chosen = next((entry for entry in entries if entry.default), entries[0])
    profiles: dict[str, AgentProfile] = {}
    for entry in _first(chosen, entries):
        profile = _profile(entry, config.defaults, state, default=entry is chosen)
        profiles.setdefault(profile.id, profile)
    return tuple(profiles.values())


def _first(chosen: AgentConfig, entries: tuple[AgentConfig, ...]) -> Iterator[AgentConfig]:
    yield chosen
    yield from (entry for entry in entries if entry is not chosen)


def _profile(entry: AgentConfig, defaults: AgentDefaults, state: Path, *, default: bool) -> AgentProfile:
    name = agent_id(entry.id)
    if entry.workspace:
        workspace = Path(entry.workspace).expanduser()
    elif default:
        workspace = Path(defaults.workspace).expanduser() if defaults.workspace else state / "workspace"
    else:
        workspace = state / f"workspace-{name}"
    who = entry.identity
    return AgentProfile(
        id=name,
        workspace=workspace,
        default=default,
        identity=Identity(who.name or entry.name, who.theme, who.emoji, who.avatar),
        model=ModelPin(entry.model.primary, entry.model.fallbacks) if entry.model else None,
        skills=frozenset(entry.skills) if entry.skills is not None else None,
        tools=tool_rules(entry.tools),
        tier=entry.tier,
    )
