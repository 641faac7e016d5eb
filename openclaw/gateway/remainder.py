"""What of an answer is still owed to people who have seen some of it while it was written."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from openclaw.gateway import notices
from openclaw.gateway.chunker import BlockRules, chunks, open_fence, standing_alone
from openclaw.store.streams import Delivered
from openclaw.types.clock import Clock


class Pacer:
    """Leaves time between messages, as somebody who writes them would."""

    def __init__(self, clock: Clock, least_ms: int = 0, most_ms: int = 0) -> None:
        self._clock = clock
        self._range = (least_ms, most_ms)
        self._last: int | None = None

    def next(self) -> int | None:
        """When the next message may leave; None: at once."""
        now, last = self._clock.now_ms(), self._last
        if last is None or not self._range[1]:
            self._last = now
            return None
        self._last = max(now, last) + random.randint(*self._range)  # noqa: S311 - a pause, no secret
        return self._last


def at_once() -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing more is sent of a run but by its end."""

    delivered: Delivered = field(default_factory=Delivered)
    rules: BlockRules | None = None
    """None: messages as long as the channel takes them."""
    pace: Callable[[], int | None] = at_once


def pieces(text: str, step: int, settled: Settled, *, marked: bool) -> list[str]:
    """The messages that follow what has been sent of the turn's last model message, whose number is `step`. Pure.

    Words that were sent and that the text does not begin with cannot be unsent: it then follows whole, and a line
    at its head says that it is the answer (`marked`).
    """
    sent = _sent(step, settled.delivered)
    if sent and not text.startswith(sent):
        text, sent = f"{notices.ANEW}\n\n{text}" if marked and text else text, ""
    rest = text[len(sent) :]
    if settled.rules is None:
        return [standing_alone(rest, open_fence(sent))] if rest.strip() else []
    return [chunk.text for chunk in chunks(rest, settled.rules, sent) if chunk.source.strip()]


def _sent(step: int, delivered: Delivered) -> str:
    last = max(delivered.blocks, default=-1)
    return delivered.blocks[last] if last >= step else ""
