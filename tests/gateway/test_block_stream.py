from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from openclaw.bus import Bus
from openclaw.gateway import notices
from openclaw.gateway.block_stream import BlockParts, BlockStream, Recipient, quoted
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.remainder import Pacer
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Draft
from openclaw.store.streams import Delivered, StreamLedger
from openclaw.types.conversation import Usage
from openclaw.types.errors import StorageFullError
from openclaw.types.events import (
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolStarted,
    TurnEvent,
)
from openclaw.types.messages import Inbound, Sender
from tests.gateway.harness import MAIN, OWNER, TELEGRAM, to
from tests.gateway.scripted import NOW, ControlledClock, FakeChannel

RULES = BlockRules(min_chars=10, max_chars=40, join_min=10, join_max=10, idle_seconds=0.0)
FIRST, SECOND = "The first part.\n\n", "The second part.\n\n"
REPLIED = ModelReplied("run", MAIN, "m", Usage())
TOOL = ToolStarted("run", MAIN, "c", "get_weather", {})


class MemoryLedger(StreamLedger):
    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.open = True
        self.full = False

    async def post(self, run_id: str, inbox_seq: int, drafts: Sequence[Draft]) -> bool:
        if self.full:
            raise StorageFullError("no room")
        self.drafts += drafts if self.open else []
        return self.open

    def texts(self) -> list[str]:
        return [draft.part.text for draft in self.drafts]

    def sources(self) -> list[tuple[int, str]]:
        return [(draft.block.step, draft.block.source) for draft in self.drafts if draft.block is not None]


def stream(
    ledger: MemoryLedger,
    rules: BlockRules = RULES,
    *,
    secrets: frozenset[str] = frozenset(),
    pauses: tuple[int, int] = (0, 0),
    **more: Any,
) -> BlockStream:
    event = Inbound("telegram", Sender(OWNER), "hi", 0, reply_to=to(OWNER))
    row = InboxRow(1, "telegram:1", *TELEGRAM, NOW, event, "running", "owner", "main", MAIN, "run", "t_1")
    recipient = Recipient("run", row, to(OWNER), FakeChannel(), 0, "", reasoning=False)
    pacer = Pacer(ControlledClock(), *pauses)
    parts = BlockParts(ledger, Bus(), lambda: secrets, rules, pacer)
    return BlockStream(parts, replace(recipient, **more))


def writes(text: str) -> TextDelta:
    return TextDelta("run", MAIN, text)


async def show(blocks: BlockStream, *events: TurnEvent, now: float = 0.0) -> None:
    for event in events:
        blocks.see(event)
    while (due := blocks.due(now)) is not None and due <= now:
        await blocks.act()


async def test_a_block_waits_for_another_one_until_it_is_quiet() -> None:
    ledger = MemoryLedger()
    blocks = stream(ledger, replace(RULES, join_max=60, idle_seconds=1.0))

    await show(blocks, writes(FIRST))
    assert (ledger.texts(), blocks.due(0.0)) == ([], 1.0)
    await show(blocks, writes(SECOND), now=0.5)
    assert blocks.due(0.5) == 1.5
    await show(blocks, now=1.5)

    assert ledger.sources() == [(0, FIRST + SECOND)]


async def test_at_the_end_of_messages_only_what_tools_follow_is_sent_here() -> None:
    ledger = MemoryLedger()
    blocks = stream(ledger, replace(RULES, whole_messages=True))

    await show(blocks, writes(FIRST * 4))
    assert ledger.texts() == []
    await show(blocks, REPLIED, TOOL)
    assert "".join(source for _, source in ledger.sources()) == FIRST * 4
    assert len(ledger.drafts) > 1
    await show(blocks, writes(SECOND * 4), REPLIED)

    assert {step for step, _ in ledger.sources()} == {0}


async def test_a_secret_is_not_sent_in_two_halves() -> None:
    ledger = MemoryLedger()
    blocks = stream(ledger, secrets=frozenset({"sk-ant-1234567890"}))

    await show(blocks, writes("The key to it is: sk-ant-12345"), writes("67890\n\n"), writes(FIRST))

    assert "sk-" not in "".join(ledger.texts())
    assert notices.WITHHELD in "".join(ledger.texts())


async def test_words_that_differ_from_what_was_sent_are_left_to_the_end() -> None:
    ledger = MemoryLedger()
    blocks = stream(ledger)

    await show(blocks, writes(FIRST))
    await show(blocks, ReplyWithdrawn("run", MAIN), writes(SECOND + FIRST))

    assert ledger.sources() == [(0, FIRST)]
    await show(blocks, REPLIED, TOOL, writes(SECOND))
    assert ledger.sources() == [(0, FIRST), (1, SECOND)]


@pytest.mark.parametrize("trouble", ["open", "full"])
async def test_when_a_block_cannot_be_kept_all_further_words_are_left_to_the_end(trouble: str) -> None:
    ledger = MemoryLedger()
    blocks = stream(ledger)
    setattr(ledger, trouble, trouble == "full")

    await show(blocks, writes(FIRST))
    setattr(ledger, trouble, trouble == "open")
    await show(blocks, writes(SECOND), REPLIED, TOOL, writes(FIRST))

    assert ledger.texts() == []


async def test_what_a_former_life_had_begun_to_say_before_a_tool_is_completed_first() -> None:
    ledger = MemoryLedger()
    blocks = stream(ledger, steps=2, last_said=FIRST + "Let me look.")
    blocks.prepare(Delivered({1: FIRST}, 1))

    await show(blocks, writes(SECOND))

    assert ledger.sources() == [(1, "Let me look."), (2, SECOND)]


async def test_what_a_former_life_had_not_begun_to_say_before_a_tool_is_passed_over() -> None:
    ledger = MemoryLedger()
    blocks = stream(ledger, steps=1, last_said="Let me look.")
    blocks.prepare(Delivered())

    await show(blocks, writes(SECOND))

    assert ledger.sources() == [(1, SECOND)]


async def test_reasoning_goes_only_to_those_who_asked_for_it() -> None:
    ledger, asked = MemoryLedger(), MemoryLedger()
    thought = ReasoningDelta("run", MAIN, "Warm.\nVery warm.")

    await show(stream(ledger), thought, writes(FIRST))
    await show(stream(asked, reasoning=True), thought, writes(FIRST))

    assert ledger.texts() == [FIRST]
    assert asked.texts() == [quoted("Warm.\nVery warm."), FIRST]
    assert asked.sources() == [(0, FIRST)]


async def test_there_is_a_pause_before_every_block_but_the_first() -> None:
    ledger = MemoryLedger()

    blocks = stream(ledger, pauses=(800, 800))
    for text in (FIRST, SECOND, FIRST):
        await show(blocks, writes(text))

    assert [draft.not_before for draft in ledger.drafts] == [None, NOW + 800, NOW + 1600]


async def test_code_that_is_cut_is_closed_and_opened_again() -> None:
    ledger = MemoryLedger()
    code = "```python\n" + "".join(f"number_{number} = {number}\n" for number in range(6)) + "```\n\n"

    await show(stream(ledger), writes(code), REPLIED, TOOL)

    assert "".join(source for _, source in ledger.sources()) == code
    assert all(text.startswith("```python\n") for text in ledger.texts()[:2])
    assert all(text.count("```") % 2 == 0 for text in ledger.texts())
