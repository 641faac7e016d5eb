"""web_search."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import anyio
from pydantic import BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, ToolError, ToolInputError
from openclaw.agent.tools.web.brave import BASE_URL as BRAVE_URL
from openclaw.agent.tools.web.brave import Brave
from openclaw.agent.tools.web.cache import TtlCache
from openclaw.agent.tools.web.config import EngineName, WebSearchConfig
from openclaw.agent.tools.web.duckduckgo import BASE_URL as DUCKDUCKGO_URL
from openclaw.agent.tools.web.duckduckgo import DuckDuckGo
from openclaw.agent.tools.web.engine import Between, Engine, EngineParts, Hit, Search, Span
from openclaw.agent.tools.web.searxng import Searxng
from openclaw.net.door import Door
from openclaw.types.conversation import Provenance
from openclaw.types.secrets import Resolver

ENGINES: Mapping[EngineName, tuple[Callable[[EngineParts], Engine], str]] = {
    "brave": (Brave, BRAVE_URL),
    "searxng": (Searxng, ""),
    "duckduckgo": (DuckDuckGo, DUCKDUCKGO_URL),
}
"""How each is made, and where it is unless the config says otherwise."""

LONGEST_QUERY = 400
LONGEST_SNIPPET = 500
_SPANS: Mapping[str, Span] = {
    "pd": "pd", "day": "pd", "pw": "pw", "week": "pw", "pm": "pm", "month": "pm", "py": "py", "year": "py",
}  # fmt: skip


class SearchArguments(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    query: Annotated[str, Field(min_length=1, max_length=LONGEST_QUERY, description="What to search for.")]
    count: Annotated[int, Field(ge=1, le=10, description="How many results.")] = 5
    country: Annotated[str, Field(description="Two letters, such as DE: results for that country.")] = ""
    search_lang: Annotated[str, Field(description="Language of the results, such as de.")] = ""
    ui_lang: Annotated[str, Field(description="Language of labels, such as de-DE.")] = ""
    freshness: Annotated[
        str, Field(description="pd, pw, pm or py (past day, week, month, year), or 2026-01-01to2026-01-31.")
    ] = ""


@dataclass(frozen=True, slots=True)
class SearchTool:
    config: WebSearchConfig
    engine: Engine
    cache: TtlCache[tuple[Hit, ...]]
    name: str = "web_search"
    description: str = (
        "Search the web. Answers with titles, addresses and excerpts; a page itself is read with web_fetch."
    )
    schema: Mapping[str, object] = field(default_factory=lambda: schema_of(SearchArguments), repr=False)
    effect: Effect = Effect.READ_ONLY
    provenance: Provenance = "web"

    @property
    def timeout_seconds(self) -> float:
        # Its own limit speaks first: it says who did not answer.
        return self.config.timeout_seconds + 5

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(Kind.SEARCH, self.engine.name, self._search(arguments).query)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        search = self._search(arguments)
        if (found := self.cache.get(search)) is None:
            try:
                with anyio.fail_after(self.config.timeout_seconds):
                    found = tuple(await self.engine.search(search))
            except TimeoutError:
                limit = f"{self.config.timeout_seconds:g} s"
                raise ToolError(
                    f"{self.engine.name} did not answer within {limit}. Try again later."
                ) from None
            self.cache.put(search, found)
        return rendered(search.query, found, self.engine.name)

    def _search(self, arguments: Mapping[str, object]) -> Search:
        given = checked(SearchArguments, {"count": self.config.max_results, **arguments}, self.schema)
        return Search(
            " ".join(given.query.split()),
            given.count,
            _code("country", given.country.lower(), r"[a-z]{2}", "two letters such as DE").replace("all", ""),
            _code("search_lang", given.search_lang.lower(), r"[a-z]{2,3}(-[a-z]{2,4})?", "a code such as de"),
            _code("ui_lang", given.ui_lang, r"[A-Za-z]{2}(-[A-Za-z]{2})?", "a code such as de-DE"),
            freshness(given.freshness.lower()),
        )


def engine(config: WebSearchConfig, door: Door, resolver: Resolver) -> Engine:
    make, usual = ENGINES[config.engine]
    base_url = config.base_url or usual
    return make(EngineParts(base_url, door, resolver, config.api_key, config.timeout_seconds))


def _code(name: str, given: str, pattern: str, wanted: str) -> str:
    if given in {"", "all"} or re.fullmatch(pattern, given):
        return given
    raise ToolInputError(f"{name} must be {wanted}, not {given[:60]!r}")


def freshness(given: str) -> Span | Between | None:
    if not given:
        return None
    if span := _SPANS.get(given):
        return span
    days = re.fullmatch(r"(\d{4}-\d{2}-\d{2})to(\d{4}-\d{2}-\d{2})", given)
    try:
        if days and date.fromisoformat(days[1]) <= date.fromisoformat(days[2]):
            return Between(days[1], days[2])
    except ValueError:
        pass  # no such day
    raise ToolInputError(
        f"freshness must be pd, pw, pm, py or two days as in 2026-01-01to2026-01-31, not {given[:60]!r}"
    )


def rendered(query: str, found: Sequence[Hit], engine: str) -> str:
    if not found:
        return f"{engine} found nothing for {query!r}. Try other or fewer words."
    return f"{engine}, {len(found)} results for {query!r}:\n\n" + "\n\n".join(
        _listed(number, hit) for number, hit in enumerate(found, 1)
    )


def _listed(number: int, hit: Hit) -> str:
    snippet = hit.snippet if len(hit.snippet) <= LONGEST_SNIPPET else hit.snippet[: LONGEST_SNIPPET - 1] + "…"
    lines = [
        f"{number}. {hit.title or hit.url}",
        hit.url,
        " · ".join(part for part in (hit.age, snippet) if part),
    ]
    return "\n   ".join(line for line in lines if line)
