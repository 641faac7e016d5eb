"""Answers that people see before they are finished, over a whole gateway: whatever happens, one answer is seen."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.gateway import notices
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.streaming import StreamPlan
from openclaw.llm.chat import Delta, ModelError
from openclaw.types.conversation import ToolCall
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from tests.gateway.harness import OWNER, House, Plan, open_house, said, to
from tests.gateway.scripted import (
    MODEL,
    EditableChannel,
    FakeTool,
    Writes,
    answering,
    calls,
    forever,
    hangs,
    says,
)

RULES = BlockRules(min_chars=10, max_chars=30, join_min=10, join_max=10, idle_seconds=0.0)
BLOCKS = Plan(stream=StreamPlan(blocks=True), blocks=RULES)
PREVIEW = Plan(stream=StreamPlan(preview="partial"), edits=True)
FIRST, SECOND, THIRD = "The first part.\n\n", "The second part.\n\n", "The third part."
WEATHER = ToolCall("toolu_1", "get_weather", {})
LONG = "It is twenty-two degrees in Sydney now"


@pytest.fixture
async def house(state_dir: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    async with open_house(state_dir, request.param) as built, built.working():
        yield built


blocks = pytest.mark.parametrize("house", [BLOCKS], indirect=True, ids=["blocks"])
preview = pytest.mark.parametrize("house", [PREVIEW], indirect=True, ids=["preview"])


def channel(house: House) -> EditableChannel:
    assert isinstance(house.channel, EditableChannel)
    return house.channel


async def until_sent(house: House, *texts: str) -> None:
    await house.changes.until(lambda: house.channel.texts() == list(texts))


def limited(seconds: float | None) -> DeliveryError:
    return DeliveryError(to(OWNER), "Too Many Requests", retry_after=seconds)


# -- blocks -----------------------------------------------------------------------------------------------


@blocks
async def test_finished_blocks_are_there_while_the_model_still_writes(house: House) -> None:
    goes_on = anyio.Event()
    house.model.will(
        Writes([FIRST, "The sec", goes_on, "ond part.\n\n", THIRD], says(FIRST + SECOND + THIRD))
    )

    await house.receive(said("hi"))
    await until_sent(house, FIRST)
    goes_on.set()
    await house.settled()

    assert house.channel.texts() == [FIRST, SECOND, THIRD]
    assert await house.column("SELECT part FROM outbox ORDER BY seq") == [0, 1, 2]
    assert (await house.transcript())[-1]["content"] == FIRST + SECOND + THIRD


@blocks
async def test_what_is_asked_again_goes_on_behind_what_was_sent(house: House) -> None:
    sent = anyio.Event()
    house.model.will(Writes([FIRST, sent, None, FIRST[:5], FIRST[5:], SECOND], says(FIRST + SECOND + THIRD)))

    await house.receive(said("hi"))
    await until_sent(house, FIRST)
    sent.set()
    await house.settled()

    assert "".join(house.channel.texts()) == FIRST + SECOND + THIRD


@blocks
async def test_another_answer_than_the_one_begun_is_sent_whole_and_says_so(house: House) -> None:
    sent = anyio.Event()
    house.model.will(Writes([FIRST, sent, None, SECOND], says(SECOND)))

    await house.receive(said("hi"))
    await until_sent(house, FIRST)
    sent.set()
    await house.settled()

    assert house.channel.texts()[0] == FIRST
    assert "".join(house.channel.texts()[1:]) == f"{notices.ANEW}\n\n{SECOND}"


@blocks
async def test_what_is_said_before_a_tool_is_completed_while_the_tool_is_used(house: House) -> None:
    house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
    sent = anyio.Event()
    spoken = FIRST + "Let me look"
    house.model.will(Writes([FIRST, sent, "Let me look"], calls(WEATHER, text=spoken)), hangs)

    await house.receive(said("hi"))
    await until_sent(house, FIRST)
    sent.set()
    await until_sent(house, FIRST, "Let me look")


@blocks
@pytest.mark.parametrize("text", [notices.SILENT, f" {notices.SILENT}\n"])
async def test_silence_is_never_sent_in_pieces(house: House, text: str) -> None:
    house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
    house.model.will(
        Writes([text[:4], text[4:]], calls(WEATHER, text=text)), Writes([text[:4], text[4:]], says(text))
    )

    await house.receive(said("hi"))
    await house.settled()

    assert house.channel.texts() == []


@blocks
async def test_an_answer_that_breaks_off_leaves_its_blocks_and_the_reason(house: House) -> None:
    sent = anyio.Event()
    house.model.will(Writes([FIRST, sent, SECOND[:4]], ModelError(MODEL, "invalid", "no")))

    await house.receive(said("hi"))
    await until_sent(house, FIRST)
    sent.set()
    await house.settled()

    assert house.channel.texts()[0] == FIRST
    assert notices.ANEW not in "".join(house.channel.texts())
    assert "could not answer" in "".join(house.channel.texts()[1:])


@blocks
async def test_a_turn_that_is_stopped_sends_nothing_more(house: House) -> None:
    house.model.will(Writes([FIRST, "The sec", anyio.Event()], says("never")))

    await house.receive(said("hi"))
    await until_sent(house, FIRST)
    house.turns.abort("agent:main:main")
    await house.settled()

    assert house.channel.texts() == [FIRST]


@blocks
async def test_reasoning_that_was_asked_for_is_a_message_of_its_own_and_no_part_of_the_answer(
    house: House,
) -> None:
    await ask_for_reasoning(house)
    sent, thoughts = anyio.Event(), [Delta("thinking", "Warm"), Delta("thinking", ", I think.")]
    house.model.will(Writes([*thoughts, "The", sent], says(FIRST)))

    await house.receive(said("hi", number=2))
    await until_sent(house, "Yes.", f"{notices.REASONING}\n> Warm, I think.")
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
    second = Plan(stream=BLOCKS.stream, blocks=RULES, boot="boot_2")
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
        house.channel.will_raise(OWNER, limited(3600))
        await house.receive(said("hi"))
        await house.until_rows("SELECT kind FROM steps", ["model"])
        await house.until_rows("SELECT source FROM outbox WHERE retry_at IS NOT NULL", [FIRST])
        await house.snapshot(copy)
    second = Plan(stream=BLOCKS.stream, blocks=RULES, boot="boot_2")
    async with open_house(copy, second) as house, house.working():
        house.clock.advance(7200)
        house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
        house.model.will(says(THIRD))
        await house.settled()

        assert "".join(house.channel.texts()) == spoken + THIRD


# -- previews ---------------------------------------------------------------------------------------------


async def ask_for_reasoning(house: House) -> None:
    await house.receive(said("begin"))
    await house.settled()
    async with house.sessions.use("agent:main:main", "main") as session:
        entry = house.sessions.entry(session)
        entry["reasoningLevel"] = "stream"
        house.sessions.keep_entry(session, entry)


@preview
async def test_one_message_shows_the_answer_and_becomes_it(house: House) -> None:
    goes_on = anyio.Event()
    house.model.will(Writes([LONG, goes_on, ", and sunny."], says(f"{LONG}, and sunny.")))

    await house.receive(said("hi"))
    await until_sent(house, f"{LONG} …")
    goes_on.set()
    await house.settled()

    assert house.channel.texts() == [f"{LONG}, and sunny."]
    assert await house.rows("SELECT edits, provider_id, state FROM outbox") == [
        {"edits": "1", "provider_id": "1", "state": "sent"}
    ]


@preview
async def test_an_answer_longer_than_a_message_begins_in_the_preview(house: House) -> None:
    house.channel.limit = 60
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], says(LONG + "!" * 60)))

    await house.receive(said("hi"))
    await until_sent(house, f"{LONG} …")
    shown.set()
    await house.settled()

    assert house.channel.texts() == [(LONG + "!" * 60)[:60], (LONG + "!" * 60)[60:]]


@preview
async def test_a_preview_that_somebody_deleted_is_followed_by_the_answer(house: House) -> None:
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], says(LONG)))

    await house.receive(said("hi"))
    await until_sent(house, f"{LONG} …")
    channel(house).gone.add("1")
    shown.set()
    await house.settled()

    assert channel(house).seen() == [LONG]
    assert await house.column("SELECT edits FROM outbox") == [None]


@preview
async def test_an_edit_in_doubt_is_repeated_and_never_marked(house: House) -> None:
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], says(LONG)))

    await house.receive(said("hi"))
    await until_sent(house, f"{LONG} …")
    house.channel.will_raise(OWNER, AmbiguousDeliveryError(to(OWNER), "no answer in time"))
    shown.set()
    await house.until_rows("SELECT retry_at IS NOT NULL FROM outbox", [1])
    house.clock.advance(5)
    house.delivery.wake(to(OWNER))
    await house.settled()

    assert house.channel.texts() == [LONG]


@preview
async def test_where_no_preview_can_be_sent_the_answer_comes_as_ever(house: House) -> None:
    house.channel.will_raise(OWNER, limited(None))
    tried = anyio.Event()
    house.model.will(Writes([LONG, tried], says(LONG)))

    await house.receive(said("hi"))
    await house.changes.until(lambda: len(house.channel.offered) == 1)
    tried.set()
    await house.settled()

    assert house.channel.texts() == [LONG]
    assert await house.column("SELECT edits FROM outbox") == [None]


@preview
async def test_a_preview_waits_until_earlier_messages_have_left(house: House) -> None:
    house.channel.will_raise(OWNER, limited(3600))
    house.model.will(says("earlier"))
    await house.receive(said("hi"))
    await house.until_rows("SELECT retry_at IS NOT NULL FROM outbox", [1])
    house.model.will(Writes([LONG], says(LONG)))

    await house.receive(said("and?", number=2))
    await house.until_rows("SELECT count(*) FROM outbox", [2])
    house.clock.advance(7200)
    house.delivery.wake(to(OWNER))
    await house.settled()

    assert house.channel.texts() == ["earlier", LONG]
    assert channel(house).edits == []


@preview
async def test_an_answer_that_is_silence_leaves_no_preview(house: House) -> None:
    house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], calls(WEATHER, text=LONG)), says(notices.SILENT))

    await house.receive(said("hi"))
    await until_sent(house, f"{LONG} …")
    shown.set()
    await house.changes.until(lambda: channel(house).gone == {"1"})

    assert channel(house).seen() == []


@preview
async def test_a_stopped_answer_keeps_what_was_seen_of_it_and_says_that_it_ends_there(house: House) -> None:
    house.model.will(Writes([LONG, anyio.Event()], says("never")))

    await house.receive(said("hi"))
    await until_sent(house, f"{LONG} …")
    house.turns.abort("agent:main:main")
    await house.settled()

    assert house.channel.texts() == [f"{LONG}\n\n{notices.STOPPED}"]


@preview
async def test_reasoning_comes_before_the_answer_in_the_preview_and_is_gone_from_the_answer(
    house: House,
) -> None:
    await ask_for_reasoning(house)
    goes_on = anyio.Event()
    house.model.will(Writes([Delta("thinking", "Warm."), goes_on, LONG], says(LONG)))

    await house.receive(said("hi", number=2))
    await until_sent(house, "Yes.", f"{notices.REASONING}\n> Warm. …")
    goes_on.set()
    await house.settled()

    assert house.channel.texts() == ["Yes.", LONG]


@preview
async def test_reasoning_that_nobody_asked_for_is_not_shown(house: House) -> None:
    house.model.will(Writes([Delta("thinking", "Warm, I think, very warm indeed"), "Hi"], says("Hi")))

    await house.receive(said("hi"))
    await house.settled()

    assert (house.channel.texts(), channel(house).edits) == (["Hi"], [])


async def test_the_next_life_answers_into_the_preview_of_the_last(state_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    async with open_house(state_dir, PREVIEW) as house, house.working():
        house.model.will(Writes([LONG, anyio.Event()], says("never")))
        await house.receive(said("hi"))
        await house.until_rows("SELECT preview FROM turns", ["1"])
        await house.snapshot(copy)
        seen = list(house.channel.sent)
    async with open_house(copy, Plan(stream=PREVIEW.stream, edits=True, boot="boot_2")) as house:
        house.channel.sent = seen
        house.model.will(says("Twenty-two."))
        async with house.working():
            await house.settled()

        assert house.channel.texts() == ["Twenty-two."]


async def test_an_edit_that_was_under_way_at_a_crash_is_repeated(state_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    async with open_house(state_dir, PREVIEW) as house, house.working():
        shown = anyio.Event()
        house.model.will(Writes([LONG, shown], says("Twenty-two.")))
        await house.receive(said("hi"))
        await until_sent(house, f"{LONG} …")

        async def hang(*_: Any) -> bool:
            await forever()

        house.channel.edit = hang  # type: ignore[union-attr, method-assign]
        shown.set()
        await house.until_rows("SELECT state FROM outbox", ["sending"])
        await house.snapshot(copy)
        seen = list(house.channel.sent)
    async with open_house(copy, Plan(stream=PREVIEW.stream, edits=True, boot="boot_2")) as house:
        house.channel.sent = seen
        async with house.working():
            await house.settled()

        assert house.channel.texts() == ["Twenty-two."]


async def test_a_channel_that_cannot_edit_never_previews(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(stream=PREVIEW.stream)) as house, house.working():
        house.model.will(Writes([LONG], says(LONG)))
        await house.receive(said("hi"))
        await house.settled()

        assert [message.part.text for message in house.channel.offered] == [LONG]


async def test_a_watcher_that_lost_something_shows_no_more_and_the_answer_is_whole(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(stream=BLOCKS.stream)) as house, house.working():
        pieces = [f"{number:05d} words.\n\n" for number in range(6000)]
        house.model.will(Writes(pieces, says("".join(pieces))))
        await house.receive(said("hi"))
        await house.settled()

        assert "".join(house.channel.texts()) == "".join(pieces)
        assert await house.column("SELECT count(*) FROM outbox WHERE step IS NOT NULL") == [0]
