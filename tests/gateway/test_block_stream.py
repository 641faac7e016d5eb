from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.bus import Bus
from openclaw.gateway import notices
from openclaw.gateway.block_stream import BlockParts, BlockStream, Recipient, quoted
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.remainder import Pacer
from openclaw.gateway.streaming import StreamPlan
from openclaw.llm.chat import Delta, ModelError
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Draft
from openclaw.store.streams import Delivered, StreamLedger
from openclaw.types.conversation import ToolCall, Usage
from openclaw.types.errors import DeliveryError, StorageFullError
from openclaw.types.events import (
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolStarted,
    TurnEvent,
)
from openclaw.types.messages import Inbound, Sender
from tests.gateway.harness import MAIN, OWNER, TELEGRAM, House, Plan, open_house, said, to
from tests.gateway.scripted import (
    MODEL,
    NOW,
    ControlledClock,
    FakeChannel,
    FakeTool,
    Writes,
    answering,
    calls,
    forever,
    hangs,
    says,
)

RULES = BlockRules(min_chars=10, max_chars=40, join_min=10, join_max=10, idle_seconds=0.0)
BLOCKS = Plan(stream=StreamPlan(blocks=True), blocks=replace(RULES, max_chars=30))
FIRST, SECOND, THIRD = "The first part.\n\n", "The second part.\n\n", "The third part."
WEATHER = ToolCall("toolu_1", "get_weather", {})
REPLIED = ModelReplied("run", MAIN, "m", Usage())
TOOL = ToolStarted("run", MAIN, "c", "get_weather", {})


@pytest.fixture
def plan() -> Plan:
    return BLOCKS


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


# -- over a whole gateway ----------------------------------------------------------------------------------


async def test_finished_blocks_are_there_while_the_model_still_writes(house: House) -> None:
    goes_on = anyio.Event()
    house.model.will(
        Writes([FIRST, "The sec", goes_on, "ond part.\n\n", THIRD], says(FIRST + SECOND + THIRD))
    )

    await house.receive(said("hi"))
    await house.until_sent(FIRST)
    goes_on.set()
    await house.settled()

    assert house.channel.texts() == [FIRST, SECOND, THIRD]
    assert await house.column("SELECT part FROM outbox ORDER BY seq") == [0, 1, 2]
    assert (await house.transcript())[-1]["content"] == FIRST + SECOND + THIRD


async def test_what_is_asked_again_goes_on_behind_what_was_sent(house: House) -> None:
    sent = anyio.Event()
    house.model.will(Writes([FIRST, sent, None, FIRST[:5], FIRST[5:], SECOND], says(FIRST + SECOND + THIRD)))

    await house.receive(said("hi"))
    await house.until_sent(FIRST)
    sent.set()
    await house.settled()

    assert "".join(house.channel.texts()) == FIRST + SECOND + THIRD


async def test_another_answer_than_the_one_begun_is_sent_whole_and_says_so(house: House) -> None:
    sent = anyio.Event()
    house.model.will(Writes([FIRST, sent, None, SECOND], says(SECOND)))

    await house.receive(said("hi"))
    await house.until_sent(FIRST)
    sent.set()
    await house.settled()

    assert house.channel.texts()[0] == FIRST
    assert "".join(house.channel.texts()[1:]) == f"{notices.ANEW}\n\n{SECOND}"


async def test_what_is_said_before_a_tool_is_completed_while_the_tool_is_used(house: House) -> None:
    house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
    sent = anyio.Event()
    spoken = FIRST + "Let me look"
    house.model.will(Writes([FIRST, sent, "Let me look"], calls(WEATHER, text=spoken)), hangs)

    await house.receive(said("hi"))
    await house.until_sent(FIRST)
    sent.set()
    await house.until_sent(FIRST, "Let me look")


@pytest.mark.parametrize("text", [notices.SILENT, f" {notices.SILENT}\n"])
async def test_silence_is_never_sent_in_pieces(house: House, text: str) -> None:
    house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
    house.model.will(
        Writes([text[:4], text[4:]], calls(WEATHER, text=text)), Writes([text[:4], text[4:]], says(text))
    )

    await house.receive(said("hi"))
    await house.settled()

    assert house.channel.texts() == []


async def test_an_answer_that_breaks_off_leaves_its_blocks_and_the_reason(house: House) -> None:
    sent = anyio.Event()
    house.model.will(Writes([FIRST, sent, SECOND[:4]], ModelError(MODEL, "invalid", "no")))

    await house.receive(said("hi"))
    await house.until_sent(FIRST)
    sent.set()
    await house.settled()

    assert house.channel.texts()[0] == FIRST
    assert notices.ANEW not in "".join(house.channel.texts())
    assert "could not answer" in "".join(house.channel.texts()[1:])


async def test_a_turn_that_is_stopped_sends_nothing_more(house: House) -> None:
    house.model.will(Writes([FIRST, "The sec", anyio.Event()], says("never")))

    await house.receive(said("hi"))
    await house.until_sent(FIRST)
    house.turns.abort("agent:main:main")
    await house.settled()

    assert house.channel.texts() == [FIRST]


async def test_reasoning_that_was_asked_for_is_a_message_of_its_own_and_no_part_of_the_answer(
    house: House,
) -> None:
    await house.ask_for_reasoning()
    sent, thoughts = anyio.Event(), [Delta("thinking", "Warm"), Delta("thinking", ", I think.")]
    house.model.will(Writes([*thoughts, "The", sent], says(FIRST)))

    await house.receive(said("hi", number=2))
    await house.until_sent("Yes.", f"{notices.REASONING}\n> Warm, I think.")
    sent.set()
    await house.settled()

    assert house.channel.texts()[2:] == [FIRST]
    assert (await house.transcript())[-1]["content"] == FIRST


async def test_a_next_life_goes_on_behind_the_blocks_of_the_last(state_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    async with open_house(state_dir, BLOCKS) as house, house.working():
        house.model.will(Writes([FIRST, anyio.Event()], says("never")))
        await house.receive(said("hi"))
        await house.until_rows("SELECT state FROM outbox", ["sent"])
        await house.snapshot(copy)
    second = Plan(stream=BLOCKS.stream, blocks=BLOCKS.blocks, boot="boot_2")
    async with open_house(copy, second) as house, house.working():
        house.model.will(Writes([FIRST, SECOND], says(FIRST + SECOND + THIRD)))
        await house.settled()

        assert house.channel.texts() == [SECOND, THIRD]


async def test_what_was_said_before_a_tool_is_completed_by_the_next_life(
    state_dir: Path, tmp_path: Path
) -> None:
    copy, spoken = tmp_path / "copy", FIRST + "Let me look"
    async with open_house(state_dir, BLOCKS) as house, house.working():
        house.briefing.tools = {"get_weather": FakeTool(lambda arguments: forever())}
        house.model.will(Writes([FIRST], calls(WEATHER, text=spoken)))
        house.channel.will_raise(OWNER, DeliveryError(to(OWNER), "Too Many Requests", retry_after=3600))
        await house.receive(said("hi"))
        await house.until_rows("SELECT kind FROM steps", ["model"])
        await house.until_rows("SELECT source FROM outbox WHERE retry_at IS NOT NULL", [FIRST])
        await house.snapshot(copy)
    second = Plan(stream=BLOCKS.stream, blocks=BLOCKS.blocks, boot="boot_2")
    async with open_house(copy, second) as house, house.working():
        house.clock.advance(7200)
        house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
        house.model.will(says(THIRD))
        await house.settled()

        assert "".join(house.channel.texts()) == spoken + THIRD
