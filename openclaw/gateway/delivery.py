"""From the outbox to people: claimed in the ledger, sent, recorded; one at a time per address, in order."""

import logging
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import anyio
from anyio.abc import TaskGroup

from openclaw.bus import Bus
from openclaw.compliance import gates
from openclaw.gateway.clearance import Clearance
from openclaw.gateway.doubts import AmbiguousPolicy, Doubts
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.tracing import span
from openclaw.sessions.sessions import Sessions
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Later
from openclaw.store.traces import Span
from openclaw.types.channel import Channel, Editing
from openclaw.types.clock import Clock
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.events import ApprovalResolved, ReplyReady, ReplySent, SendFailed
from openclaw.types.messages import Address, Outbound
from openclaw.types.sending import GATED, Facts, SendIntent, Verdict

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 300.0
LONGEST_NAP_SECONDS = 300.0
ADDRESSES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class DeliveryParts:
    ledger: Ledger
    sessions: Sessions
    channels: Mapping[tuple[str, str], Channel]
    bus: Bus
    clock: Clock
    secrets: Callable[[], frozenset[str]]
    clearance: Clearance | None = None
    """For telephone numbers. Without one, what goes to them is held."""


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    attempts: int = 8
    on_ambiguous: AmbiguousPolicy | None = None


def wait_seconds(attempts: int, asked: float, chance: float) -> float:
    """Pure. What the provider asks for, else doubling from one second, with up to a quarter more by chance."""
    doubled = 2.0 ** min(attempts - 1, 16)
    return max(asked, min(doubled, LONGEST_WAIT_SECONDS) * (1 + chance / 4))


