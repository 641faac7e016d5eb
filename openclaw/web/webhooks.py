"""The public listener: the providers' webhooks and nothing else. Whatever costs us something comes after the checks."""

import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from openclaw.types.channel import Noted, WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError

logger = logging.getLogger(__name__)
BODY_SECONDS = 15.0
MOST_BODIES = 64
MOST_BODY_BYTES = 8 * 1024 * 1024
"""Of bodies that are not whole yet, as long as they are announced to become."""
_KEPT_HEADERS = (
    "host",
    "content-type",
    "content-length",
    "user-agent",
    "x-forwarded-for",
    "i-twilio-idempotency-token",
)
_LONGEST_HEADER = 200
_MOST_HEADERS = 40


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One request to a webhook, for the record: never its content."""

    path: str
    outcome: Literal["accepted", "refused"]
    reason: str = ""
    """A class such as `bad-signature` or `too-large`; empty when accepted."""
    channel: str | None = None
    event_key: str | None = None
    headers: str = ""
    """A JSON object: the method, harmless headers, and the names alone of the others."""


Audit = Callable[[AuditRow], Awaitable[None]]


class RefusedError(Exception):
    """Answered with this status and nothing but the class of the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True, eq=False)
class _Reading:
    scope: anyio.CancelScope
    size: int = 0


class Bodies:
    """Reads what strangers send, within limits that hold for all of them together.

    Where there is no more room, whoever has taken longest gives way: providers send theirs at once.
    """

    def __init__(
        self, limit: int, seconds: float, most: int = MOST_BODIES, most_bytes: int = MOST_BODY_BYTES
    ) -> None:
        """`limit`: of one body."""
        self._limit = limit
        self._seconds = seconds
        self._most = most
        self._most_bytes = max(most_bytes, 2 * limit)
        self._under_way: dict[_Reading, None] = {}
        """The oldest first."""

    async def read(self, request: Request) -> bytes:
        """Raises RefusedError."""
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._limit:
            raise RefusedError(413, "too-large")
        scope = anyio.CancelScope(deadline=anyio.current_time() + self._seconds)
        reading = _Reading(scope, int(declared) if declared.isdecimal() else 0)
        self._under_way[reading] = None
        try:
            with reading.scope:
                return await self._all(request, reading)
        finally:
            self._under_way.pop(reading, None)
        raise RefusedError(408, "too-slow")

    async def _all(self, request: Request, reading: _Reading) -> bytes:
        body = bytearray()
        self._make_room()
        async for chunk in request.stream():
            body += chunk
            reading.size = max(reading.size, len(body))
            if len(body) > self._limit:
                raise RefusedError(413, "too-large")
            self._make_room()
        return bytes(body)

    def _make_room(self) -> None:
        while (
            len(self._under_way) > self._most
            or sum(reading.size for reading in self._under_way) > self._most_bytes
        ):
            oldest = next(iter(self._under_way))
            del self._under_way[oldest]
            oldest.scope.cancel()


@dataclass(frozen=True, slots=True)
class ChannelRoute:
    channel: str
    route: WebhookRoute


class Webhooks:
    """An ASGI application over the channels' routes. A route whose secret is not set is not among them."""

    def __init__(
        self,
        routes: Iterable[ChannelRoute],
        audit: Audit,
        *,
        max_body: int,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._routes: dict[str, ChannelRoute] = {}
        for entry in routes:
            if (other := self._routes.setdefault(entry.route.path, entry)) is not entry:
                logger.error("%s and %s both want %s", other.channel, entry.channel, entry.route.path)
        self._audit = audit
        self._bodies = Bodies(max_body, body_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        # The path as it came: what a provider signed is not what is left after decoding.
        path = request.scope["raw_path"].decode("ascii", "replace")
        if path == "/healthz":
            return JSONResponse({"ok": True})
        entry = self._routes.get(path)
        if entry is None:
            return JSONResponse({"error": "not-found"}, 404, _CLOSE)
        try:
            authentic = await self._authentic(entry.route, request, path)
        except RefusedError as refusal:
            shown = reduced(request.method, request.headers)
            await self._record(AuditRow(path, "refused", refusal.reason, entry.channel, headers=shown))
            return JSONResponse(
                {"error": refusal.reason}, refusal.status, None if refusal.status == 403 else _CLOSE
            )
        except ClientDisconnect:
            shown = reduced(request.method, request.headers)
            await self._record(AuditRow(path, "refused", "broken-off", entry.channel, headers=shown))
            return Response(status_code=400)
        return await self._handle(entry, authentic)

    async def _authentic(self, route: WebhookRoute, request: Request, path: str) -> WebhookRequest:
        if request.method not in route.methods:
            raise RefusedError(405, "method-not-allowed")
        query = request.scope["query_string"].decode("latin-1")
        incoming = WebhookRequest(
            request.method,
            path,
            dict(request.headers),
            dict(parse_qsl(query, keep_blank_values=True)),
            await self._bodies.read(request),
            query,
        )
        if (reason := route.authentic(incoming)) is not None:
            raise RefusedError(route.statuses.get(reason, 403), reason)
        return incoming

    async def _handle(self, entry: ChannelRoute, request: WebhookRequest) -> Response:
        try:
            noted = entry.route.noted(request) if entry.route.noted is not None else Noted()
            await self._audit(
                AuditRow(
                    request.path,
                    "accepted",
                    noted.reason,
                    entry.channel,
                    noted.event_key,
                    reduced(request.method, request.headers),
                )
            )
            return _response(await entry.route.handle(request))
        except (StorageFullError, StorageBusyError) as error:
            # Not acknowledged, so the provider comes again.
            logger.error("%s could not be recorded: %s", request.path, error)
            if entry.route.apology is not None:
                return _response(entry.route.apology)
            return JSONResponse({"error": "storage"}, 503, {"retry-after": "30"})
        except Exception:
            logger.exception("the webhook %s failed", request.path)
            if entry.route.apology is not None:
                return _response(entry.route.apology)
            return JSONResponse({"error": "failed"}, 500)

    async def _record(self, row: AuditRow) -> None:
        try:
            await self._audit(row)
        except OpenClawError as error:
            logger.warning("a refused request to %s is not in the audit log: %s", row.path, error)


# What is left of a body that nobody has read is not waited for.
_CLOSE = {"connection": "close"}


def reduced(method: str, headers: Mapping[str, str]) -> str:
    """Pure. What shows later who knocked, without what opens the door."""
    kept = {name: headers[name][:_LONGEST_HEADER] for name in _KEPT_HEADERS if name in headers}
    others = sorted(name[:_LONGEST_HEADER] for name in {*headers} - {*_KEPT_HEADERS})[:_MOST_HEADERS]
    return json.dumps({"method": method, **kept, "others": others}, separators=(",", ":"))


def _response(answer: WebhookResponse) -> Response:
    # As a header: Starlette would add a charset to `text/xml`.
    return Response(answer.body, answer.status, {**answer.headers, "content-type": answer.content_type})


def webhook_app(routes: Mapping[str, Iterable[WebhookRoute]], audit: Audit, *, max_body: int) -> ASGIApp:
    """`routes` by the name of their channel."""
    entries = [ChannelRoute(channel, route) for channel, own in routes.items() for route in own]
    return Webhooks(entries, audit, max_body=max_body)
