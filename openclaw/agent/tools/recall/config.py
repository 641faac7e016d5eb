"""`agents.defaults.memorySearch` of the config file."""

from typing import Literal

from pydantic import Field

from openclaw.schema import ConfigPart


class MemoryQueryConfig(ConfigPart):
    max_results: int = Field(default=6, ge=1, le=50)
    min_score: float = Field(default=0.15, ge=0, le=1)
    """What matches less well is not shown."""


class MemorySearchConfig(ConfigPart):
    """Where `memory_search` looks. Messages that came in and transcripts are for the owner's private chat alone."""

    enabled: bool = True
    sources: tuple[Literal["memory", "vault", "sessions"], ...] = ("memory", "vault")
    query: MemoryQueryConfig = MemoryQueryConfig()
