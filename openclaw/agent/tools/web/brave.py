"""Brave's search API."""

from collections.abc import Sequence

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.web.engine import Between, EngineParts, Hit, Search, asked, decoded, hits
from openclaw.net.fetched import Fetched
from openclaw.types.errors import SecretError

BASE_URL = "https://api.search.brave.com"
NO_KEY = (
    "Brave Search needs a key. Tell the owner: set BRAVE_API_KEY in the daemon's environment or "
    "tools.web.search.apiKey in openclaw.json, or tools.web.search.provider to duckduckgo, which needs none."
)
REFUSED = "Brave Search refused the key in tools.web.search.apiKey ({status}). Tell the owner."


class Brave:
    name = "Brave Search"

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    async def search(self, search: Search) -> Sequence[Hit]:
        key = await self._key(fresh=False)
        answer = await self._ask(search, key)
        if _refuses_the_key(answer) and (newer := await self._key(fresh=True)) != key:
            answer = await self._ask(search, newer)
        if _refuses_the_key(answer):
            raise ToolError(REFUSED.format(status=answer.status))
        if answer.status >= 400:
            raise ToolError(f"Brave Search answered {answer.status}: {_problem(answer)}")
        web = decoded(answer, self.name).get("web")
        return hits((web or {}).get("results"), search.count, snippet="description", age="age")

    async def _key(self, *, fresh: bool) -> str:
        if self._parts.api_key is None:
            raise ToolError(NO_KEY)
        try:
            return (await self._parts.resolver.resolve(self._parts.api_key, fresh=fresh)).reveal()
        except SecretError as error:
            raise ToolError(f"the key of Brave Search cannot be read: {error}") from error

    async def _ask(self, search: Search, key: str) -> Fetched:
        headers = {"X-Subscription-Token": key, "Accept": "application/json"}
        return await asked(self._parts, "/res/v1/web/search", params(search), headers, self.name)


def params(search: Search) -> dict[str, str | int]:
    match search.freshness:
        case Between(first, last):
            freshness = f"{first}to{last}"
        case span:
            freshness = span or ""
    optional = {
        "country": search.country.upper(),
        "search_lang": search.search_lang,
        "ui_lang": search.ui_lang,
        "freshness": freshness,
    }
    return {
        "q": search.query,
        "count": search.count,
        **{name: given for name, given in optional.items() if given},
    }


def _refuses_the_key(answer: Fetched) -> bool:
    # A key it does not know is a 422, like any bad parameter.
    return answer.status in {401, 403} or (answer.status == 422 and "TOKEN_INVALID" in answer.text)


def _problem(answer: Fetched) -> str:
    try:
        error = decoded(answer, Brave.name).get("error")
    except ToolError:
        return "no reason given"
    detail = error.get("detail") if isinstance(error, dict) else None
    return str(detail or "no reason given")[:300]
