"""One WebSocket from its challenge to its end."""

import logging
import time
import uuid

import anyio
from anyio.abc import TaskGroup
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from openclaw.web.guard import Peer, headers_of
from openclaw.web.rpc import frames
from openclaw.web.rpc.admission import Admission, Entered
from openclaw.web.rpc.attachments import POLICY
from openclaw.web.rpc.broadcast import EVENTS, Listener
from openclaw.web.rpc.feed import Feed
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import (
    HANDSHAKE_SECONDS,
    MAX_BUFFERED,
    MAX_FIRST_FRAME,
    MAX_PAYLOAD,
    TICK_SECONDS,
    Caller,
    ConnectParams,
    RefusedError,
    negotiate,
    parse_connect,
)
from openclaw.web.rpc.methods import METHODS, answered, dispatch
from openclaw.web.rpc.runs import Accepted
from openclaw.web.rpc.switchboard import Switchboard

logger = logging.getLogger(__name__)
MAX_IN_FLIGHT = 64


class ClosedError(Exception):
    """The connection is over, and why needs no answer."""


class Connection:
    def __init__(self, socket: WebSocket, peer: Peer, board: Switchboard) -> None:
        self._socket = socket
        self._peer = peer
        self._board = board
        self._id = str(uuid.uuid4())
        self._feed = Feed(MAX_BUFFERED)
        self._slots = anyio.Semaphore(MAX_IN_FLIGHT)
        self._nonce = str(uuid.uuid4())
        self._presence: dict[str, object] = {}

    async def greet(self) -> Caller | None:
        """The handshake. None when the connection is over."""
        try:
            return await self._handshake()
        except (ClosedError, WebSocketDisconnect):
            return None

    async def serve(self, caller: Caller) -> None:
        """Until the connection ends."""
        with self._board.broadcast.joined(Listener(caller, self._feed, self._presence)):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write, tasks)
                if caller.browser:
                    tasks.start_soon(self._leave_when_revoked, caller.browser, tasks)
                if caller.device:
                    tasks.start_soon(self._leave_with_device, caller.device, tasks)
                await self._read(caller, tasks)
                tasks.cancel_scope.cancel()

    async def _handshake(self) -> Caller:
        await self._socket.accept()
        challenge = {"nonce": self._nonce, "ts": time.time_ns() // 1_000_000}
        await self._socket.send_text(frames.event("connect.challenge", challenge))
        text = None
        with anyio.move_on_after(HANDSHAKE_SECONDS):
            text = await self._receive()
        if text is None:
            raise await self._closed(1008, "handshake timeout")
        if len(text) > MAX_FIRST_FRAME:
            raise await self._closed(1009, "first frame too long")
        request = frames.parse_request(text)
        if request is None:
            raise await self._closed(1000, "")
        try:
            return await self._welcome(request)
        except RefusedError as refusal:
            logger.info("refused a client at %s: %s", self._peer.address, refusal.reason)
            await self._socket.send_text(frames.failure(request.id, refusal.error))
            raise await self._closed(refusal.close_code, refusal.reason) from None

    async def _welcome(self, request: frames.Request) -> Caller:
        if request.method != "connect":
            raise RefusedError(
                RpcError("INVALID_REQUEST", "invalid handshake: first request must be connect")
            )
        params = parse_connect(request.params)
        protocol = negotiate(params)
        browser = await self._browser() if params.auth.token is None and params.device is None else None
        board = self._board
        admission = Admission(board.tokens, board.house.office.devices, board.house.bus)
        entered = await admission.enter(params, self._peer, self._nonce, signed_in=browser is not None)
        caller = Caller(
            entered.scopes, params.client.id, self._id, frozenset(params.caps), browser or "", entered.device,
            self._peer.address,
        )  # fmt: skip
        self._presence = presence_of(params, caller, time.time_ns() // 1_000_000)
        if raise_limit := self._socket.scope.get("extensions", {}).get(frames.RAISE_LIMIT):
            raise_limit(MAX_PAYLOAD)
        await self._socket.send_text(frames.success(request.id, await self._hello(caller, protocol, entered)))
        return caller

    async def _browser(self) -> str | None:
        if self._board.recognise is None:
            return None
        # What comes over a WebSocket changes things: only our own page may, and it says so by its Origin.
        return await self._board.recognise(headers_of(self._socket.scope), False)

    async def _hello(self, caller: Caller, protocol: int, entered: Entered) -> dict[str, object]:
        plate = self._board.house.desk.nameplate()
        now = time.time_ns() // 1_000_000
        try:
            health = await answered("health", self._board.house.desk.health())
        except RpcError as error:
            raise RefusedError(error, close_code=1011) from None
        return {
            "type": "hello-ok",
            "protocol": protocol,
            "server": {"version": plate.version, "connId": self._id, "bootId": plate.boot_id},
            "features": {"methods": sorted(METHODS), "events": list(EVENTS)},
            "snapshot": {
                "presence": self._board.house.office.presence.listing(),
                "health": {"ok": True, "ts": now, **health},
                "stateVersion": self._board.broadcast.versions(),
                "uptimeMs": max(0, now - plate.started_at),
                "sessionDefaults": {
                    "defaultAgentId": plate.default_agent,
                    "mainKey": "main",
                    "mainSessionKey": plate.main_session_key,
                    "scope": "per-sender",
                },
                "configPath": plate.config_path,
                "stateDir": plate.state_dir,
                "authMode": plate.auth_mode,
            },
            "auth": {
                "method": plate.auth_mode,
                "role": "operator",
                "scopes": sorted(caller.scopes),
                **given(entered),
            },
            "policy": {
                "maxPayload": MAX_PAYLOAD,
                "maxBufferedBytes": MAX_BUFFERED,
                "tickIntervalMs": TICK_SECONDS * 1000,
                "attachments": POLICY,
            },
        }

    async def _read(self, caller: Caller, tasks: TaskGroup) -> None:
        while True:
            try:
                text = await self._receive()
            except (ClosedError, WebSocketDisconnect):
                return
            request = frames.parse_request(text)
            if request is None:
                error = RpcError("INVALID_REQUEST", "invalid request frame")
                self._feed.offer(frames.failure("invalid", error))
                continue
            # Waiting here stops the reading, and so the asker.
            await self._slots.acquire()
            tasks.start_soon(self._answer, caller, request, tasks)

    async def _answer(self, caller: Caller, request: frames.Request, tasks: TaskGroup) -> None:
        try:
            answer = await dispatch(self._board.house, caller, request.method, request.params)
            if isinstance(answer, Accepted):
                tasks.start_soon(self._finish, request, answer)
                answer = answer.payload
            self._feed.offer(frames.success(request.id, answer))
        except RpcError as error:
            self._feed.offer(frames.failure(request.id, error))
        finally:
            self._slots.release()

    async def _finish(self, request: frames.Request, accepted: Accepted) -> None:
        try:
            final = await answered(request.method, accepted.finish())
            self._feed.offer(frames.success(request.id, final))
        except RpcError as error:
            self._feed.offer(frames.failure(request.id, error))

    async def _write(self, tasks: TaskGroup) -> None:
        try:
            while (frame := await self._feed.next()) is not None:
                await self._socket.send_text(frame)
            logger.warning("closed the connection of %s: it reads too slowly", self._peer.address)
            await self._closed(1008, "slow consumer")
        except (WebSocketDisconnect, RuntimeError):
            pass  # it left while we wrote
        tasks.cancel_scope.cancel()

    async def _leave_when_revoked(self, browser: str, tasks: TaskGroup) -> None:
        await self._board.house.logins.until_revoked(browser)
        await self._closed(1008, "signed out")
        tasks.cancel_scope.cancel()

    async def _leave_with_device(self, device: str, tasks: TaskGroup) -> None:
        await self._board.house.office.devices.until_revoked(device)
        await self._closed(1008, "device revoked")
        tasks.cancel_scope.cancel()

    async def _receive(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise ClosedError
        text = message.get("text")
        return text if text is not None else (message.get("bytes") or b"").decode("utf-8", "replace")

    async def _closed(self, code: int, reason: str) -> ClosedError:
        if self._socket.application_state is WebSocketState.CONNECTED:
            # A close frame holds 123 bytes of reason.
            await self._socket.close(code, reason.encode()[:123].decode("utf-8", "ignore"))
        return ClosedError(reason)


def given(entered: Entered) -> dict[str, object]:
    """Pure. What a device is told once."""
    if entered.fresh is None:
        return {}
    token, kept = entered.fresh
    return {"deviceToken": token, "issuedAtMs": kept.created_at}


def presence_of(params: ConnectParams, caller: Caller, now: int) -> dict[str, object]:
    """Pure. Cut short: whoever connects says it of itself."""
    client = params.client
    who = (client.display_name or client.id)[:64]
    told: dict[str, object] = {
        "host": who,
        "ip": caller.address if caller.address not in {"127.0.0.1", "::1"} else None,
        "version": client.version[:32],
        "platform": client.platform[:64],
        "deviceFamily": client.device_family and client.device_family[:64],
        "modelIdentifier": client.model_identifier and client.model_identifier[:64],
        "mode": client.mode,
        "reason": "connect",
        "text": f"{who} · {client.mode} · connected",
        "ts": now,
        "deviceId": caller.device or None,
        "roles": ["operator"],
        "scopes": sorted(caller.scopes),
        "instanceId": (client.instance_id or caller.connection)[:64],
    }
    return {name: value for name, value in told.items() if value is not None}
