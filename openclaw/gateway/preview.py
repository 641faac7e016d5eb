"""One message that shows an answer while it is written; the turn's end replaces it by the answer itself."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from openclaw.compliance import gates
from openclaw.gateway import notices
from openclaw.gateway.block_stream import Recipient, quoted
from openclaw.gateway.chunker import BlockRules, next_cut, open_fence
from openclaw.gateway.redaction import withheld
from openclaw.gateway.remainder import Settled
from openclaw.store.streams import Delivered, StreamLedger
from openclaw.types.channel import Editing
from openclaw.types.clock import Clock
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.events import (
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnEvent,
)
from openclaw.types.messages import Address, Part
from openclaw.types.sending import Facts, SendIntent

logger = logging.getLogger(__name__)

PreviewKind = Literal["off", "partial", "block", "progress"]
"""`off`: the reasoning alone, for those who asked for it."""

UNFINISHED = " …"
FEWEST_LETTERS = 30
"""Before so much is written there is no message: it is what a phone shows on its locked screen."""
SHOWN_TOOLS = 8
SHOWN_REASONING = 800


@dataclass(slots=True)
class View:
    """What is known of the answer, as a text for people. Does no I/O."""

    kind: PreviewKind
    rules: BlockRules
    reasoning_shown: bool
    text: str = ""
    reasoning: str = ""
    tools: dict[str, str] = field(default_factory=dict)
    """A line a call, by the call's id."""
    _whole: int = 0
    """How much of the text is finished blocks."""
    _message_ended: bool = False

    def see(self, event: TurnEvent) -> bool:
        """Whether there may be something new to show."""
        match event:
            case TextDelta():
                self._begin_if_ended()
                self.text += event.text
            case ReasoningDelta() if self.reasoning_shown:
                self._begin_if_ended()
                self.reasoning += event.text
            case ReplyWithdrawn():
                self._begin()
            case ModelReplied():
                self._message_ended = True
            case ToolStarted() if self.kind == "progress":
                self.tools[event.call_id] = f"{event.name} …"
            case ToolFinished() if self.kind == "progress":
                self.tools[event.call_id] = f"{'✗' if event.failed else '✓'} {event.name}"
            case _:
                return False
        return True

    def shown(self, secrets: frozenset[str]) -> str:
        """Empty while there is too little to show."""
        words = "" if self.kind in {"off", "progress"} else self._words(secrets)
        if words:
            return words if len(words) >= FEWEST_LETTERS else ""
        above = [quoted(_tail(withheld(self.reasoning, secrets)))] if self.reasoning.strip() else []
        lines = list(self.tools.values())[-SHOWN_TOOLS:]
        return "\n\n".join([*above, "\n".join([notices.WORKING, "", *lines])] if lines else above)

    def _words(self, secrets: frozenset[str]) -> str:
        text = withheld(self.text, secrets)
        if notices.SILENT.startswith(text.strip()):
            return ""
        if self.kind == "partial":
            return text
        while cut := next_cut(text[self._whole :], self.rules, open_fence(text[: self._whole])):
            self._whole += cut
        return text[: self._whole]

    def _begin_if_ended(self) -> None:
        # The last message stays in view until there is something of the next one.
        if self._message_ended:
            self._begin()

    def _begin(self) -> None:
        self.text = self.reasoning = ""
        self._whole = 0
        self._message_ended = False


def _tail(reasoning: str) -> str:
    return reasoning if len(reasoning) <= SHOWN_REASONING else "…" + reasoning[-SHOWN_REASONING:]


@dataclass(frozen=True, slots=True)
class PreviewParts:
    ledger: StreamLedger
    clock: Clock
    secrets: Callable[[], frozenset[str]]
    seconds_apart: float


class Preview:
    """It is no promise: whatever goes wrong costs the preview, never the answer."""

    def __init__(self, parts: PreviewParts, recipient: Recipient, editing: Editing, view: View) -> None:
        self._parts = parts
        self._for = recipient
        self._editing = editing
        self._view = view
        self._changed = False
        self._not_before = 0.0
        self._shown: Part | None = None
        self._over = False
        self._message_id: str | None = None

    def prepare(self, delivered: Delivered) -> None:
        self._message_id = delivered.preview

    def see(self, event: TurnEvent) -> None:
        if self._view.see(event):
            self._changed = True

    def lost(self) -> None:
        """Events are gone, and with them a part of the text."""
        self._over = True

    def settled(self, delivered: Delivered) -> Settled:
        # Known here even when the disk had no room for it.
        return Settled(replace(delivered, preview=self._message_id or delivered.preview))

    def due(self, now: float) -> float | None:
        return max(now, self._not_before) if self._changed and not self._over else None

    async def act(self) -> None:
        self._changed = False
        part = self._part()
        if part is None or part == self._shown:
            return
        try:
            await self._show(part)
        except DeliveryError as error:
            logger.info("%s; the preview waits", error)
            self._over = error.retry_after is None
            self._wait(error.retry_after or 0.0)
        except AmbiguousDeliveryError as error:
            logger.info("%s; that was a preview", error)
            # Without its id the message can never be changed again; an edit is simply repeated.
            self._over = self._message_id is None
            self._wait(0.0)

    def _part(self) -> Part | None:
        text = self._view.shown(self._parts.secrets())
        if not text:
            return None
        parts = self._for.channel.compose(self._for.tamed(text) + UNFINISHED)
        # What goes beyond one message is shown when it is sent.
        self._over = len(parts) > 1
        return parts[0] if parts and self._may_be_sent(parts[0]) else None

    def _may_be_sent(self, part: Part) -> bool:
        row, now = self._for.row, self._parts.clock.now_ms()
        intent = SendIntent(self._for.run_id, self._for.to, part.text, "reply", row.role, 0, now)
        return gates.decide(intent, Facts(now, self._parts.secrets())).outcome == "allow"

    async def _show(self, part: Part) -> None:
        to = self._for.to
        if self._message_id is not None:
            is_there = await self._editing.edit(to, self._message_id, part)
            self._over = self._over or not is_there
        elif await self._parts.ledger.is_clear(Address(to.channel, to.chat, to.account)):
            self._message_id = await self._editing.begin_preview(to, part)
            await self._parts.ledger.keep_preview(self._for.run_id, self._message_id)
        else:
            self._changed = True  # an earlier message is still on its way, and must come first
            self._wait(0.0)
            return
        self._shown = part
        self._wait(0.0)

    def _wait(self, asked_seconds: float) -> None:
        self._not_before = self._parts.clock.monotonic() + max(asked_seconds, self._parts.seconds_apart)
