"""A daemon under measurement, between the fakes: they run here, it runs in a process of its own."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.fakes import Daemon, FakeAnthropic, FakeTelegram

OWNER = 821071206


@dataclass(frozen=True, slots=True)
class House:
    daemon: Daemon
    telegram: FakeTelegram
    model: FakeAnthropic

    async def turn(self, text: str, sender: int = OWNER) -> "Turn":
        """One message and its answer, and then the poll that waits for the next."""
        asked, answered = len(self.model.requests), len(self.telegram.sent)
        said_at = time.monotonic()
        update_id = self.telegram.say(text, sender=sender)
        sent = (await self.telegram.wait_sent(answered + 1, 30))[answered]
        await self.telegram.wait_confirmed(update_id)
        request = self.model.requests[asked]
        return Turn((request.at - said_at) * 1000, (sent.at - request.ended_at) * 1000)

    def cpu_ms(self) -> float:
        times = [process.cpu_times() for process in self._tree()]
        return 1000 * float(sum(each.user + each.system for each in times))

    def memory_mib(self) -> float:
        """Resident memory of the process tree."""
        return float(sum(process.memory_info().rss for process in self._tree())) / 2**20

    def _tree(self) -> list[psutil.Process]:
        daemon = psutil.Process(self.daemon.pid)
        return [daemon, *daemon.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class Turn:
    inward_ms: float
    """From the delivery to the model's request."""
    outward_ms: float
    """From the end of the model's answer to the message that is sent."""


def config(telegram: FakeTelegram, model: FakeAnthropic, **more: Any) -> dict[str, Any]:
    return {
        "channels": {
            "telegram": {
                "botToken": telegram.token,
                "apiRoot": telegram.url,
                "dmPolicy": "open",
                "allowFrom": [OWNER, "*"],
            }
        },
        "models": {"providers": {"anthropic": {"baseUrl": model.url, "apiKey": model.key}}},
        **more,
    }


@asynccontextmanager
async def ground(**more: Any) -> AsyncIterator[House]:
    """Everything is there, the daemon not started yet."""
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as folder:
        async with FakeTelegram() as telegram, FakeAnthropic() as model:
            daemon = Daemon(Path(folder), config(telegram, model, **more))
            try:
                yield House(daemon, telegram, model)
            finally:
                if daemon.running:
                    await daemon.kill()


@asynccontextmanager
async def running(settings: Mapping[str, Any] | None = None) -> AsyncIterator[House]:
    """Started, polling, and warmed by three turns."""
    async with ground(**(settings or {})) as house:
        await house.daemon.start()
        await house.telegram.wait_calls("getUpdates")
        for number in range(3):
            await house.turn(f"warm up {number}")
        yield house


async def port_opens(port: int, until: float = 30) -> float:
    """When the port first takes a connection."""
    async with asyncio.timeout(until):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.002)
            else:
                writer.close()
                return time.monotonic()
