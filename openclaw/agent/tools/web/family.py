"""web_search and web_fetch."""

from dataclasses import dataclass

from openclaw.agent.tools.base import Tool
from openclaw.agent.tools.web.cache import TtlCache
from openclaw.agent.tools.web.config import WebConfig
from openclaw.agent.tools.web.engine import Hit
from openclaw.agent.tools.web.fetch import FetchTool, Page, size
from openclaw.agent.tools.web.reader import Reader
from openclaw.agent.tools.web.search import SearchTool, engine
from openclaw.net.door import Door
from openclaw.net.public_door import PublicDoor
from openclaw.types.clock import Clock
from openclaw.types.secrets import Resolver

PAGES = 8_000_000
SEARCHES = 1_000_000
"""Bytes that are remembered."""


@dataclass(frozen=True, slots=True)
class Doors:
    configured: Door
    """For the search engine's address, which is the owner's word."""
    public: PublicDoor
    """For what a model or a page names."""


class WebFamily:
    """Every agent has the same two, or those of them that are enabled."""

    def __init__(self, config: WebConfig, doors: Doors, clock: Clock, resolver: Resolver) -> None:
        tools: list[Tool] = []
        if config.search.enabled:
            found: TtlCache[tuple[Hit, ...]] = TtlCache(
                config.search.cache_ttl_minutes * 60, SEARCHES, _size, clock
            )
            tools.append(SearchTool(config.search, engine(config.search, doors.configured, resolver), found))
        if config.fetch.enabled:
            pages: TtlCache[Page] = TtlCache(config.fetch.cache_ttl_minutes * 60, PAGES, size, clock)
            tools.append(FetchTool(config.fetch, doors.public, Reader(), pages))
        self._tools = tuple(tools)

    def tools(self, profile: object) -> tuple[Tool, ...]:
        return self._tools


def _size(found: tuple[Hit, ...]) -> int:
    return 200 + sum(2 * len(hit.title + hit.url + hit.snippet + hit.age) + 200 for hit in found)
