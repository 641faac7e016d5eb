"""A lasting WebSocket to the gateway: it comes back by itself, and many may ask over it at once."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from openclaw.cli.rpc import OPEN_SECONDS, Frame, GatewayDownError, RefusedError, introduction
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret

FIRST_SECONDS, MOST_SECONDS = 0.5, 10.0
"""Between two attempts to reach the gateway."""
PATIENCE_SECONDS = 3.0
"""Whoever asks while there is no connection waits so long for one."""


@dataclass(frozen=True, slots=True)
class Gateway:
    port: int
    token: Secret


class LineLostError(OpenClawError):
    """The connection ended between a question and its answer; nobody knows whether it was heard."""


@dataclass(slots=True)
class _Question:
    answered: anyio.Event = field(default_factory=anyio.Event)
    first: bool = False
    """Of two answers the first counts."""
    answer: Frame | None = None


class DaemonLine:
    def __init__(self, find: Callable[[], Gateway], see: Callable[[str, Frame], None]) -> None:
        """`find` may block; it is asked at every attempt, so that a changed token or port counts at once.

        `see` is told every event's name and payload.
        """
        self._find = find
        self._see = see
        self._socket: ClientConnection | None = None
        self._questions: dict[str, _Question] = {}
        self._wanted, self._settled = anyio.Event(), anyio.Event()
        self._why: OpenClawError = OpenClawError("the gateway has not been asked yet")

    async def run(self) -> None:
        """Keep it connected until cancelled."""
        wait = FIRST_SECONDS
        while True:
            try:
                gateway = await anyio.to_thread.run_sync(self._find)
                await self._live(gateway)
                wait = FIRST_SECONDS
            except OpenClawError as error:
                self._why = error
            self._settled.set()
            self._wanted, self._settled = anyio.Event(), anyio.Event()
            with anyio.move_on_after(wait):
                await self._wanted.wait()
            wait = min(MOST_SECONDS, wait * 2)

    async def call(self, method: str, params: Mapping[str, object], *, first: bool = False) -> Frame:
        """Raises GatewayDownError, RefusedError, or LineLostError when it ended meanwhile."""
        socket = await self._reached()
        name, question = uuid.uuid4().hex, _Question(first=first)
        self._questions[name] = question
        try:
            await _send(socket, name, method, params)
            await question.answered.wait()
        finally:
            self._questions.pop(name, None)
        if question.answer is None:
            raise LineLostError("the gateway ended the connection before it answered; ask again")
        return _payload(question.answer)

    async def _reached(self) -> ClientConnection:
        self._wanted.set()
        if self._socket is None:
            with anyio.move_on_after(PATIENCE_SECONDS):
                await self._settled.wait()
        if self._socket is None:
            raise self._why
        return self._socket

    async def _live(self, gateway: Gateway) -> None:
        """One connection. Returns when it has ended; raises where there was none."""
        place = f"127.0.0.1:{gateway.port}"
        try:
            async with connect(
                f"ws://{place}/", open_timeout=OPEN_SECONDS, proxy=None, compression=None, max_size=None
            ) as socket:
                await _greet(socket, gateway.token)
                self._socket = socket
                self._settled.set()
                async for text in socket:
                    self._take(orjson.loads(text))
        except (InvalidHandshake, orjson.JSONDecodeError) as error:
            raise OpenClawError(
                f"what answers on {place} is not our gateway ({error}); see gateway.port"
            ) from error
        except (OSError, TimeoutError) as error:
            raise GatewayDownError(place) from error
        except ConnectionClosed:
            pass
        finally:
            self._socket = None
            self._why = GatewayDownError(place)
            for question in self._questions.values():
                question.answered.set()

    def _take(self, frame: Frame) -> None:
        if frame.get("type") == "event":
            self._see(str(frame["event"]), frame.get("payload") or {})
        elif (question := self._questions.get(str(frame.get("id")))) is not None:
            more_comes = (
                frame.get("ok") and frame["payload"].get("status") == "accepted" and not question.first
            )
            if not more_comes:
                question.answer = frame
                question.answered.set()


async def _greet(socket: ClientConnection, token: Secret) -> None:
    with anyio.move_on_after(OPEN_SECONDS):
        await socket.recv()  # the challenge, which only devices sign
        await _send(socket, "connect", "connect", introduction(token))
        while True:
            frame = orjson.loads(await socket.recv())
            if frame.get("id") == "connect":
                _payload(frame)
                return
    raise OpenClawError("the gateway took the connection and says nothing; see its log")


async def _send(socket: ClientConnection, name: str, method: str, params: Mapping[str, object]) -> None:
    try:
        await socket.send(
            orjson.dumps({"type": "req", "id": name, "method": method, "params": params}).decode()
        )
    except ConnectionClosed:
        raise LineLostError("the gateway has just ended the connection; ask again") from None


def _payload(frame: Frame) -> Frame:
    if not frame["ok"]:
        raise RefusedError(str(frame["error"]["message"]))
    payload: dict[str, Any] = frame["payload"]
    return payload
