"""`agents.*`, `tools.*` and `skills.*` of the config file, and the agents that follow from them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openclaw.agent.context.config import CompactionConfig, ContextPruningConfig
from openclaw.agent.repetition import LoopDetectionConfig
from openclaw.llm.chat import ThinkingLevel
from openclaw.schema import ConfigPart, Ids, SecretField

ToolProfile = Literal["minimal", "coding", "messaging", "full"]


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


class ToolRulesConfig(ConfigPart):
    """Which tools there are. Deny wins; names ignore case, `*` stands for anything."""

    profile: ToolProfile | None = None
    allow: Ids = ()
    deny: Ids = ()


class ToolsConfig(ToolRulesConfig):
    timeout_seconds: float = Field(default=60, gt=0)
    """For a tool that names no limit of its own."""
    loop_detection: LoopDetectionConfig = LoopDetectionConfig()


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
    compaction: CompactionConfig = CompactionConfig()
    context_pruning: ContextPruningConfig = ContextPruningConfig()


class AgentConfig(ConfigPart):
    id: str
    default: bool = False
    name: str = ""
    workspace: str | None = None
    model: ModelField | None = None
    identity: IdentityConfig = IdentityConfig()
    skills: Ids | None = None
    """Only these; None: all."""
    tools: ToolRulesConfig = ToolRulesConfig()
    tier: str = ""


class AgentsConfig(ConfigPart):
    defaults: AgentDefaults = AgentDefaults()
    list: tuple[AgentConfig, ...] = ()


class SkillEntry(ConfigPart):
    enabled: bool = True
    api_key: SecretField | None = None
    env: dict[str, SecretField] = Field(default_factory=dict)
    config: dict[str, object] = Field(default_factory=dict)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    """The owner has read this very `tools.py` and lets it run."""


class SkillsLoad(ConfigPart):
    extra_dirs: tuple[str, ...] = ()
    watch: bool = True
    """Look for changed skills while running, at most every few seconds."""


class SkillsConfig(ConfigPart):
    allow_bundled: Ids | None = None
    """Of the shipped skills only these; None: all."""
    load: SkillsLoad = SkillsLoad()
    entries: dict[str, SkillEntry] = Field(default_factory=dict)

    def entry(self, key: str) -> SkillEntry:
        return self.entries.get(key) or SkillEntry()


@dataclass(frozen=True, slots=True)
class Identity:
    name: str = ""
    theme: str = ""
    emoji: str = ""
    avatar: str = ""


@dataclass(frozen=True, slots=True)
class ModelPin:
    primary: str | None
    fallbacks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ToolRules:
    profile: ToolProfile | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentProfile:
    id: str
    workspace: Path
    default: bool = False
    identity: Identity = Identity()
    model: ModelPin | None = None
    """The owner's pin for this agent; nothing a chat says outranks it."""
    skills: frozenset[str] | None = None
    tools: ToolRules = field(default_factory=ToolRules)
    tier: str = ""


def agent_id(name: str) -> str:
    """The form ids have in keys and paths: lower case, `[a-z0-9_-]`."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.strip().lower()).strip("-")[:64] or "main"


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
    who, rules = entry.identity, entry.tools
    return AgentProfile(
        id=name,
        workspace=workspace,
        default=default,
        identity=Identity(who.name or entry.name, who.theme, who.emoji, who.avatar),
        model=ModelPin(entry.model.primary, entry.model.fallbacks) if entry.model else None,
        skills=frozenset(entry.skills) if entry.skills is not None else None,
        tools=ToolRules(rules.profile, rules.allow, rules.deny),
        tier=entry.tier,
    )
