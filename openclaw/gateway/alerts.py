"""What the owner has to know although nobody asked: to the log, the UI, Discord and his own chat, and not too often."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import anyio

from openclaw.bus import Bus, Gap
from openclaw.gateway.alert_rules import (
    DEAD_MS,
    TOLD_IN_CHATS,
    Burst,
    Failing,
    Place,
    Told,
    dead,
    heard,
    is_forgotten,
    overdue,
)
from openclaw.gateway.discord import Discord
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.types.alerts import ALERT_ID
from openclaw.types.channel import Channel, ChannelState
from openclaw.types.clock import Clock
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError, OpenClawError, StorageFullError
from openclaw.types.events import (
    Alerted,
    ChannelChanged,
    Event,
    ReplyReady,
    SendFailed,
    SendInDoubt,
    TurnFinished,
)
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Outbound, Part
from openclaw.types.sending import GATED

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SIGN = "⚠️ "
DISK = "disk"
_ID = ALERT_ID
_MOST_WAITING = 100


@dataclass(frozen=True, slots=True)
class AlertParts:
    ledger: Ledger
    bus: Bus
    channels: Mapping[tuple[str, str], Channel]
    clock: Clock
    owners: Sequence[Address]
    """Where each owner is written to directly, on every account."""
    discord: Discord | None = None


class Outlet:
    """One way by which alerts leave, one after the other: a slow one holds no other up."""

    def __init__(self, tell: Callable[[Alerted], Awaitable[None]]) -> None:
        self._tell = tell
        self._waiting: deque[Alerted] = deque()
        self._arrived = anyio.Event()

    def put(self, alert: Alerted) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            logger.warning("an alert stays in the log: too many others wait")
            return
        self._waiting.append(alert)
        self._arrived.set()

    async def run(self) -> None:
        while True:
            while not self._waiting:
                self._arrived = anyio.Event()
                await self._arrived.wait()
            try:
                await self._tell(self._waiting.popleft())
            except Exception:
                # A channel's own mistake: the next alert may be about it.
                logger.exception("an alert was not told")


class Alerts:
    def __init__(self, parts: AlertParts) -> None:
        self._parts = parts
        self._told: dict[str, Told] = {}
        self._failing: dict[Place, Failing] = {}
        self._bursts: dict[str, Burst] = {}
        self._full = False
        self._outlets = (Outlet(self._tell_owners), Outlet(self._tell_discord))

    def adopt(self, discord: Discord | None) -> None:
        self._parts = replace(self._parts, discord=discord)

    async def run(self) -> None:
        """Until cancelled. What was raised before waits for it."""
        async with anyio.create_task_group() as group:
            for outlet in self._outlets:
                group.start_soon(outlet.run)
            group.start_soon(self._look_again_and_again)
            await self._parts.bus.watch(
                "alerts", self._see, ChannelChanged, SendFailed, SendInDoubt, TurnFinished
            )

    async def alert(self, kind: str, text: str) -> None:
        """See `types.alerts.Alert`."""
        now = self._parts.clock.now_ms()
        self._told[kind], words = heard(self._told.get(kind), text, now)
        logger.log(logging.WARNING if words else logging.INFO, "alert %s: %s", kind, text)
        if words is not None:
            await self._raise(kind, words)

    async def refused(self, channel: str, path: str, reason: str) -> None:
        """A request at the public door that was not from whom it should have been."""
        if self._bursts.setdefault(channel, Burst()).note(reason, self._parts.clock.now_ms()):
            await self.alert(
                f"signatures:{channel}",
                f"Many requests to {path} in the last minutes do not show the right signature or secret"
                f" ({reason}). Either somebody tries the door, or {channel}'s secret here is not its"
                " provider's: openclaw webhooks list",
            )

    async def look(self) -> None:
        """For what tells nobody when its time has come."""
        now = self._parts.clock.now_ms()
        for kind, before in list(self._told.items()):
            self._told[kind], words = overdue(before, now)
            if words is not None:
                await self._raise(kind, words)
            elif is_forgotten(before, now):
                del self._told[kind]
        for place in dead(self._failing, now):
            self._failing[place] = replace(self._failing[place], told=True)
            await self.alert(f"channel:{place[0]}:{place[1]}", _of_dead(place, self._failing[place]))
        full, self._full = self._full, self._parts.ledger.is_full
        if self._full and not full:
            await self.alert(
                DISK, "The disk of the state directory is full. Nothing new is accepted; free some space."
            )

    async def _see(self, event: Event | Gap) -> None:
        match event:
            case ChannelChanged(channel, account, state):
                await self._note_channel((channel, account), state)
            case SendFailed(outbox_id) if not outbox_id.startswith(f"{_ID}_"):
                await self.alert(f"send:{event.to.channel}", _of_failed(event))
            case SendInDoubt(outbox_id, to) if not outbox_id.startswith(f"{_ID}_"):
                await self.alert(f"doubt:{to.channel}", _of_doubtful(event))
            case TurnFinished(reason=reason) if reason.startswith("budget: "):
                cap = reason.removeprefix("budget: ")
                words = f"A budget is spent (budgets.{cap}): {event.text or 'the model was not asked'}"
                await self.alert(f"budget:{cap}", words)
            case _:
                pass

    async def _note_channel(self, place: Place, state: ChannelState) -> None:
        if state.condition == "failing":
            before = self._failing.get(place, Failing(self._parts.clock.now_ms(), ""))
            self._failing[place] = replace(before, reason=state.reason)
        elif state.condition != "starting":
            over = self._failing.pop(place, None)
            if over is not None and over.told and state.condition == "connected":
                await self.alert(f"channel-back:{place[0]}:{place[1]}", f"{_title(place)} works again.")

    async def _raise(self, kind: str, words: str) -> None:
        raised = Alerted(kind, words, self._parts.clock.now_ms())
        await self._parts.bus.publish(raised)
        for outlet in self._outlets:
            outlet.put(raised)

    async def _look_again_and_again(self) -> None:
        while True:
            await self.look()
            await anyio.sleep(LOOK_SECONDS)

    async def _tell_discord(self, alert: Alerted) -> None:
        if self._parts.discord is not None:
            await self._parts.discord.tell(alert.text)

    async def _tell_owners(self, alert: Alerted) -> None:
        if alert.kind in TOLD_IN_CHATS:
            return
        for to in one_each(self._parts.owners):
            channel = self._parts.channels.get((to.channel, to.account))
            if channel is None:
                continue
            parts = channel.compose(SIGN + alert.text)
            # A last row may find room, and then none to be sent.
            if alert.kind == DISK or self._parts.ledger.is_full:
                await self._say(channel, to, parts)
            else:
                await self._post_or_say(channel, to, parts)

    async def _post_or_say(self, channel: Channel, to: Address, parts: Sequence[Part]) -> None:
        """In the outbox it waits for a channel that is down, and outlives a restart."""
        try:
            await self._post(to, parts)
        except StorageFullError:
            await self._say(channel, to, parts)
        except OpenClawError as error:
            logger.warning("an alert is not in the outbox: %s", error)

    async def _post(self, to: Address, parts: Sequence[Part]) -> None:
        for number, part in enumerate(parts):
            draft = Draft(new_id(_ID), to, part, number, "owner", "owner", "")
            await self._parts.ledger.post(draft, None)
        await self._parts.bus.publish(ReplyReady(to))

    async def _say(self, channel: Channel, to: Address, parts: Sequence[Part]) -> None:
        """Past the outbox, which takes nothing now: this is what the owner has to hear of before all else."""
        if to.channel in GATED:
            return
        try:
            for part in parts:
                await channel.send(Outbound(new_id(_ID), to, part))
        except (DeliveryError, AmbiguousDeliveryError) as error:
            logger.warning("an alert did not reach the owner: %s", error)


def one_each(owners: Sequence[Address]) -> list[Address]:
    """Pure. An owner with several bots on a channel is told by the first of them."""
    found = {(to.channel, to.chat): to for to in reversed(owners)}
    return list(reversed(found.values()))


def _of_dead(place: Place, failing: Failing) -> str:
    return f"{_title(place)} has not worked for {DEAD_MS // 60_000} minutes: {failing.reason}"


def _title(place: Place) -> str:
    channel, account = place
    return channel if account == "default" else f"{channel} ({account})"


def _of_doubtful(event: SendInDoubt) -> str:
    return (
        f"A message on {event.to.channel} to {event.to.chat} may have arrived or not. You decide:"
        f" openclaw outbox resend {event.outbox_id}, or openclaw outbox drop {event.outbox_id}"
    )


def _of_failed(event: SendFailed) -> str:
    tries = "at once" if event.attempts == 1 else f"after {event.attempts} tries"
    return (
        f"A message on {event.to.channel} to {event.to.chat} is given up {tries}: {event.reason}. To send it again:"
        f" openclaw outbox resend {event.outbox_id}"
    )