class Delivery:
    def __init__(self, parts: DeliveryParts, rules: DeliveryRules) -> None:
        self._parts = parts
        self._rules = rules
        self._doubts = Doubts(parts, rules.on_ambiguous, self.wake, self._sent)
        self._lanes: Lanes[Address] = Lanes(self._send_next, at_once=ADDRESSES_AT_ONCE)
        self._group: TaskGroup | None = None
        self._alarms: dict[Address, int] = {}
        """When an address is looked at again, in milliseconds since 1970."""

    def adopt(self, rules: DeliveryRules) -> None:
        self._rules = rules
        self._doubts.adopt(rules.on_ambiguous)

    async def run(self) -> None:
        """Until cancelled. The first pass settles and sends what an earlier life of the daemon left."""
        # Subscribed before the table is read: a row written in between is found by one or by the other.
        with self._parts.bus.subscribe(ReplyReady, ApprovalResolved, depth=256, lossless=True) as ready:
            async with anyio.create_task_group() as group:
                self._group = group
                await group.start(self._lanes.run)
                for doubtful in await self._parts.ledger.doubt_unanswered():
                    await self._doubts.decide(doubtful, group)
                await self._wake_all()
                async for event in ready:
                    match event:
                        case ReplyReady():
                            self.wake(event.to)
                        case ApprovalResolved() if event.outcome == "approved":
                            await self._wake_all()  # a message may have been held for this answer
                        case _:
                            pass

    async def _wake_all(self) -> None:
        for address in await self._parts.ledger.addresses_due():
            self._lanes.wake(address)

    def wake(self, to: Address) -> None:
        self._lanes.wake(Address(to.channel, to.chat, to.account))

    async def finish(self) -> None:
        """Returns when all that is due now has been offered to its channel; later rows wait for the next start."""
        await self._wake_all()
        await self._lanes.rest()
        await self._lanes.finish()

    async def _send_next(self, to: Address) -> bool:
        channel = self._parts.channels.get((to.channel, to.account))
        if channel is None:
            return False  # it waits in the outbox until its channel is configured again
        match await self._claim(to):
            case None:
                return False
            case Later(at):
                self._wake_at(to, at)
                return False
            case Claimed() as claimed:
                await self._send(channel, claimed)
                return True

    async def _claim(self, to: Address) -> Claimed | Later | None:
        if to.channel in GATED and self._parts.clearance is not None:
            return await self._parts.clearance.claim(self._parts.ledger, to)
        return await self._parts.ledger.claim(to, self._decide)

    def _decide(self, intent: SendIntent) -> Verdict:
        """Inside the claiming transaction, in the ledger's thread."""
        try:
            verdict = gates.decide(intent, Facts(self._parts.clock.now_ms(), self._parts.secrets()))
        except Exception:
            logger.exception("the gates failed, so message %s is not sent", intent.id)
            return Verdict("block", "gates", "failed")
        if verdict.outcome != "allow":
            logger.warning(
                "message %s: %s by %s (%s)", intent.id, verdict.outcome, verdict.gate, verdict.code
            )
        return verdict

    def _wake_at(self, to: Address, at: int) -> None:
        if self._group is None or self._alarms.get(to, at + 1) <= at:
            return  # however many messages wait for an address, one alarm is enough

        async def wait() -> None:
            # The wall clock goes on while the machine sleeps, this one does not: it looks now and then.
            left = self._seconds_until(at)
            while left > 0:
                await anyio.sleep(min(left, LONGEST_NAP_SECONDS))
                left = self._seconds_until(at)
            if self._alarms.get(to) == at:
                del self._alarms[to]
            self._lanes.wake(to)

        self._alarms[to] = at
        self._group.start_soon(wait)

    def _seconds_until(self, at: int) -> float:
        return (at - self._parts.clock.now_ms()) / 1000

    async def _send(self, channel: Channel, claimed: Claimed) -> None:
        message, parts = claimed.message, self._parts
        at, started = parts.clock.now_ms(), parts.clock.monotonic()
        try:
            provider_id = await self._offer(channel, message)
        except DeliveryError as error:
            await self._refused(claimed, error, at)
        except AmbiguousDeliveryError as error:
            logger.warning("%s (message %s)", error, message.id)
            await self._doubt(claimed, error.reason)
        except Exception as error:
            # A channel's own mistake: nobody knows how far it came, and no other chat suffers for it.
            logger.exception("%s failed while it sent message %s", message.to.channel, message.id)
            await self._doubt(claimed, f"unexpected {type(error).__name__}: {error}")
        else:
            ms = (parts.clock.monotonic() - started) * 1000
            facts = {"channel": message.to.channel, "providerId": provider_id, "attempts": claimed.attempts}
            await self._sent(claimed, provider_id, span("send", at, ms, **facts))

    async def _sent(self, claimed: Claimed, provider_id: str, told: Span) -> None:
        released = await self._parts.ledger.sent(claimed, provider_id, told)
        await self._write_echoes(dict.fromkeys(released))
        await self._parts.bus.publish(ReplySent(claimed.message.id, claimed.message.to, claimed.trace_id))

    async def _offer(self, channel: Channel, message: Outbound) -> str:
        """An edit that may or may not have happened is simply repeated: it is no doubtful send."""
        if message.edits is None:
            return await channel.send(message)
        if isinstance(channel, Editing):
            try:
                if await channel.edit(message.to, message.edits, message.part):
                    return message.edits
            except AmbiguousDeliveryError as error:
                raise DeliveryError(message.to, error.reason, retry_after=0.0) from error
        # Before it leaves as a message of its own: from here on it is one that must not be repeated.
        await self._parts.ledger.send_anew(message.id)
        return await channel.send(message)

    async def _write_echoes(self, session_keys: Iterable[str]) -> None:
        for session_key in session_keys:
            try:
                await self._parts.sessions.take_released(session_key)
            except (OSError, TranscriptError):
                logger.exception(
                    "the transcript of %s cannot be written; the ledger keeps its lines", session_key
                )

    async def _doubt(self, claimed: Claimed, reason: str) -> None:
        await self._parts.ledger.settle_send(claimed.message.id, "ambiguous", reason, claimed.trace_id)
        await self._doubts.settle(claimed.message.id, claimed.audience)

    async def _refused(self, claimed: Claimed, error: DeliveryError, at: int) -> None:
        if error.retry_after is None or claimed.attempts >= self._rules.attempts:
            logger.error(
                "%s; it is given up after %d attempts (message %s)",
                error,
                claimed.attempts,
                claimed.message.id,
            )
            await self._parts.ledger.settle_send(claimed.message.id, "failed", error.reason, claimed.trace_id)
            await self._parts.bus.publish(
                SendFailed(claimed.message.id, claimed.message.to, error.reason, claimed.attempts)
            )
            return
        wait = wait_seconds(claimed.attempts, error.retry_after, random.random())  # noqa: S311 - jitter, no secret
        logger.warning("%s; tried again in %.1f s (message %s)", error, wait, claimed.message.id)
        due = self._parts.clock.now_ms() + round(wait * 1000)
        told = span("send", at, 0.0, refused=error.reason, retryInSeconds=round(wait, 1))
        await self._parts.ledger.retry_send(claimed, due, error.reason, told)
