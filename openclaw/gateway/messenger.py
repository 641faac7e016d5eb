"""Messages that the assistant sends of its own accord, besides its answers."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from openclaw.agent.tools.base import Scene, ToolError, ToolInputError
from openclaw.agent.tools.conversations.config import MessageToolConfig
from openclaw.agent.tools.conversations.port import Letter
from openclaw.bus import Bus
from openclaw.compliance.reasons import explained
from openclaw.gateway.enclosures import Enclosures
from openclaw.gateway.links import tamed
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Caps, Draft
from openclaw.types.channel import Channel, Enclosing
from openclaw.types.clock import Clock
from openclaw.types.errors import EnclosureError
from openclaw.types.events import ReplyReady
from openclaw.types.messages import Address, Parts
from openclaw.types.sending import ALLOW, GATED, Purpose, Verdict

HOUR_MS = 3_600_000

Foresee = Callable[[Address, str, Purpose], Awaitable[Verdict]]
"""What the gates would say of a text to a telephone: `Clearance.explain`."""


@dataclass(frozen=True, slots=True)
class MessengerParts:
    ledger: Ledger
    bus: Bus
    channels: Mapping[tuple[str, str], Channel]
    clock: Clock
    enclosures: Enclosures | None = None
    foresee: Foresee | None = None


class HouseMessenger:
    """Satisfies `agent.tools.conversations.port.Messenger`."""

    def __init__(self, parts: MessengerParts, config: MessageToolConfig) -> None:
        self._parts = parts
        self._config = config

    def adopt(self, config: MessageToolConfig) -> None:
        self._config = config

    def address(self, channel: str | None, target: str | None, account: str | None, scene: Scene) -> Address:
        here = scene.reply_to
        if target is None:
            if here is None or (channel is not None and channel != here.channel):
                raise ToolInputError("target is required: this conversation has no address of its own there")
            return here
        named, _, rest = target.partition(":")
        if rest and channel is None and any(named == known for known, _ in self._parts.channels):
            channel, target = named, rest
        channel = channel or (here.channel if here is not None else None)
        if channel is None:
            raise ToolInputError(f"channel is required; there is {self._known()}")
        account = account or (here.account if here is not None and here.channel == channel else "default")
        if (channel, account) not in self._parts.channels:
            raise ToolError(
                f"no channel {channel} with the account {account} is set up; there is {self._known()}"
            )
        if here is not None and (here.channel, here.account, here.chat) == (channel, account, target):
            return here
        return Address(channel, target, account)

    async def send(self, letter: Letter, scene: Scene) -> str:
        parts, to = self._parts, letter.to
        name = hashlib.sha256(f"{scene.run_id}\0{scene.call_id}".encode()).hexdigest()[:20]
        # Made again after a crash, the call would find another file by now, and gates that say "twice".
        if (letter.media or to.channel in GATED) and (known := await self._sent_before(f"o_{name}_0")):
            return known
        messages = await self._composed(letter, scene)
        if not messages:
            raise ToolInputError("message is required")
        verdict = await self._foreseen(to, messages[0].text)
        drafts = [
            Draft(f"o_{name}_{number}", to, part, number, "message", "stranger", scene.trace_id)
            for number, part in enumerate(messages)
        ]
        caps = Caps(self._config.max_per_turn, self._config.max_per_hour)
        if cap := await parts.ledger.post_letter(drafts, caps, parts.clock.now_ms() - HOUR_MS):
            raise ToolError(f"no more messages go out for now: tools.message.{cap} is reached")
        await parts.bus.publish(ReplyReady(to))
        # Refused, it stands in the outbox all the same: the record says who wanted what, and why not.
        if verdict.outcome == "block":
            raise ToolError(f"not sent: {explained(verdict)}")
        waits = f"; it waits: {explained(verdict)}" if verdict.outcome != "allow" else ""
        return drafts[0].id + waits

    async def _foreseen(self, to: Address, text: str) -> Verdict:
        """The model should not believe that somebody has read what the gates keep back."""
        if to.channel not in GATED or self._parts.foresee is None:
            return ALLOW
        return await self._parts.foresee(to, text, "message")

    async def _sent_before(self, name: str) -> str:
        state, _ = await self._parts.ledger.send_state(name)
        if state == "refused":
            raise ToolError("not sent: it was refused before; openclaw outbox list says why")
        return name if state is not None else ""

    async def _composed(self, letter: Letter, scene: Scene) -> Parts:
        to = letter.to
        channel, enclosures = self._parts.channels[to.channel, to.account], self._parts.enclosures
        text = tamed(letter.text, scene.role, (*scene.history, *scene.entries))
        if not letter.media:
            return channel.compose(text)
        if not isinstance(channel, Enclosing) or enclosures is None:
            raise ToolError(
                f"{to.channel} sends no files from here; send its words instead, or say where it lies"
            )
        file = await enclosures.keep(letter.media, scene.workspace)
        try:
            return channel.enclose(file, text)
        except EnclosureError as error:
            raise ToolError(str(error)) from error

    def _known(self) -> str:
        return ", ".join(sorted({name for name, _ in self._parts.channels})) or "none"
