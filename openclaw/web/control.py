"""The control plane: one application for the WebSocket, the probes, the status page and what else is routed in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from openclaw.types.clock import Clock
from openclaw.types.secrets import Secret
from openclaw.web.auth import FailureLimiter, TokenCheck
from openclaw.web.config import GatewayConfig
from openclaw.web.desk import House
from openclaw.web.guard import allowed_names, peer_of
from openclaw.web.health import NO_STORE, Readiness, healthz, readyz
from openclaw.web.http import Gate, Guarded, error
from openclaw.web.rpc.broadcast import Broadcast
from openclaw.web.rpc.connection import Connection, Switchboard

UI = Path(__file__).parent / "ui"
MAX_STRANGERS = 64
"""WebSockets that have not shown a token yet: a page or a broken client cannot fill us with more."""


@dataclass(frozen=True, slots=True)
class Control:
    board: Switchboard
    gate: Gate
    readiness: Readiness
    status_page: bool = True


def make_control(
    config: GatewayConfig,
    house: House,
    token: Callable[[], Awaitable[Secret]],
    readiness: Readiness,
    *,
    bound: Sequence[str],
    clock: Clock,
) -> Control:
    """The parts of the control plane, put together. `token` is asked at every attempt."""
    limiter = FailureLimiter(config.auth.rate_limit, clock)
    tokens = TokenCheck(token if config.auth.mode == "token" else None, limiter)
    names = allowed_names(bound, config.control_ui.allowed_origins)
    return Control(
        Switchboard(house, tokens, Broadcast(house.desk)),
        Gate(names, tokens, config.trusted_proxies),
        readiness,
        status_page=config.control_ui.enabled,
    )


def control_app(control: Control, routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """`routes` are behind the token. What is not routed exists for nobody: 401 without the token, 404 with it."""
    connect = Door(control).connect
    own: list[BaseRoute] = [
        Route("/healthz", healthz),
        Route("/readyz", readyz(control.readiness)),
        WebSocketRoute("/", connect),
        WebSocketRoute("/ws", connect),
    ]
    if control.status_page:
        own += [Route("/", status_page(control)), Route("/ui/status.css", stylesheet)]
    app = Starlette(routes=[*own, *routes], exception_handlers={HTTPException: _said_no, Exception: _failed})
    app.router.redirect_slashes = False
    return Guarded(app, control.gate)


class Door:
    """Where WebSockets come in."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._strangers = 0

    async def connect(self, socket: WebSocket) -> None:
        if self._strangers >= MAX_STRANGERS:
            await socket.send_denial_response(
                error(503, "too many connections that have not said who they are", "busy", retry_after=1)
            )
            return
        peer = peer_of(socket.scope, self._control.gate.trusted_proxies)
        connection = Connection(socket, peer, self._control.board)
        self._strangers += 1
        try:
            caller = await connection.greet()
        finally:
            self._strangers -= 1
        if caller is not None:
            await connection.serve(caller)


def status_page(control: Control) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        page = await anyio.Path(UI / "status.html").read_text(encoding="utf-8")
        ready = control.readiness.ready
        facts = {
            "{version}": control.board.house.desk.nameplate().version,
            "{state}": "ready" if ready else "waiting",
            "{word}": "Ready" if ready else "Not ready",
            "{reason}": " ".join(control.readiness.reasons.values())
            or "Everything that was asked to run is running.",
        }
        for name, value in facts.items():
            page = page.replace(name, escape(value))
        return HTMLResponse(page, headers=NO_STORE)

    return answer


async def stylesheet(_: Request) -> Response:
    return Response(await anyio.Path(UI / "status.css").read_bytes(), media_type="text/css")


async def _said_no(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    status = refusal.status_code
    kind = {404: "not_found", 405: "method_not_allowed"}.get(status, "invalid_request_error")
    answer = error(status, HTTPStatus(status).phrase.lower(), kind)
    answer.headers.update(refusal.headers or {})
    return answer


async def _failed(request: Request, _: Exception) -> Response:
    # The server logs the traceback; the asker learns only where to look.
    return error(500, f"{request.url.path} failed; the log says why", "api_error")
