"""What every HTTP answer of the control plane has in common: who may ask, and how no is said."""

from dataclasses import dataclass

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openclaw.web.auth import Admission, TokenCheck
from openclaw.web.desk import Recognise
from openclaw.web.guard import AllowedNames, headers_of, peer_of

BODY_SECONDS = 15.0
OPEN_PATHS = frozenset({"/", "/healthz", "/login", "/readyz"})
OPEN_PREFIX = "/ui/"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "media-src 'self' blob:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", CONTENT_POLICY.encode()),
)


def error(status: int, message: str, kind: str, *, retry_after: float | None = None) -> Response:
    headers = {"cache-control": "no-store"}
    if retry_after is not None:
        headers["retry-after"] = str(max(1, round(retry_after)))
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": {"message": message, "type": kind}}, status, headers)


@dataclass(frozen=True, slots=True)
class Gate:
    names: AllowedNames
    tokens: TokenCheck
    trusted_proxies: tuple[str, ...] = ()
    body_seconds: float = BODY_SECONDS
    """From the header's end to the body's."""
    recognise: Recognise | None = None


class Guarded:
    """Host, then Origin, then the bearer token or a signed-in browser; only then the application.

    A WebSocket shows who it is later.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = await self._judge(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_SECURITY]
            await send(message)

        in_time = punctual(receive, self._gate.body_seconds) if scope["type"] == "http" else receive
        await self._app(scope, in_time, secured)

    async def _judge(self, scope: Scope) -> Response | None:
        headers = headers_of(scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._gate.names.host(host):
            kind, status = "host_not_allowed", 403 if scope["type"] == "websocket" else 421
            return error(status, "this name is not one of ours; ask by the address we listen on", kind)
        harmless = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        if origin is not None and not harmless and not self._gate.names.origin(origin, host):
            return error(
                403,
                "this page may not talk to us; see gateway.controlUi.allowedOrigins",
                "origin_not_allowed",
            )
        if scope["type"] == "websocket" or is_open(scope["path"]):
            return None
        token, recognise = bearer(headers.get("authorization", "")), self._gate.recognise
        if token is None and recognise is not None and await recognise(headers, harmless) is not None:
            return None
        return _refusal(await self._gate.tokens.admit(token, peer_of(scope, self._gate.trusted_proxies)))


def punctual(receive: Receive, seconds: float) -> Receive:
    """A body that is not whole in time is answered 408, whichever route reads it."""
    deadline, whole = anyio.current_time() + seconds, False

    async def in_time() -> Message:
        nonlocal whole
        if whole:  # what comes now is only that the client has left
            return await receive()
        with anyio.CancelScope(deadline=deadline):
            message = await receive()
            whole = not message.get("more_body", False)
            return message
        raise HTTPException(408, headers={"connection": "close"})

    return in_time


def is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)


def bearer(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _refusal(admission: Admission) -> Response | None:
    if admission.admitted:
        return None
    if admission.verdict == "locked":
        wait = admission.retry_after
        return error(429, "too many failed attempts; wait and try again", "rate_limited", retry_after=wait)
    return error(401, "a valid bearer token is required (gateway.auth.token)", "unauthorized")
