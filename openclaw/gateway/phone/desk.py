"""The telephone as programs and the command line use it: numbers, texts, calls, streams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from openclaw.bus import Bus
from openclaw.gateway.phone.bootstrap import Bootstrap
from openclaw.gateway.phone.dual import CALLS, TEXTS
from openclaw.gateway.phone.numbers import Listed, NumberBook, NumberError, strict
from openclaw.gateway.phone.streams import StreamFiles, checked_name
from openclaw.gateway.phone.vault import Happening, Vault
from openclaw.store.outbox import Draft
from openclaw.types import e164
from openclaw.types.channel import Channel, Deliver
from openclaw.types.clock import Clock
from openclaw.types.errors import OpenClawError
from openclaw.types.events import ReplyReady
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Arrival, Inbound, Part, Sender, Unusable
from openclaw.types.phone import PhoneLedger, SmsRow
from openclaw.types.sending import Submission

LONGEST_TEXT = 1600
LONGEST_ID = 64
GREETING = "Hello, this is a call from a personal assistant. How can I help?"


class FieldError(OpenClawError):
    """What was asked cannot be done as it stands; `field` says where."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class NotSetUpError(OpenClawError):
    """There is no number to text or call from."""


class Submit(Protocol):
    async def __call__(self, draft: Draft) -> Submission:
        """Into the outbox with the gates' first verdict; it is judged again when it leaves."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A text that somebody else has taken in for us."""

    sender: str
    to: str
    body: str
    sid: str


@dataclass(frozen=True, slots=True)
class DeskParts:
    book: NumberBook
    streams: StreamFiles
    vault: Vault
    phone: PhoneLedger
    deliver: Deliver
    submit: Submit
    bus: Bus
    clock: Clock
    channels: Mapping[tuple[str, str], Channel]
    numbers: Mapping[str, str]
    """Account of `sms` → the number it texts from; empty where no number is set, only a service."""
    callers: Mapping[str, str]
    """Account of `voice` → the number it calls from."""
    bootstrap: Bootstrap | None = None


