"""SearXNG, a search engine of one's own."""

from collections.abc import Sequence

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.engine import Between, EngineParts, Hit, Search, asked, decoded, hits

NO_BASE_URL = "SearXNG has no address. Tell the owner: set tools.web.search.baseUrl in openclaw.json."
NO_JSON = (
    "SearXNG refused to answer in JSON (403). Tell the owner: add `json` to search.formats in the instance's "
    "settings.yml."
)
_SPANS = {"pd": "day", "pw": "week", "pm": "month", "py": "year"}


class Searxng:
    name = "SearXNG"

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    async def search(self, search: Search) -> Sequence[Hit]:
        if not self._parts.base_url:
            raise ToolError(NO_BASE_URL)
        headers = {"Accept": "application/json"}
        answer = await asked(self._parts, "/search", params(search), headers, self.name)
        if answer.status == 403:
            raise ToolError(NO_JSON)
        if answer.status >= 400:
            raise ToolError(f"SearXNG answered {answer.status}; is tools.web.search.baseUrl the right one?")
        found = decoded(answer, self.name).get("results")
        return hits(found, search.count, snippet="content", age="publishedDate")


def params(search: Search) -> dict[str, str]:
    if isinstance(search.freshness, Between):
        raise ToolError("freshness: SearXNG knows no dates, only pd, pw, pm and py")
    language = search.search_lang
    if language and search.country and "-" not in language:
        language = f"{language}-{search.country.upper()}"
    optional = {"language": language, "time_range": _SPANS[search.freshness] if search.freshness else ""}
    return {"q": search.query, "format": "json", **{name: given for name, given in optional.items() if given}}
