"""From the outbox to people: claimed in the ledger, sent, recorded; one at a time per address, in order."""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import anyio
from anyio.abc import TaskGroup

from openclaw.bus import Bus
from openclaw.compliance import gates
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.tracing import span
from openclaw.sessions.sessions import Sessions
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Later
from openclaw.types.channel import Channel
from openclaw.types.clock import Clock
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.events import ReplyReady, ReplySent
from openclaw.types.messages import Address, Role
from openclaw.types.sending import Facts, SendIntent, Verdict

logger = logging.getLogger(__name__)

AmbiguousPolicy = Literal["resend-once-marked", "ask", "drop"]
LONGEST_WAIT_SECONDS = 300.0
ADDRESSES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class DeliveryParts:
    ledger: Ledger
    sessions: Sessions
    channels: Mapping[tuple[str, str], Channel]
    bus: Bus
    clock: Clock
    secrets: Callable[[], frozenset[str]]


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    attempts: int = 8
    on_ambiguous: AmbiguousPolicy | None = None

    def policy(self, audience: Role) -> AmbiguousPolicy:
        """Resend to owners, who forgive a marked copy; ask before a stranger gets a message twice."""
        return self.on_ambiguous or ("resend-once-marked" if audience == "owner" else "ask")


def wait_seconds(attempts: int, asked: float, chance: float) -> float:
    """Pure. What the provider asks for, else doubling from one second, with up to a quarter more by chance."""
    return max(asked, min(2.0 ** (attempts - 1), LONGEST_WAIT_SECONDS) * (1 + chance / 4))


class Delivery:
    def __init__(self, parts: DeliveryParts, rules: DeliveryRules) -> None:
        self._parts = parts
        self._rules = rules
        self._lanes: Lanes[Address] = Lanes(self._send_next, at_once=ADDRESSES_AT_ONCE)
        self._group: TaskGroup | None = None

    async def run(self) -> None:
        """Until cancelled. The first pass settles and sends what an earlier life of the daemon left."""
        # Subscribed before the table is read: a row written in between is found by one or by the other.
        with self._parts.bus.subscribe(ReplyReady, depth=256, lossless=True) as ready:
            async with anyio.create_task_group() as group:
                self._group = group
                await group.start(self._lanes.run)
                for doubtful in await self._parts.ledger.doubt_unanswered():
                    await self._settle_ambiguous(doubtful.id, doubtful.audience)
                for address in await self._parts.ledger.addresses_due():
                    self._lanes.wake(address)
                async for event in ready:
                    if isinstance(event, ReplyReady):
                        self.wake(event.to)

    def wake(self, to: Address) -> None:
        self._lanes.wake(Address(to.channel, to.chat, to.account))

    async def finish(self) -> None:
        """Returns when the sends under way have ended."""
        await self._lanes.finish()

    async def _send_next(self, to: Address) -> bool:
        channel = self._parts.channels.get((to.channel, to.account))
        if channel is None:
            return False  # it waits in the outbox until its channel is configured again
        match await self._parts.ledger.claim(to, self._decide):
            case None:
                return False
            case Later(at):
                self._wake_later(to, (at - self._parts.clock.now_ms()) / 1000)
                return False
            case Claimed() as claimed:
                await self._send(channel, claimed)
                return True

    def _decide(self, intent: SendIntent) -> Verdict:
        return gates.decide(intent, Facts(self._parts.clock.now_ms(), self._parts.secrets()))

    def _wake_later(self, to: Address, seconds: float) -> None:
        async def wait() -> None:
            await anyio.sleep(max(0.0, seconds))
            self._lanes.wake(to)

        if self._group is not None:
            self._group.start_soon(wait)

    async def _send(self, channel: Channel, claimed: Claimed) -> None:
        message, parts = claimed.message, self._parts
        at, started = parts.clock.now_ms(), parts.clock.monotonic()
        try:
            provider_id = await channel.send(message)
        except DeliveryError as error:
            await self._refused(claimed, error, at)
        except AmbiguousDeliveryError as error:
            logger.warning("%s (message %s)", error, message.id)
            await parts.ledger.settle_send(message.id, "ambiguous", error.reason, claimed.trace_id)
            await self._settle_ambiguous(message.id, claimed.audience)
        else:
            ms = (parts.clock.monotonic() - started) * 1000
            facts = {"channel": message.to.channel, "providerId": provider_id, "attempts": claimed.attempts}
            released = await parts.ledger.sent(claimed, provider_id, span("send", at, ms, **facts))
            for session_key in dict.fromkeys(released):
                await parts.sessions.take_released(session_key)
            await parts.bus.publish(ReplySent(message.id, message.to, claimed.trace_id))

    async def _refused(self, claimed: Claimed, error: DeliveryError, at: int) -> None:
        if error.retry_after is None or claimed.attempts >= self._rules.attempts:
            logger.error(
                "%s; it is given up after %d attempts (message %s)",
                error,
                claimed.attempts,
                claimed.message.id,
            )
            await self._parts.ledger.settle_send(claimed.message.id, "failed", error.reason, claimed.trace_id)
            return
        wait = wait_seconds(claimed.attempts, error.retry_after, random.random())  # noqa: S311 - jitter, no secret
        logger.warning("%s; tried again in %.1f s (message %s)", error, wait, claimed.message.id)
        due = self._parts.clock.now_ms() + round(wait * 1000)
        told = span("send", at, 0.0, refused=error.reason, retryInSeconds=round(wait, 1))
        await self._parts.ledger.retry_send(claimed, due, error.reason, told)

    async def _settle_ambiguous(self, outbox_id: str, audience: Role) -> None:
        match self._rules.policy(audience):
            case "resend-once-marked":
                logger.warning(
                    "message %s may have been delivered already; sent once more, marked", outbox_id
                )
                await self._parts.ledger.resend_marked(outbox_id)
                _, to = await self._parts.ledger.send_state(outbox_id)
                if to is not None:
                    self.wake(to)
            case "ask":
                logger.warning(
                    "message %s may have been delivered or not: openclaw outbox resend|drop %s",
                    outbox_id,
                    outbox_id,
                )
            case "drop":
                await self._parts.ledger.settle_send(outbox_id, "dropped", "ambiguous")
