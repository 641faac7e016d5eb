"""Messages that an operator sends by the assistant's channels: durable first, then out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import anyio

from openclaw.bus import Bus, Gap
from openclaw.compliance.reasons import explained
from openclaw.gateway.messenger import Foresee
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.types.channel import Channel
from openclaw.types.errors import OpenClawError
from openclaw.types.events import ReplyReady, ReplySent, SendFailed
from openclaw.types.ids import new_id
from openclaw.types.messages import Address
from openclaw.types.sending import GATED
from openclaw.web.office.told import Json, UnknownKeyError

PATIENCE_SECONDS = 10.0


class NotSentError(OpenClawError):
    """It will not go out; the text says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    key: str
    """The sender's idempotency key: the same one again is the same message."""
    to: str
    text: str
    channel: str | None = None
    account: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class PostDesk:
    ledger: Ledger
    bus: Bus
    channels: Mapping[tuple[str, str], Channel]
    foresee: Foresee

    async def send(self, letter: Letter) -> Json:
        """Waits some seconds for the provider's word. Raises UnknownKeyError and NotSentError."""
        to = self._address(letter)
        parts = self.channels[to.channel, to.account].compose(letter.text)
        if not parts:
            raise NotSentError("nothing of the message can be sent there")
        if to.channel in GATED:
            verdict = await self.foresee(to, letter.text, "api")
            if verdict.outcome == "block":
                raise NotSentError(f"not sent: {explained(verdict)}")
        name, trace = hashlib.sha256(letter.key.encode()).hexdigest()[:20], new_id("t")
        drafts = [
            Draft(f"o_{name}_{number}", to, part, number, "api", "stranger", trace)
            for number, part in enumerate(parts)
        ]
        with self.bus.subscribe(ReplySent, SendFailed, depth=256, lossless=False) as news:
            for draft in drafts:
                await self.ledger.post(draft, None)
            await self.bus.publish(ReplyReady(to))
            first = drafts[0].id
            state = await self._state(first)
            with anyio.move_on_after(PATIENCE_SECONDS):
                while state in {"pending", "sending"}:
                    event = await news.next()
                    if isinstance(event, Gap) or getattr(event, "outbox_id", "") == first:
                        state = await self._state(first)
        return await self._told(letter, to, first, state)

    async def _told(self, letter: Letter, to: Address, outbox_id: str, state: str) -> Json:
        row = next(
            (row for row in await self.ledger.outbox_listing(state, 200) if row["id"] == outbox_id), {}
        )
        if state in {"failed", "refused", "dropped"}:
            raise NotSentError(f"not sent: {row.get('reason') or state}; openclaw outbox list shows it")
        return {
            "runId": letter.key,
            "messageId": row.get("providerId") or outbox_id,
            "outboxId": outbox_id,
            "channel": to.channel,
            "status": state,
        }

    async def _state(self, outbox_id: str) -> str:
        return (await self.ledger.send_state(outbox_id))[0] or ""

    def _address(self, letter: Letter) -> Address:
        known = ", ".join(sorted({name for name, _ in self.channels})) or "none"
        named, _, rest = letter.to.partition(":")
        channel, target = letter.channel, letter.to
        if rest and channel in (None, named) and any(named == name for name, _ in self.channels):
            channel, target = named, rest
        if channel is None and len({name for name, _ in self.channels}) == 1:
            channel = next(iter(self.channels))[0]
        if channel is None:
            raise UnknownKeyError(f"say by which channel; there is {known}")
        account = letter.account or "default"
        if (channel, account) not in self.channels:
            raise UnknownKeyError(
                f"no channel {channel[:32]} with the account {account[:32]} is set up; there is {known}"
            )
        return Address(channel, target, account, letter.thread)
