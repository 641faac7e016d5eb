"""What a channel is handed, as fakes that behave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from openclaw.channels.telegram.channel import TelegramChannel
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.types.channel import ChannelParts, ChannelState, LastArrival
from openclaw.types.errors import SecretError
from openclaw.types.messages import Address, Arrival, Inbound, Outbound, Part
from openclaw.types.secrets import Secret, SecretRef

NOW = 1_770_000_000_000


class StoppedClock:
    def __init__(self) -> None:
        self.now = NOW
        self.seconds = 0.0

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class MemoryLedger:
    """Takes every arrival once, by its key; raises what it is told to first."""

    kept: dict[str, Arrival] = field(default_factory=dict)
    last: LastArrival | None = None
    failures: list[Exception] = field(default_factory=list)
    batches: int = 0
    _changed: anyio.Event = field(default_factory=anyio.Event)

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        for arrival in arrivals:
            self.kept.setdefault(arrival.key, arrival)
            if arrival.sequence is not None:
                self.last = LastArrival(arrival.sequence, NOW, arrival.key)
        self.batches += 1
        self._changed.set()
        self._changed = anyio.Event()

    async def last_arrival(self, channel: str, account: str) -> LastArrival | None:
        return self.last

    async def wait_kept(self, count: int) -> None:
        while len(self.kept) < count:
            await self._changed.wait()

    def texts(self) -> list[str]:
        contents = [arrival.content for arrival in self.kept.values()]
        return [content.text for content in contents if isinstance(content, Inbound)]


@dataclass
class Secrets:
    """Knows plain values, and references by name; `fresh` reads count."""

    values: dict[str, str] = field(default_factory=dict)
    fresh_reads: int = 0

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        self.fresh_reads += fresh
        if reference.is_plain:
            return Secret(reference.text)
        if reference.text not in self.values:
            raise SecretError(f"{reference.text} is not there")
        return Secret(self.values[reference.text])


class Reports:
    def __init__(self) -> None:
        self.seen: list[ChannelState] = []
        self._changed = anyio.Event()

    def __call__(self, state: ChannelState) -> None:
        self.seen.append(state)
        self._changed.set()
        self._changed = anyio.Event()

    async def wait_for(self, condition: str) -> ChannelState:
        while True:
            for state in self.seen:
                if state.condition == condition:
                    return state
            await self._changed.wait()


def make_channel(
    account: TelegramAccount,
    ledger: MemoryLedger | None = None,
    secrets: Secrets | None = None,
    media: Path | None = None,
    menu: Sequence[tuple[str, str]] = (),
) -> TelegramChannel:
    parts = ChannelParts(
        secrets or Secrets(), ledger or MemoryLedger(), StoppedClock(), menu=menu, media=media
    )
    return TelegramChannel("default", account, parts)


def outbound(
    text: str, *, rich: str | None = None, thread: str | None = None, quoted: str | None = None
) -> Outbound:
    return Outbound("o_1", Address("telegram", "821071206", thread=thread), Part(text, rich), quoted)
