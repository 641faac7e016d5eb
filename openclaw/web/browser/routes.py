"""Signing in and out over HTTP."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.web.auth import FailureLimiter
from openclaw.web.browser.cookies import clear_cookie, set_cookie, shown
from openclaw.web.desk import LoginDesk, UnknownKeyError
from openclaw.web.guard import headers_of, peer_of
from openclaw.web.http import error

logger = logging.getLogger(__name__)
LARGEST = 4096
VOID = "this link was used before, or is older than ten minutes; ask for a new one: openclaw dashboard"


def login_routes(logins: LoginDesk, limiter: FailureLimiter, proxies: Sequence[str] = ()) -> list[BaseRoute]:
    reception = Reception(logins, limiter, proxies)
    return [
        Route("/login", _unless_full(reception.sign_in), methods=["POST"]),
        Route("/logout", _unless_full(reception.sign_out), methods=["POST"]),
    ]


class Reception:
    def __init__(self, logins: LoginDesk, limiter: FailureLimiter, proxies: Sequence[str]) -> None:
        self._logins = logins
        self._limiter = limiter
        self._proxies = proxies

    async def sign_in(self, request: Request) -> Response:
        peer = peer_of(request.scope, self._proxies)
        if wait := self._limiter.locked_for(peer):
            return error(
                429, "too many failed attempts; wait and try again", "rate_limited", retry_after=wait
            )
        code = await _code(request)
        if code is None:
            return error(400, 'the body is {"code": "…"}', "invalid_request_error")
        token = await self._logins.redeem(code, request.headers.get("user-agent", ""))
        if token is None:
            self._limiter.failed(peer)
            return error(403, VOID, "code_not_valid")
        self._limiter.succeeded(peer)
        logger.info("a browser at %s signed in", peer.address)
        await self._leave(request)  # from now on it is known by the new cookie
        return _answer(set_cookie(_host(request), token.reveal(), secure=_is_secure(request)))

    async def sign_out(self, request: Request) -> Response:
        await self._leave(request)
        return _answer(clear_cookie(_host(request), secure=_is_secure(request)))

    async def _leave(self, request: Request) -> None:
        token = shown(headers_of(request.scope))
        browser = await self._logins.browser(token) if token is not None else None
        if browser is not None:
            with suppress(UnknownKeyError):  # another page of this browser was faster
                await self._logins.revoke(browser)


def _unless_full(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except (StorageFullError, StorageBusyError) as problem:
            return error(503, str(problem), "storage", retry_after=1)

    return answered


async def _code(request: Request) -> str | None:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST:
            return None
    try:
        body = orjson.loads(bytes(data))
    except orjson.JSONDecodeError:
        return None
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, str) else None


def _answer(cookie: str) -> Response:
    return JSONResponse({"ok": True}, headers={"cache-control": "no-store", "set-cookie": cookie})


def _host(request: Request) -> str:
    return request.headers.get("host", "")


def _is_secure(request: Request) -> bool:
    # A proxy in front speaks TLS, we do not; the page's own origin tells which of the two the browser sees.
    return request.headers.get("origin", "").startswith("https://")
