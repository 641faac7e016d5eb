"""The `twilio` package's requests, carried by httpx: its own clients ignore their timeouts and drop Retry-After."""

import json
import logging
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from openclaw.channels.twilio.config import API_ROOT
from openclaw.channels.twilio.problems import RefusalError, UnreachableError

_CONNECT_SECONDS = 10.0
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class Wire(AsyncHttpClient):  # type: ignore[misc]
    """Every answer of 400 and more is a RefusalError, every failure of the network an UnreachableError."""

    def __init__(self, api_root: str, timeout_seconds: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._root = api_root.rstrip("/")
        limits = httpx.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds))
        self._client = httpx.AsyncClient(timeout=limits, follow_redirects=False)

    async def request(  # noqa: PLR0913 - the package's own signature
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - never given; `TwilioRest` has the limit
        allow_redirects: bool = False,
    ) -> Response:
        asked: dict[str, Any] = {"params": params or None, "data": data, "headers": headers, "auth": auth}
        try:
            answer = await self._client.request(method, self._placed(uri), **asked)
        except _UNSENT as error:
            raise UnreachableError(_named(error), sent=False) from error
        except httpx.HTTPError as error:
            raise UnreachableError(_named(error), sent=method != "GET") from error
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise _refusal(answer)
        return Response(answer.status_code, answer.text, answer.headers)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _placed(self, uri: str) -> str:
        if self._root == API_ROOT:
            return uri  # Twilio's products have hosts of their own; a root of the owner's stands for them all
        parts = urlsplit(uri)
        return f"{self._root}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _refusal(answer: httpx.Response) -> RefusalError:
    body = _object(answer.content)
    code = body.get("code")
    said = body.get("message") or body.get("detail") or answer.reason_phrase
    return RefusalError(
        answer.status_code,
        code if isinstance(code, int) else answer.status_code,
        str(said),
        _seconds(answer.headers.get("retry-after")),
    )


def _object(body: bytes) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isdecimal() else None
