"""The public listener: the providers' webhooks and nothing else. Whatever costs us something comes after the checks."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from openclaw.types.channel import WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError

logger = logging.getLogger(__name__)
BODY_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One request to a webhook, for the record: never its content."""

    path: str
    outcome: Literal["accepted", "refused"]
    reason: str = ""
    """A class such as `bad-signature` or `too-large`; empty when accepted."""
    channel: str | None = None
    event_key: str | None = None


Audit = Callable[[AuditRow], Awaitable[None]]


class RefusedError(Exception):
    """Answered with this status and nothing but the class of the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


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
        self._max_body = max_body
        self._body_seconds = body_seconds

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
            return JSONResponse({"error": "not-found"}, 404)
        try:
            authentic = await self._authentic(entry.route, request, path)
        except RefusedError as refusal:
            await self._record(AuditRow(path, "refused", refusal.reason, entry.channel))
            # What is left of a body that was too long or too slow is not waited for.
            headers = {"connection": "close"} if refusal.status in {408, 413} else None
            return JSONResponse({"error": refusal.reason}, refusal.status, headers)
        except ClientDisconnect:
            return Response(status_code=400)
        return await self._handle(entry, authentic)

    async def _authentic(self, route: WebhookRoute, request: Request, path: str) -> WebhookRequest:
        if request.method not in route.methods:
            raise RefusedError(405, "method-not-allowed")
        incoming = WebhookRequest(
            request.method,
            path,
            dict(request.headers),
            dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            await self._body(request),
        )
        if (reason := route.authentic(incoming)) is not None:
            raise RefusedError(403, reason)
        return incoming

    async def _body(self, request: Request) -> bytes:
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._max_body:
            raise RefusedError(413, "too-large")
        body = bytearray()
        with anyio.move_on_after(self._body_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > self._max_body:
                    raise RefusedError(413, "too-large")
            return bytes(body)
        raise RefusedError(408, "too-slow")

    async def _handle(self, entry: ChannelRoute, request: WebhookRequest) -> Response:
        try:
            await self._audit(AuditRow(request.path, "accepted", channel=entry.channel))
            return _response(await entry.route.handle(request))
        except (StorageFullError, StorageBusyError) as error:
            # Not acknowledged, so the provider comes again.
            logger.error("%s could not be recorded: %s", request.path, error)
            return JSONResponse({"error": "storage"}, 503, {"retry-after": "30"})
        except Exception:
            logger.exception("the webhook %s failed", request.path)
            return JSONResponse({"error": "failed"}, 500)

    async def _record(self, row: AuditRow) -> None:
        try:
            await self._audit(row)
        except OpenClawError as error:
            logger.warning("a refused request to %s is not in the audit log: %s", row.path, error)


def _response(answer: WebhookResponse) -> Response:
    # As a header: Starlette would add a charset to `text/xml`.
    return Response(answer.body, answer.status, {**answer.headers, "content-type": answer.content_type})


def webhook_app(routes: Mapping[str, Iterable[WebhookRoute]], audit: Audit, *, max_body: int) -> ASGIApp:
    """`routes` by the name of their channel."""
    entries = [ChannelRoute(channel, route) for channel, own in routes.items() for route in own]
    return Webhooks(entries, audit, max_body=max_body)
