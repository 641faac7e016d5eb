"""Fetches what people attach, and recordings: with credentials from Twilio, without them where it sends us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import anyio
import anyio.to_thread

from openclaw.channels.twilio.attachments import same_kind
from openclaw.channels.twilio.login import Login
from openclaw.channels.twilio.signature import Credentials
from openclaw.files import file_away
from openclaw.net.fetched import OutboundError
from openclaw.net.public_door import Limits, PublicDoor
from openclaw.types.errors import ChannelError, OpenClawError

if TYPE_CHECKING:
    import httpx

LIMIT_BYTES = 16 * 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NOT_THERE_YET = (1.0, 2.0, 4.0)
"""Seconds between looks: Twilio tells of a file a little before it has it."""


class MediaError(OpenClawError):
    """A file could not be fetched, and trying again now cannot help."""


class MediaFetcher:
    def __init__(self, login: Login, api_root: str, *, pauses: tuple[float, ...] = _NOT_THERE_YET) -> None:
        self._login = login
        self._root = api_root.rstrip("/")
        self._pauses = pauses
        self._door = PublicDoor()

    async def aclose(self) -> None:
        await self._door.aclose()

    async def save(self, url: str, path: Path, promised: str, *, limit: int = LIMIT_BYTES) -> None:
        """`promised` is the content type that the file's name was made for. Raises MediaError, ChannelError."""
        if await anyio.to_thread.run_sync(path.exists):
            return
        body, came = await self.fetch(url, limit=limit)
        if came and not same_kind(promised, came):
            raise MediaError(f"{_shown(url)} is {came} and not {promised}")
        await anyio.to_thread.run_sync(file_away, path, body)

    async def fetch(self, url: str, *, limit: int = LIMIT_BYTES) -> tuple[bytes, str]:
        """The content and its type. Raises MediaError, ChannelError."""
        credentials = await self._login.resolved()
        place = self._placed(url, credentials)
        for pause in (*self._pauses, None):
            if (found := await self._first_hop(place, credentials, limit)) is not None:
                return found
            if pause is not None:
                await anyio.sleep(pause)
        raise MediaError(f"{_shown(place)} is not there")

    def _placed(self, url: str, credentials: Credentials) -> str:
        """The same file at the configured API root: a URL in a webhook must not choose who gets our credentials."""
        path = urlsplit(url).path
        if not path.startswith(f"/2010-04-01/Accounts/{credentials.account_sid}/"):
            raise MediaError(f"{_shown(url)} is no file of this Twilio account")
        return self._root + path

    async def _first_hop(self, url: str, credentials: Credentials, limit: int) -> tuple[bytes, str] | None:
        """None: not there yet."""
        import httpx

        auth = httpx.BasicAuth(credentials.account_sid, credentials.auth_token.reveal())
        async with _answer(url, auth) as answer:
            if answer.status_code in _REDIRECTS and (location := answer.headers.get("location")):
                onward = urljoin(url, location)
            elif answer.status_code == httpx.codes.NOT_FOUND:
                return None
            else:
                return await _body(answer, limit)
        return await self._onward(onward, limit)

    async def _onward(self, url: str, limit: int) -> tuple[bytes, str]:
        """Twilio keeps files elsewhere. That place is on loopback only where the configured API is."""
        if urlsplit(url).hostname in _LOOPBACK and urlsplit(self._root).hostname in _LOOPBACK:
            async with _answer(url, None) as answer:
                return await _body(answer, limit)
        try:
            found = await self._door.get(url, limits=Limits(bytes=limit))
        except OutboundError as error:
            raise ChannelError(str(error)) from error
        if found.status >= 400:
            raise MediaError(f"{_shown(url)} answered {found.status}")
        if found.cut:
            raise MediaError(f"{_shown(url)} is larger than {limit:,} bytes")
        return found.body, found.headers.get("content-type", "")


@asynccontextmanager
async def _answer(url: str, auth: "httpx.BasicAuth | None") -> "AsyncIterator[httpx.Response]":
    import httpx

    client = await anyio.to_thread.run_sync(lambda: httpx.AsyncClient(timeout=20, follow_redirects=False))
    async with client:
        try:
            async with client.stream("GET", url, auth=auth) as answer:
                yield answer
        except httpx.HTTPError as error:
            raise ChannelError(f"{_shown(url)} cannot be reached: {type(error).__name__}") from error


async def _body(answer: "httpx.Response", limit: int) -> tuple[bytes, str]:
    if answer.status_code >= 400:
        raise MediaError(f"{_shown(str(answer.url))} answered {answer.status_code}")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > limit:
            raise MediaError(f"{_shown(str(answer.url))} is larger than {limit:,} bytes")
    return bytes(body), answer.headers.get("content-type", "")


def _shown(url: str) -> str:
    """Without a query, which may hold somebody's signature."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
