from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect

from openclaw.types.clock import SystemClock
from openclaw.types.secrets import Secret
from openclaw.web.config import GatewayConfig
from openclaw.web.control import Control, control_app, make_control
from openclaw.web.health import Readiness
from openclaw.web.listeners import HttpListener
from openclaw.web.ports import bind
from tests.web.fake_house import FakeHouse

TOKEN = "correct-horse-battery-staple"
CONNECT: dict[str, Any] = {
    "minProtocol": 3,
    "maxProtocol": 4,
    "client": {"id": "cli", "version": "1.0.0", "platform": "linux", "mode": "cli"},
    "role": "operator",
    "caps": ["tool-events"],
    "auth": {"token": TOKEN},
}


class Client:
    """A WebSocket that speaks frames."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.nonce = ""
        """Of the challenge."""

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = orjson.loads(await self.socket.recv())
        return frame

    async def send(self, method: str, params: dict[str, Any] | None = None, id: str = "1") -> None:
        await self.socket.send(
            orjson.dumps({"type": "req", "id": id, "method": method, "params": params or {}}).decode()
        )

    async def answer(self, id: str = "1") -> dict[str, Any]:
        """The next answer to this request; events on the way are kept."""
        while True:
            frame = await self.receive()
            if frame["type"] == "res" and frame["id"] == id:
                return frame
            self.events.append(frame)

    async def call(self, method: str, params: dict[str, Any] | None = None, id: str = "1") -> dict[str, Any]:
        await self.send(method, params, id)
        return await self.answer(id)

    async def event(self, name: str, **wanted: Any) -> dict[str, Any]:
        """The next event of this name whose payload holds what is wanted."""
        while True:
            for frame in self.events:
                if frame["event"] == name and wanted.items() <= frame["payload"].items():
                    self.events = self.events[self.events.index(frame) + 1 :]
                    return frame
            self.events = [await self.receive()]


@dataclass
class Plane:
    """A control plane on a real socket."""

    house: FakeHouse
    control: Control
    readiness: Readiness
    port: int
    token: list[str] = field(default_factory=lambda: [TOKEN])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def socket(self, path: str = "/", **headers: str) -> AsyncIterator[Client]:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        uri = f"ws://127.0.0.1:{self.port}{path}"
        async with connect(
            uri, additional_headers=extra, proxy=None, compression=None, max_size=None
        ) as socket:
            client = Client(socket)
            challenge = await client.receive()
            assert challenge["event"] == "connect.challenge"
            client.nonce = challenge["payload"]["nonce"]
            yield client

    @asynccontextmanager
    async def operator(self, **changes: Any) -> AsyncIterator[Client]:
        async with self.socket() as client:
            hello = await client.call("connect", CONNECT | changes)
            assert hello["ok"], hello
            yield client


@asynccontextmanager
async def serving(config: GatewayConfig | None = None, folder: Path | None = None) -> AsyncIterator[Plane]:
    house, readiness, token = FakeHouse(folder), Readiness(), [TOKEN]

    async def current() -> Secret:
        return Secret(token[0])

    control = make_control(
        config or GatewayConfig(), house, current, readiness, bound=["127.0.0.1"], clock=SystemClock()
    )
    listener = HttpListener(control_app(control), [bind("127.0.0.1", 0)], grace_seconds=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.run)
        await listener.wait_listening()
        async with anyio.create_task_group() as watching:
            watching.start_soon(control.board.broadcast.run, house.bus)
            try:
                yield Plane(house, control, readiness, listener.address[1], token)
            finally:
                watching.cancel_scope.cancel()
                listener.stop()


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    async with serving(folder=tmp_path) as running:
        yield running
