"""What a search engine is, and what all of them share."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Literal, Protocol

from openclaw.agent.tools.base import ToolError
from openclaw.net.door import Door, Params
from openclaw.net.fetched import Fetched, OutboundError
from openclaw.types.secrets import Resolver, SecretRef

Span = Literal["pd", "pw", "pm", "py"]
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Between:
    """Days, as `YYYY-MM-DD`."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Search:
    query: str
    count: int
    country: str = ""
    """Two small letters."""
    search_lang: str = ""
    ui_lang: str = ""
    freshness: Span | Between | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    title: str
    url: str
    snippet: str
    age: str = ""


class Engine(Protocol):
    @property
    def name(self) -> str:
        """As people call it."""

    async def search(self, search: Search) -> Sequence[Hit]:
        """The best first, `search.count` at most. Raises ToolError."""


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What an engine is made from."""

    base_url: str
    door: Door
    resolver: Resolver
    api_key: SecretRef | None = None
    timeout_seconds: float = 30

    async def ask(self, path: str, params: Params, headers: Mapping[str, str]) -> Fetched:
        """The base is the owner's, so it may be on loopback; nothing leads away from it."""
        door = self.door.opened_for([self.base_url], timeout_seconds=self.timeout_seconds)
        return await door.get(f"{self.base_url.rstrip('/')}{path}", params, headers=headers)


async def asked(
    parts: EngineParts, path: str, params: Params, headers: Mapping[str, str], name: str
) -> Fetched:
    """Whatever the engine answered, but for the things that every engine may say."""
    try:
        answer = await parts.ask(path, params, headers)
    except OutboundError as error:
        raise ToolError(f"{name} could not be asked: {error}") from error
    if answer.status == 429:
        wait = answer.headers.get("retry-after", "")
        when = f" for {wait} s" if wait.isdigit() else ""
        raise ToolError(f"{name} takes no more searches{when}: too many were made (429). Try again later.")
    if answer.status >= 500:
        raise ToolError(f"{name} is out of order: it answered {answer.status}. Try again later.")
    return answer


def decoded(answer: Fetched, name: str) -> Mapping[str, Any]:
    try:
        value = json.loads(answer.body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ToolError(f"{name} answered {answer.status} with something that is not JSON")
    return value


def hits(found: object, count: int, *, snippet: str, age: str) -> tuple[Hit, ...]:
    """Of a list of objects with `title`, `url` and two more, those that can be shown."""
    results = found if isinstance(found, list) else []
    plain = [
        Hit(text(each.get("title")), str(each["url"]), text(each.get(snippet)), text(each.get(age)))
        for each in results
        if isinstance(each, dict) and is_web_address(each.get("url"))
    ]
    return tuple(plain[:count])


def text(value: object) -> str:
    """Without markup and entities, on one line."""
    if not isinstance(value, str):
        return ""
    return " ".join(unescape(_TAG.sub("", value)).split())


def is_web_address(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"https?://[^\s<>\"]+", value) is not None
