"""A telephone: the voice channel over a real ledger, Twilio's API on loopback, a caller who does as TwiML says."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import anyio

from openclaw.channels.voice.channel import VoiceChannel
from openclaw.channels.voice.config import VoiceConfig
from openclaw.store import outbox
from openclaw.store.database import Database, Transaction, open_database
from openclaw.store.outbox import Draft
from openclaw.store.phone import PhoneStore, keep_recording, record_call
from openclaw.store.usage import UsageRow
from openclaw.types.channel import ChannelParts, ChannelState, LastArrival, WebhookRequest, WebhookResponse
from openclaw.types.clock import Clock, SystemClock
from openclaw.types.messages import Address, Arrival, Inbound, Outbound, Part
from openclaw.types.phone import CallRow, TellRefusal, untold
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeTwilio

BASE, OTHER_BASE = "https://hooks.example.org", "https://fallback.example.org/tunnel"
CALLER = "+12015550123"
SID = "CA000000000000000000000000000000aa"
Xml = list[ElementTree.Element]


class PlainResolver:
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        return Secret(reference.text)


class NoLedger:
    async def last_arrival(self, channel: str, account: str) -> LastArrival | None:
        return None


@dataclass
class Phone:
    twilio: FakeTwilio
    channel: VoiceChannel
    database: Database
    media: Path
    spent: list[UsageRow]
    taken: list[Arrival] = field(default_factory=list)
    """What the channel has handed over, repeats left out as the inbox does."""
    states: list[ChannelState] = field(default_factory=list)
    failure: Exception | None = None
    more: anyio.Event = field(default_factory=anyio.Event)
    said: list[str] = field(default_factory=list)
    """What the caller has heard."""
    alerts: list[tuple[str, str]] = field(default_factory=list)

    async def deliver(self, arrivals: Sequence[Arrival]) -> None:
        if self.failure is not None:
            raise self.failure
        known = {arrival.key for arrival in self.taken}
        self.taken += [arrival for arrival in arrivals if arrival.key not in known]
        told, self.more = self.more, anyio.Event()
        told.set()

    @property
    def heard(self) -> list[str]:
        return [arrival.content.text for arrival in self.taken if isinstance(arrival.content, Inbound)]

    async def until_taken(self, count: int) -> None:
        with anyio.fail_after(5):
            while len(self.taken) < count:
                await self.more.wait()

    @property
    def refs(self) -> list[str]:
        return [arrival.key.removeprefix(f"voice:default:{SID}:") for arrival in self.taken]

    # -- Twilio's side --------------------------------------------------------------------------------

    async def post(
        self, url: str, form: dict[str, str], *, base: str = BASE, signature: str | None = None
    ) -> WebhookResponse:
        """`url` is public, or a path beneath the base. Refused, the answer is 403."""
        url = url if url.startswith("http") else base + url
        parts = urlsplit(url.removeprefix(base))
        body = urlencode(form).encode()
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": self.twilio.signature(url, form) if signature is None else signature,
        }
        query = dict(pair.split("=", 1) for pair in parts.query.split("&")) if parts.query else {}
        request = WebhookRequest("POST", parts.path, headers, query, body, parts.query)
        routes = {route.path: route for route in self.channel.routes(self.deliver)}
        route = routes[parts.path]
        if (reason := route.authentic(request)) is not None:
            return WebhookResponse(403, reason.encode())
        return await route.handle(request)

    async def talk(self, url: str = "/voice/webhook", *, base: str = BASE, **fields: Any) -> Xml:
        """One request of the call, and what it is answered."""
        form = self.twilio.call(**{"sender": CALLER, "sid": SID, **fields})
        answer = await self.post(url, form, base=base)
        assert answer.content_type.startswith("text/xml"), answer
        found = list(ElementTree.fromstring(answer.body))
        self.said += [say.text or "" for element in found for say in element.iter("Say")]
        return found

    async def answer(self, before: Xml, words: str = "", **fields: Any) -> Xml:
        """The caller says something, or nothing, to what was asked."""
        (gather,) = before
        assert gather.tag == "Gather"
        speech = {"SpeechResult": words} if words else {}
        return await self.talk(gather.attrib["action"], **{"status": "in-progress", **speech, **fields})

    async def wait_on(self, before: Xml, **fields: Any) -> Xml:
        """As long as Twilio is sent round."""
        while before[-1].tag == "Redirect":
            before = await self.talk(before[-1].text or "", status="in-progress", **fields)
        return before

    async def converse(self, before: Xml, words: str, reply: str) -> Xml:
        """What the caller says, and what the assistant says to it."""
        heard = len(self.heard)

        async def send_reply() -> None:
            with anyio.fail_after(5):
                while len(self.heard) == heard:
                    await self.more.wait()
                await self.send(reply)

        async with anyio.create_task_group() as group:
            group.start_soon(send_reply)
            return await self.wait_on(await self.answer(before, words))
        raise AssertionError("unreachable")

    # -- the house's side -----------------------------------------------------------------------------

    async def send(self, text: str, *, thread: str | None = SID, to: str = CALLER) -> str:
        (part,) = self.channel.compose(text)
        return await self.channel.send(Outbound("o_1", Address("voice", to, "default", thread), part))

    async def talk_of(self, sid: str, recording: str) -> None:
        """A call of which the ledger knows, with its recording."""

        def work(tx: Transaction) -> None:
            record_call(tx, CallRow(sid, "inbound", CALLER, "+12015550199", "completed"), 0)
            keep_recording(tx, sid, recording, 0)

        await self.database.write(work)

    async def sent(self, words: str, sid: str) -> None:
        """As the outbox has it: a message of ours that became this call."""
        to = Address("voice", CALLER)
        draft = Draft(f"o_{sid}", to, Part(words), 0, "api", "stranger", "t_1")

        def work(tx: Transaction) -> None:
            outbox.insert(tx, draft, None, 0)
            outbox.sent(tx, draft.id, sid, 0)

        await self.database.write(work)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return await self.database.read(lambda tx: [tuple(row) for row in tx.execute(query).fetchall()])


def call_address(sid: str = SID) -> Address:
    return Address("voice", CALLER, "default", sid)


def outbound(text: str, to: Address) -> Outbound:
    return Outbound("o_1", to, Part(text))


def config_of(twilio: FakeTwilio, **keys: Any) -> VoiceConfig:
    return VoiceConfig.model_validate(
        {
            "accountSid": twilio.account_sid,
            "authToken": twilio.token,
            "fromNumber": twilio.number,
            "publicWebhookUrls": [BASE, OTHER_BASE],
            "apiRoot": twilio.url,
            "inboundPolicy": "open",
            "inboundGreeting": "Hello!",
            **keys,
        }
    )


@asynccontextmanager
async def open_phone(
    folder: Path,
    twilio: FakeTwilio,
    *,
    clock: Clock | None = None,
    running: bool = True,
    tell_refusal: TellRefusal = untold,
    **keys: Any,
) -> AsyncIterator[Phone]:
    config = config_of(twilio, **keys)
    clock = clock or SystemClock()
    spent: list[UsageRow] = []
    media = folder / "media"
    alerts: list[tuple[str, str]] = []

    async def alert(kind: str, text: str) -> None:
        alerts.append((kind, text))

    async with open_database(folder / "ledger.sqlite") as database:
        phones = PhoneStore(database, clock, spent.append)
        channel = VoiceChannel(
            config,
            ChannelParts(
                PlainResolver(), NoLedger(), clock, phone=phones, media=media, tell_refusal=tell_refusal, alert=alert
            ),
        )  # fmt: skip
        phone = Phone(twilio, channel, database, media, spent, alerts=alerts)
        async with anyio.create_task_group() as group:
            if running:
                group.start_soon(channel.run, phone.deliver, phone.states.append)
                while not phone.states:
                    await anyio.lowlevel.checkpoint()
            yield phone
            group.cancel_scope.cancel()
        await channel.aclose()
