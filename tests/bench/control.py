"""The control plane: a call and its answer, a streaming run with many watchers, a long conversation read back."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from tests.bench.house import House, ground
from tests.bench.report import Figure
from tests.fakes import Daemon, Reply

Json = dict[str, Any]
CLIENT = {"id": "cli", "version": "1.0.0", "platform": "linux", "mode": "cli"}
WORDS = 4_000


class Caller:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.bytes = 0
        self._number = 0

    async def call(self, method: str, **params: object) -> Json:
        self._number += 1
        name = f"r{self._number}"
        await self.socket.send(json.dumps({"type": "req", "id": name, "method": method, "params": params}))
        answer = await self.until(lambda frame: frame.get("id") == name)
        assert answer["ok"], answer
        payload: Json = answer["payload"]
        return payload

    async def until(self, ends: Callable[[Json], bool]) -> Json:
        while True:
            text = await self.socket.recv()
            self.bytes += len(text)
            frame: Json = orjson.loads(text)
            if ends(frame):
                return frame


@asynccontextmanager
async def connected(daemon: Daemon) -> AsyncIterator[Caller]:
    url = daemon.url.replace("http", "ws", 1)
    async with connect(url, proxy=None, compression=None, max_size=None, max_queue=None) as socket:
        caller = Caller(socket)
        await socket.recv()
        await caller.call(
            "connect",
            minProtocol=4,
            maxProtocol=4,
            client=CLIENT,
            role="operator",
            auth={"token": daemon.token},
        )
        yield caller


async def rpc(times: int = 500) -> list[Figure]:
    async with ground() as house:
        await house.daemon.start()
        async with connected(house.daemon) as caller:
            figures = []
            for method in ("models.list", "health", "status"):
                await caller.call(method)
                before = house.cpu_ms()
                took = [await _timed(caller, method) for _ in range(times)]
                cpu = (house.cpu_ms() - before) / times
                figures.append(
                    Figure(f"{method}, there and back", took, "ms", note=f"{cpu:.2f} ms of processor")
                )
    return figures


async def _timed(caller: Caller, method: str, **params: object) -> float:
    before = time.perf_counter()
    await caller.call(method, **params)
    return (time.perf_counter() - before) * 1000


async def watchers(counts: tuple[int, ...] = (1, 100), times: int = 5) -> list[Figure]:
    """From the end of the model's answer until the last of them has the run's last event."""
    figures = []
    for count in counts:
        async with ground() as house, AsyncExitStack() as stack:
            house.model.answer_with(lambda body: Reply("word " * WORDS))
            await house.daemon.start()
            callers = [await stack.enter_async_context(connected(house.daemon)) for _ in range(count)]
            await _watched(house, callers, "warm")
            before = house.cpu_ms()
            took = [await _watched(house, callers, f"run-{number}") for number in range(times)]
            cpu = (house.cpu_ms() - before) / times
        each = callers[-1].bytes / (times + 1) / 1024
        note = f"{cpu:.0f} ms of processor a run; {each:.0f} KiB to each"
        figures.append(
            Figure(
                f"{count} watching {5 * WORDS // 1000} KB stream: last sees the end", took, "ms", note=note
            )
        )
    return figures


async def _watched(house: House, callers: list[Caller], run: str) -> float:
    def ends(frame: Json) -> bool:
        payload = frame.get("payload") or {}
        return frame.get("event") == "chat" and (payload["runId"], payload["state"]) == (run, "final")

    await callers[0].call("chat.send", sessionKey="main", message=run, idempotencyKey=run)
    async with asyncio.timeout(60):
        await asyncio.gather(*(caller.until(ends) for caller in callers))
    return (time.monotonic() - house.model.requests[-1].ended_at) * 1000


async def history(lines: int = 10_000, times: int = 20) -> list[Figure]:
    figures = []
    async with ground() as house:
        await asyncio.to_thread(_write, house, lines)
        await house.daemon.start()
        async with connected(house.daemon) as caller:
            for limit in (200, 1000):
                took = [
                    await _timed(caller, "chat.history", sessionKey="main", limit=limit) for _ in range(times)
                ]
                note = f"the first time {took[0]:.0f} ms"
                figures.append(Figure(f"chat.history of {lines} lines, limit {limit}", took, "ms", note=note))
    return figures


def _write(house: House, lines: int) -> None:
    from openclaw.sessions.lines import encode, header
    from openclaw.types.conversation import AssistantMessage, Text, UserMessage

    folder = house.daemon.state_dir / "agents" / "main" / "sessions"
    folder.mkdir(parents=True, mode=0o700)
    now = 1_772_000_000_000
    with (folder / "ses_long.jsonl").open("wb") as file:
        file.write(header("ses_long", "agent:main:main", "main", now))
        for number in range(lines // 2):
            asked = UserMessage(f"m_{number}a", now, "word " * 40, "telegram:1", "owner")
            told = AssistantMessage(f"m_{number}b", now, (Text("answer " * 60),), "anthropic/x")
            file.write(encode(asked) + encode(told))
    entry = {"sessionId": "ses_long", "updatedAt": now, "chatType": "direct"}
    (folder / "sessions.json").write_bytes(orjson.dumps({"agent:main:main": entry}))
