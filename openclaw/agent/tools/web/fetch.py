"""web_fetch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, ToolError, ToolInputError
from openclaw.agent.tools.web.cache import TtlCache
from openclaw.agent.tools.web.config import WebFetchConfig
from openclaw.agent.tools.web.content import PageKind, decoded, kind_of, media_type
from openclaw.agent.tools.web.engine import text
from openclaw.agent.tools.web.extraction import Mode, Task
from openclaw.agent.tools.web.reader import SECONDS, Document, Reader
from openclaw.net.fetched import Fetched, OutboundError
from openclaw.net.public_door import Limits, PublicDoor
from openclaw.types.conversation import Provenance

ACCEPT = (
    "text/html,application/xhtml+xml,text/markdown;q=0.9,text/plain;q=0.8,application/pdf;q=0.8,*/*;q=0.5"
)


class FetchArguments(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    url: Annotated[str, Field(min_length=1, description="A whole http or https address.")]
    mode: Annotated[
        Literal["markdown", "text"], Field(alias="extractMode", description="Text is without links.")
    ] = "markdown"
    max_chars: Annotated[int, Field(alias="maxChars", ge=100, description="Cut the text after so many.")] = (
        50_000
    )


@dataclass(frozen=True, slots=True)
class Page:
    """What is left of an answer when it has been read."""

    url: str
    status: int
    media_type: str
    document: Document


def size(page: Page) -> int:
    """Roughly, in bytes."""
    return 2 * (len(page.document.text) + len(page.url)) + 500


@dataclass(frozen=True, slots=True)
class FetchTool:
    config: WebFetchConfig
    door: PublicDoor
    reader: Reader
    cache: TtlCache[Page]
    name: str = "web_fetch"
    description: str = (
        "Read one page of the public web: HTML as Markdown or text, PDF as text, JSON and plain text as they are. "
        "Addresses of this machine and its network cannot be read."
    )
    schema: Mapping[str, object] = field(default_factory=lambda: schema_of(FetchArguments), repr=False)
    effect: Effect = Effect.READ_ONLY
    provenance: Provenance = "web"

    @property
    def timeout_seconds(self) -> float:
        # The limits of its parts speak first: they say what it was that took so long.
        return self.config.timeout_seconds + SECONDS + 5

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(Kind.FETCH, self._given(arguments).url)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        given = self._given(arguments)
        key = (given.url, given.mode)
        if (page := self.cache.get(key)) is None:
            page = await self._page(given.url, given.mode)
            self.cache.put(key, page)
        return rendered(page, given.url, min(given.max_chars, self.config.max_chars_cap))

    def _given(self, arguments: Mapping[str, object]) -> FetchArguments:
        given = checked(FetchArguments, {"maxChars": self.config.max_chars, **arguments}, self.schema)
        if not re.match(r"(?i)https?://", given.url):
            raise ToolInputError(
                f"url must be a whole address such as https://example.org/page, not {given.url[:100]!r}"
            )
        try:
            self.door.admit(given.url)
        except OutboundError as error:
            raise ToolInputError(f"url cannot be read: {error}") from None
        return given

    async def _page(self, url: str, mode: Mode) -> Page:
        limits = Limits(
            self.config.max_response_bytes, self.config.timeout_seconds, self.config.max_redirects
        )
        headers = {"Accept": ACCEPT, "User-Agent": self.config.user_agent}
        try:
            answer = await self.door.get(url, headers=headers, limits=limits)
        except OutboundError as error:
            raise ToolError(f"it could not be read: {error}") from error
        said = answer.headers.get("content-type", "")
        kind = kind_of(said, answer.body)
        if answer.status >= 400:
            raise ToolError(refused(answer, kind))
        document = await self._document(answer, kind, mode)
        return Page(answer.url, answer.status, media_type(said) or kind, document)

    async def _document(self, answer: Fetched, kind: PageKind, mode: Mode) -> Document:
        said, most = answer.headers.get("content-type", ""), self.config.max_chars_cap
        cut = f"only its first {len(answer.body):,} bytes were read" if answer.cut else ""
        match kind:
            case "text":
                whole = decoded(answer.body, said)
                return Document("", whole[:most], len(whole), cut)
            case "html":
                page = decoded(answer.body, said).encode("utf-8", "replace")
                read = await self.reader.read(page, Task(kind="html", mode=mode, most=most, url=answer.url))
                return Document(read.title, read.text, read.whole, read.note or cut)
            case "pdf":
                if answer.cut:
                    raise ToolError(
                        f"{answer.url} is a PDF of more than {len(answer.body):,} bytes: too large to read"
                    )
                return await self.reader.read(
                    answer.body, Task(kind="pdf", mode=mode, most=most, url=answer.url)
                )
            case "picture":
                raise ToolError(
                    f"{answer.url} is a picture ({media_type(said)}), and web_fetch reads only text. Describe it from "
                    "the page that shows it, or send its address to the person."
                )
            case "other":
                raise ToolError(
                    f"{answer.url} is no text but {media_type(said) or 'unknown'}; it was not read"
                )


def refused(answer: Fetched, kind: PageKind) -> str:
    """The status, and the little that such pages say."""
    phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else ""
    body = decoded(answer.body[:20_000], answer.headers.get("content-type", ""))
    title = re.search(r"(?is)<(?:title|h1)\b[^>]{0,200}>(.{1,300}?)</", body)
    if kind == "html":
        says = text(title[1]) if title else ""
    else:
        says = " ".join(body.split())[:300] if kind == "text" else ""
    return f"{answer.url} answered {answer.status} {phrase}".rstrip() + (f": {says}" if says else "")


def rendered(page: Page, asked: str, most: int) -> str:
    """Facts first, then the text, then what is missing of it."""
    document = page.document
    facts = [
        f"Title: {document.title}" if document.title else "",
        f"URL: {page.url}" + (f" (redirected from {asked})" if _differs(page.url, asked) else ""),
        f"Status: {page.status}, {page.media_type}",
    ]
    shown = document.text[:most]
    left_out = document.whole - len(shown)
    notes = [
        f"[{left_out:,} of {document.whole:,} characters were left out here]" if left_out > 0 else "",
        f"[{document.note}]" if document.note else "",
    ]
    parts = ["\n".join(filter(None, facts)), shown.strip() or "(no text)", "\n".join(filter(None, notes))]
    return "\n\n".join(filter(None, parts))


def _differs(url: str, asked: str) -> bool:
    return url.rstrip("/") != asked.partition("#")[0].rstrip("/")
