"""Messages that may have been delivered or not: what becomes of each."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol

from anyio.abc import TaskGroup

from openclaw.bus import Bus
from openclaw.gateway.tracing import span
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Claimed, Doubtful
from openclaw.store.traces import Span
from openclaw.types.channel import Channel, Reconciling
from openclaw.types.clock import Clock
from openclaw.types.errors import ChannelError
from openclaw.types.events import SendInDoubt
from openclaw.types.messages import Address, Role

logger = logging.getLogger(__name__)

AmbiguousPolicy = Literal["resend-once-marked", "ask", "drop"]
Sent = Callable[[Claimed, str, Span], Awaitable[None]]
"""Records that a message has arrived, by the provider's id of it."""


class Parts(Protocol):
    @property
    def ledger(self) -> Ledger: ...
    @property
    def channels(self) -> Mapping[tuple[str, str], Channel]: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def clock(self) -> Clock: ...


def policy(chosen: AmbiguousPolicy | None, audience: Role) -> AmbiguousPolicy:
    """Pure. Resend to owners, who forgive a marked copy; ask before a stranger gets a message twice."""
    return chosen or ("resend-once-marked" if audience == "owner" else "ask")


class Doubts:
    def __init__(
        self, parts: Parts, on_ambiguous: AmbiguousPolicy | None, wake: Callable[[Address], None], sent: Sent
    ) -> None:
        self._parts = parts
        self._on_ambiguous = on_ambiguous
        self._wake = wake
        self._sent = sent

    def adopt(self, on_ambiguous: AmbiguousPolicy | None) -> None:
        self._on_ambiguous = on_ambiguous

    async def decide(self, doubtful: Doubtful, group: TaskGroup) -> None:
        """A message of an earlier life: a provider who lists what he has sent is asked before anybody else."""
        to = doubtful.claimed.message.to
        channel = self._parts.channels.get((to.channel, to.account))
        if isinstance(channel, Reconciling):
            group.start_soon(self._reconcile, doubtful, channel)  # others do not wait for his answer
        else:
            await self.settle(doubtful.claimed.message.id, doubtful.claimed.audience)

    async def _reconcile(self, doubtful: Doubtful, channel: Reconciling) -> None:
        claimed, parts = doubtful.claimed, self._parts
        message, at = claimed.message, parts.clock.now_ms()
        try:
            provider_id = await channel.sent_before(message, doubtful.since)
        except ChannelError as error:
            logger.warning("nobody says whether message %s was sent: %s", message.id, error)
            await self.settle(message.id, claimed.audience)
            return
        if provider_id is None:
            await parts.ledger.resend(message.id)
            self._wake(message.to)
        else:
            facts = {"channel": message.to.channel, "providerId": provider_id, "reconciled": True}
            await self._sent(claimed, provider_id, span("send", at, 0.0, **facts))

    async def settle(self, outbox_id: str, audience: Role) -> None:
        match policy(self._on_ambiguous, audience):
            case "resend-once-marked":
                await self._parts.ledger.resend_marked(outbox_id)
                state, to = await self._parts.ledger.send_state(outbox_id)
                if state != "pending" or to is None:
                    await self._ask_what_to_do(outbox_id)  # the marked copy itself is in doubt
                    return
                logger.warning(
                    "message %s may have been delivered already; sent once more, marked", outbox_id
                )
                self._wake(to)
            case "ask":
                await self._ask_what_to_do(outbox_id)
            case "drop":
                await self._parts.ledger.settle_send(outbox_id, "dropped", "ambiguous")

    async def _ask_what_to_do(self, outbox_id: str) -> None:
        logger.warning(
            "message %s may have been delivered or not: openclaw outbox resend|drop %s", outbox_id, outbox_id
        )
        _, to = await self._parts.ledger.send_state(outbox_id)
        if to is not None:
            await self._parts.bus.publish(SendInDoubt(outbox_id, to))
