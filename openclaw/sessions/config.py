from typing import Literal

from pydantic import Field

from openclaw.schema import ConfigPart

DmScope = Literal["main", "per-peer", "per-channel-peer", "per-account-channel-peer"]


class SessionConfig(ConfigPart):
    dm_scope: DmScope = "main"
    """Which direct messages share a conversation; `main`: all of them."""
    identity_links: dict[str, tuple[str, ...]] = {}
    """`name: ["telegram:1", …]`: the same person on several channels."""
    cache_megabytes: int = Field(default=64, gt=0)
    """How much of the transcripts stays in memory."""
