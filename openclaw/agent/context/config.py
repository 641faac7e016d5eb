"""`agents.defaults.compaction` and `agents.defaults.contextPruning`."""

from typing import Literal

from pydantic import Field

from openclaw.schema import ConfigPart, Ids

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class MemoryFlushConfig(ConfigPart):
    enabled: bool = True
    soft_threshold_tokens: int = Field(default=4_000, ge=0)
    """So long before a compaction what matters is written down."""
    prompt: str | None = None
    """None: our own words."""
    system_prompt: str | None = None


class CompactionConfig(ConfigPart):
    mode: Literal["default", "safeguard"] = "safeguard"
    """The original's names; both keep identifiers and summarise in stages here."""
    reserve_tokens: int = Field(default=16_384, ge=0)
    reserve_tokens_floor: int = Field(default=20_000, ge=0)
    """The reserve is never less; 0: no floor."""
    keep_recent_tokens: int = Field(default=20_000, ge=0)
    memory_flush: MemoryFlushConfig = MemoryFlushConfig()


class SoftTrimConfig(ConfigPart):
    max_chars: int = Field(default=4_000, gt=0)
    head_chars: int = Field(default=1_500, ge=0)
    tail_chars: int = Field(default=1_500, ge=0)


class HardClearConfig(ConfigPart):
    enabled: bool = True
    placeholder: str = "[Old tool result content cleared]"


class PrunableToolsConfig(ConfigPart):
    """Whose results may be shortened. Deny wins; names ignore case, `*` stands for anything."""

    allow: Ids = ()
    deny: Ids = ()


class ContextPruningConfig(ConfigPart):
    mode: Literal["off", "cache-ttl"] = "cache-ttl"
    ttl: str = Field(default="5m", pattern=r"^\d+(\.\d+)?[smhd]$")
    """What is older than a pause of this length may be shortened: the provider's cache has forgotten it by then."""
    keep_last_assistants: int = Field(default=3, ge=0)
    soft_trim_ratio: float = Field(default=0.3, ge=0, le=1)
    hard_clear_ratio: float = Field(default=0.5, ge=0, le=1)
    """Shares of the window that the conversation must fill before anything is trimmed, or cleared."""
    min_prunable_tool_chars: int = Field(default=50_000, gt=0)
    soft_trim: SoftTrimConfig = SoftTrimConfig()
    hard_clear: HardClearConfig = HardClearConfig()
    tools: PrunableToolsConfig = PrunableToolsConfig()

    @property
    def ttl_seconds(self) -> float:
        return float(self.ttl[:-1]) * _UNITS[self.ttl[-1]]