class PhoneDesk:
    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    # -- who is authorised --------------------------------------------------------------------------------

    async def listed(self) -> tuple[Listed, ...]:
        """Raises NumberFileError."""
        return await self._parts.book.shown()

    async def authorise(self, number: str, by: str) -> bool:
        """False when it is known already. Raises NumberError."""
        return await self._parts.book.add(number, by)

    async def revoke(self, number: str) -> bool:
        """False when it was not listed. Raises NumberError."""
        return await self._parts.book.remove(number)

    async def replace(self, numbers: Sequence[str], by: str) -> None:
        """Raises NumberError; then nothing has changed."""
        await self._parts.book.replace(numbers, by)

    async def open_until(self) -> int | None:
        """Until when the first who texts becomes authorised; None when nobody does any more."""
        bootstrap = self._parts.bootstrap
        return await bootstrap.open_until() if bootstrap is not None and self._parts.numbers else None

    @property
    def numbers(self) -> Mapping[str, str]:
        return self._parts.numbers

    @property
    def callers(self) -> Mapping[str, str]:
        return self._parts.callers

    # -- what goes out ------------------------------------------------------------------------------------

    async def text(self, to: str, body: str, account: str | None = None) -> Submission:
        """Raises FieldError and NotSetUpError."""
        number = _number("to", to)
        if not body.strip():
            raise FieldError("body", "it is empty")
        if len(body) > LONGEST_TEXT:
            raise FieldError("body", f"it has {len(body)} characters; a text takes {LONGEST_TEXT}")
        if number in self._parts.numbers.values():
            raise FieldError("to", "this is our own number")
        return await self._hand_in(TEXTS, self._parts.numbers, account, number, body)

    async def call(self, to: str, message: str = "", account: str | None = None) -> Submission:
        """`message`: the first words. Raises FieldError and NotSetUpError."""
        number = _number("to", to)
        if number in self._parts.callers.values():
            raise FieldError("to", "this is our own number")
        return await self._hand_in(CALLS, self._parts.callers, account, number, message.strip() or GREETING)

    async def _hand_in(
        self, channel: str, accounts: Mapping[str, str], account: str | None, number: str, words: str
    ) -> Submission:
        to = Address(channel, number, _account(channel, accounts, account))
        plugin = self._parts.channels.get((channel, to.account))
        parts = plugin.compose(words) if plugin is not None and channel == TEXTS else [Part(words)]
        if not parts:
            raise FieldError("body", "nothing of it can be sent as a text")
        audience = "member" if number in await self._parts.book.numbers() else "stranger"
        trace_id = new_id("t")
        first: Submission | None = None
        for place, part in enumerate(parts):
            draft = Draft(new_id("o"), to, part, place, "api", audience, trace_id)  # type: ignore[arg-type]
            done = await self._parts.submit(draft)
            first = first or done
            if done.status == "refused":
                break
        await self._parts.bus.publish(ReplyReady(to))
        assert first is not None
        return first

    # -- what comes in ------------------------------------------------------------------------------------

    async def take_over(self, text: HandedOver) -> None:
        """As if its provider had told us; a second time nothing happens. Raises FieldError."""
        ours = _number("to", text.to)
        account = next((name for name, number in self._parts.numbers.items() if number == ours), None)
        if account is None:
            raise FieldError("to", f"{ours} is none of our numbers (channels.sms)")
        if not (text.sid.isascii() and text.sid.isalnum() and len(text.sid) <= LONGEST_ID):
            raise FieldError("messageSid", "it is the provider's id of the message")
        sender = e164.parse(text.sender) or text.sender.strip()[:LONGEST_ID]
        if not sender:
            raise FieldError("from", "who has sent it?")
        if not text.body.strip():
            raise FieldError("body", "it is empty")
        await self._parts.deliver([self._arrival(text, sender, account)])
        await self._parts.phone.sms(SmsRow(text.sid, "inbound", sender, ours, text.body, "received"))

    def _arrival(self, text: HandedOver, sender: str, account: str) -> Arrival:
        now = self._parts.clock.now_ms()
        content: Inbound | Unusable = Inbound(
            TEXTS, Sender(sender), text.body.strip(), now, account, reply_to=Address(TEXTS, sender, account),
            message_id=text.sid,
        )  # fmt: skip
        if sender in self._parts.numbers.values():
            content = Unusable("from one of our own numbers")
        # The key that the channel itself gives it: handed over and posted to us it is one text.
        return Arrival(
            f"{TEXTS}:{text.sid}", TEXTS, account, text.body.encode(errors="replace"), content, now
        )

    # -- streams ------------------------------------------------------------------------------------------

    async def ingest(
        self, stream: str, content: str, *, sender: str = "", at: int | None = None, meta: Mapping[str, Any]
    ) -> tuple[str, str]:
        """Id and record of what is kept. Raises FieldError, and OSError when there is no room."""
        try:
            name = checked_name(stream)
        except OpenClawError as error:
            raise FieldError("stream_type", str(error)) from None
        if not content.strip():
            raise FieldError("content", "it is empty")
        now = self._parts.clock.now_ms()
        happening = Happening(
            new_id("ev"), now if at is None else at, name, content, sender, meta=meta, provenance="hook"
        )
        record = await self._parts.vault.keep(happening)
        await self._parts.phone.happened(name, f"{name}.ingested", happening.id, f"{sender} → {record}")
        return happening.id, record

    async def stream(self, name: str, limit: int) -> list[dict[str, Any]]:
        """The newest lines, in order. Raises FieldError."""
        try:
            return await self._parts.streams.newest(checked_name(name), limit)
        except OpenClawError as error:
            raise FieldError("type", str(error)) from None


def _number(field: str, text: str) -> str:
    try:
        return strict(text)
    except NumberError as error:
        raise FieldError(field, str(error)) from None


def _account(channel: str, accounts: Mapping[str, str], wanted: str | None) -> str:
    """By name or by number; without either the default one, else the first."""
    if not accounts:
        raise NotSetUpError(f"there is no number to send from: set up channels.{channel} in the config")
    if wanted is None:
        return "default" if "default" in accounts else next(iter(accounts))
    number = e164.parse(wanted)
    for name, own in accounts.items():
        if wanted == name or (number is not None and number == own):
            return name
    raise FieldError("from", f"{wanted!r} is none of our numbers (channels.{channel})")
