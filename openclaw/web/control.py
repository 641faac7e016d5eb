"""The control plane: one application for the WebSocket, the probes, the web page and what else is routed in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from openclaw.types.clock import Clock
from openclaw.types.secrets import Secret
from openclaw.web.auth import FailureLimiter, TokenCheck
from openclaw.web.browser.routes import login_routes
from openclaw.web.browser.static import static_routes
from openclaw.web.browser.visitors import recognising
from openclaw.web.config import GatewayConfig
from openclaw.web.desk import House
from openclaw.web.document.route import with_document
from openclaw.web.guard import allowed_names, peer_of
from openclaw.web.health import Readiness, healthz, readyz
from openclaw.web.http import Gate, Guarded, error
from openclaw.web.rpc.broadcast import Broadcast
from openclaw.web.rpc.switchboard import Switchboard

MAX_STRANGERS = 64
"""WebSockets that have not shown a token yet: a page or a broken client cannot fill us with more."""


@dataclass(frozen=True, slots=True)
class Control:
    board: Switchboard
    gate: Gate
    readiness: Readiness
    limiter: FailureLimiter
    with_pages: bool = True
    """Whether browsers find a page here, and sign in."""


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
    recognise = recognising(house.logins) if config.control_ui.enabled else None
    return Control(
        Switchboard(house, tokens, Broadcast(house), recognise),
        Gate(names, tokens, config.trusted_proxies, recognise=recognise),
        readiness,
        limiter,
        with_pages=config.control_ui.enabled,
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
    if control.with_pages:
        logins = control.board.house.logins
        own += [*static_routes(), *login_routes(logins, control.limiter, control.gate.trusted_proxies)]
    app = Starlette(
        routes=with_document([*own, *routes]),
        exception_handlers={HTTPException: _said_no, Exception: _failed},
    )
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
        # The table of methods with all that they take: nobody at the start waits for it.
        from openclaw.web.rpc.connection import Connection

        peer = peer_of(socket.scope, self._control.gate.trusted_proxies)
        connection = Connection(socket, peer, self._control.board)
        self._strangers += 1
        try:
            caller = await connection.greet()
        finally:
            self._strangers -= 1
        if caller is not None:
            await connection.serve(caller)


_KINDS = {404: "not_found", 405: "method_not_allowed", 408: "too_slow"}


async def _said_no(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    status = refusal.status_code
    kind = _KINDS.get(status, "invalid_request_error")
    answer = error(status, HTTPStatus(status).phrase.lower(), kind)
    answer.headers.update(refusal.headers or {})
    if status == 405:
        answer.headers["allow"] = ", ".join(_methods(request))
    return answer


def _methods(request: Request) -> list[str]:
    """Of every route of this path: the framework tells only those of the first."""
    asked = request.scope.get("route")
    path = asked.path if isinstance(asked, Route) else None
    routes = [route for route in request.app.routes if isinstance(route, Route) and route.path == path]
    return sorted({method for route in routes for method in route.methods or ()})


async def _failed(request: Request, _: Exception) -> Response:
    # The server logs the traceback; the asker learns only where to look.
    return error(500, f"{request.url.path} failed; the log says why", "api_error")
