"""An answer sent in finished blocks while the model writes: each a row of the outbox, none of them ever unsent."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openclaw.bus import Bus
from openclaw.gateway import notices
from openclaw.gateway.chunker import BlockRules, Coalescer, chunks, next_cut, open_fence, standing_alone
from openclaw.gateway.redaction import withheld, without_secrets
from openclaw.gateway.remainder import Pacer, Settled
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Block, Draft
from openclaw.store.streams import Delivered, StreamLedger
from openclaw.types.channel import Channel
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.types.events import (
    ModelReplied,
    ReasoningDelta,
    ReplyReady,
    ReplyWithdrawn,
    TextDelta,
    ToolStarted,
    TurnEvent,
)
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Part

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BlockParts:
    ledger: StreamLedger
    bus: Bus
    secrets: Callable[[], frozenset[str]]
    rules: BlockRules
    pacer: Pacer


@dataclass(frozen=True, slots=True)
class Recipient:
    run_id: str
    row: InboxRow
    to: Address
    channel: Channel
    steps: int
    """Model messages of the turn that are recorded: the number of the next one."""
    last_said: str
    """The text of the last recorded one."""
    reasoning: bool
    """Asked for the model's reasoning as well."""
    tamed: Callable[[str], str] = str
    """A text with the links that may stand in it."""


def quoted(reasoning: str) -> str:
    lines = "\n".join(f"> {line}" for line in reasoning.strip().splitlines())
    return f"{notices.REASONING}\n{lines}"


class BlockStream:
    """What was begun of a message with tool calls is completed; the rest of the last message is the turn's end's."""

    def __init__(self, parts: BlockParts, recipient: Recipient) -> None:
        self._parts = parts
        self._for = recipient
        self._coalescer = Coalescer(parts.rules)
        self._step = recipient.steps
        self._text = ""
        self._reasoning = ""
        self._replied: tuple[int, str] | None = None
        """A whole message; the last one of all if no tool follows."""
        self._finished: deque[tuple[int, str] | str] = deque()
        """Whole messages that tools follow, and reasoning."""
        self._ready: deque[str] = deque()
        """Blocks of the present message."""
        self._sent: dict[int, str] = {}
        self._over = False

    def prepare(self, delivered: Delivered) -> None:
        """What an earlier life of the daemon had begun is completed first."""
        self._sent = dict(delivered.blocks)
        before = self._for.steps - 1
        if self._sent.get(before):
            self._finished.append((before, self._for.last_said))

    def see(self, event: TurnEvent) -> None:
        match event:
            case TextDelta():
                self._end_reasoning()
                self._text += event.text
            case ReasoningDelta() if self._for.reasoning:
                self._reasoning += event.text
            case ReplyWithdrawn():
                self._begin_message()
            case ModelReplied():
                self._end_reasoning()
                self._replied = (self._step, self._text)
                self._step += 1
                self._begin_message()
            case ToolStarted() if self._replied is not None:
                self._finished.append(self._replied)
                self._replied = None
            case _:
                pass

    def lost(self) -> None:
        """Events are gone: what has been sent stays right, and the turn's end sends the rest."""
        self._over = True

    def settled(self, delivered: Delivered) -> Settled:
        return Settled(delivered, self._parts.rules, self._parts.pacer.next)

    def due(self, now: float) -> float | None:
        if self._over:
            return None
        if not self._finished and not self._ready and not self._parts.rules.whole_messages:
            self._cut(now)
        return now if self._finished or self._ready else self._coalescer.due()

    async def act(self) -> None:
        while self._finished and not self._over:
            match self._finished.popleft():
                case str() as reasoning:
                    await self._post(self._composed(quoted(self._redacted(reasoning))))
                case step, text:
                    await self._complete(step, self._redacted(text))
        # The message may be withdrawn while one of its blocks is written.
        while self._ready and not self._over:
            await self._send(self._step, self._ready.popleft())

    def _begin_message(self) -> None:
        self._text = self._reasoning = ""
        self._ready.clear()
        self._coalescer.clear()

    def _end_reasoning(self) -> None:
        if self._reasoning.strip():
            self._finished.append(self._reasoning)
        self._reasoning = ""

    def _cut(self, now: float) -> None:
        text = withheld(self._text, self._parts.secrets())
        taken = self._sent.get(self._step, "") + self._coalescer.held
        if not text.startswith(taken):
            self._coalescer.clear()  # another beginning than the one that was sent, or not as far yet
            return
        if notices.SILENT.startswith(text.strip()):
            return
        while cut := next_cut(text[len(taken) :], self._parts.rules, open_fence(taken)):
            block = text[len(taken) : len(taken) + cut]
            self._ready += self._coalescer.add(block, now)
            taken += block
        self._ready += self._coalescer.idle(now)

    async def _complete(self, step: int, text: str) -> None:
        """A message that tools follow is not owed to anybody: one that differs from what was sent is left there."""
        sent = self._sent.get(step, "")
        if text.startswith(sent) and text.strip() != notices.SILENT:
            for chunk in chunks(text[len(sent) :], self._parts.rules, sent):
                if chunk.source.strip():
                    await self._send(step, chunk.source)

    async def _send(self, step: int, source: str) -> None:
        sent = self._sent.get(step, "")
        if await self._post(self._composed(standing_alone(source, open_fence(sent))), Block(step, source)):
            self._sent[step] = sent + source

    def _composed(self, text: str) -> Sequence[Part]:
        return self._for.channel.compose(self._for.tamed(text)) or [Part(text)]

    def _redacted(self, text: str) -> str:
        return without_secrets(text, self._parts.secrets())

    async def _post(self, parts: Sequence[Part], block: Block | None = None) -> bool:
        row, to, pacer = self._for.row, self._for.to, self._parts.pacer
        drafts = [
            Draft(
                new_id("o"), to, part, 0, "reply", row.role, row.trace_id,
                not_before=pacer.next() if number == 0 else None,
                block=block if number == 0 else None,
            )
            for number, part in enumerate(parts)
        ]  # fmt: skip
        try:
            posted = await self._parts.ledger.post(self._for.run_id, row.seq, drafts)
        except (StorageFullError, StorageBusyError) as error:
            logger.warning("%s; the rest of the answer is sent at its end", error)
            posted = False
        if posted:
            await self._parts.bus.publish(ReplyReady(to))
        self._over = self._over or not posted
        return posted
