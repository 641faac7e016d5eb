"""What the channel is handed, as fakes that behave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from openclaw.channels.salesmsg.channel import SalesmsgChannel
from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.types.channel import ChannelParts, ChannelState, LastArrival
from openclaw.types.errors import SecretError
from openclaw.types.messages import Address, Arrival, Outbound, Part
from openclaw.types.phone import PhoneRefusal
from openclaw.types.receipts import Receipt
from openclaw.types.secrets import Secret, SecretRef

NOW = 1_795_228_142_000
TOKEN = "0123456789abcdef0123456789abcdef"


class StoppedClock:
    def __init__(self) -> None:
        self.now = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000


@dataclass
class Secrets:
    """Knows plain values, and references by name."""

    values: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """Every value that was given out: what the log would leave out."""

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if not reference.is_plain and reference.text not in self.values:
            raise SecretError(f"{reference.text} is not there")
        value = reference.text if reference.is_plain else self.values[reference.text]
        self.seen.add(value)
        return Secret(value)


@dataclass
class Records:
    """Takes arrivals and what is noted beside them, each once."""

    kept: dict[str, Arrival] = field(default_factory=dict)
    noted: dict[tuple[str, str, str], str] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    alerts: list[tuple[str, str]] = field(default_factory=list)
    own: set[tuple[str, str]] = field(default_factory=set)
    """The numbers that the house itself has written to, with its words."""
    failure: Exception | None = None

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        if self.failure is not None:
            raise self.failure
        for arrival in arrivals:
            self.kept.setdefault(arrival.key, arrival)

    async def last_arrival(self, channel: str, account: str) -> LastArrival | None:
        return None

    async def note(self, channel: str, kind: str, ref: str, summary: str) -> bool:
        fresh = (channel, kind, ref) not in self.noted
        self.noted.setdefault((channel, kind, ref), summary)
        return fresh

    async def take(self, receipt: Receipt) -> bool:
        self.receipts.append(receipt)
        return True

    async def wrote(self, channel: str, number: str, provider_id: str, text: str) -> bool:
        return (number, text) in self.own

    async def alert(self, kind: str, text: str) -> None:
        self.alerts.append((kind, text))


@dataclass
class Wishes:
    """What people have said about being written to."""

    without: list[tuple[str, str, str]] = field(default_factory=list)
    people: list[tuple[str, str, str, str]] = field(default_factory=list)

    async def opted_out(self, number: str, channel: str, source: str, said: str = "") -> None:
        self.without.append((number, channel, source))

    async def is_opted_out(self, number: str, channel: str) -> bool:
        return any(each[:2] == (number, channel) for each in self.without)

    async def human_wrote(self, number: str, channel: str, account: str, ref: str) -> None:
        self.people.append((number, channel, account, ref))

    async def registered(self, sender: str, status: str) -> None:
        raise AssertionError("Twilio's")

    async def heed(self, refusal: PhoneRefusal) -> None:
        raise AssertionError("Twilio's")


class Reports:
    def __init__(self) -> None:
        self.seen: list[ChannelState] = []
        self._changed = anyio.Event()

    def __call__(self, state: ChannelState) -> None:
        self.seen.append(state)
        self._changed.set()

    async def first(self) -> ChannelState:
        await self._changed.wait()
        return self.seen[0]


def parts(
    records: Records,
    secrets: Secrets | None = None,
    credentials: Path | None = None,
    wishes: Wishes | None = None,
) -> ChannelParts:
    return ChannelParts(
        secrets or Secrets(),
        records,
        StoppedClock(),
        credentials=credentials,
        events=records,
        alert=records.alert,
        receipts=records,
        consents=wishes,
        own_texts=records,
    )


def make_channel(
    records: Records, secrets: Secrets | None = None, wishes: Wishes | None = None, **config: object
) -> SalesmsgChannel:
    given = SalesmsgConfig.model_validate({"webhookToken": TOKEN, **config})
    return SalesmsgChannel(given, parts(records, secrets, wishes=wishes))


def outbound(text: str, *, thread: str | None = "90001", chat: str = "+12015550123") -> Outbound:
    return Outbound("o_1", Address("salesmsg", chat, thread=thread), Part(text))
