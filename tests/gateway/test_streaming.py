"""Answers that people see before they are finished, over a whole gateway: whatever happens, one answer is seen."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.agent.config import AgentDefaults
from openclaw.gateway import notices
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.streaming import StreamPlan, block_rules
from openclaw.llm.chat import Delta
from openclaw.types.conversation import ToolCall
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from tests.gateway.harness import OWNER, House, Plan, open_house, said, to
from tests.gateway.scripted import (
    EditableChannel,
    FakeTool,
    Writes,
    answering,
    calls,
    forever,
    says,
)

PREVIEW = Plan(stream=StreamPlan(preview="partial"), edits=True)
WEATHER = ToolCall("toolu_1", "get_weather", {})
LONG = "It is twenty-two degrees in Sydney now"


@pytest.fixture
def plan() -> Plan:
    return PREVIEW


def channel(house: House) -> EditableChannel:
    assert isinstance(house.channel, EditableChannel)
    return house.channel


def limited(seconds: float | None) -> DeliveryError:
    return DeliveryError(to(OWNER), "Too Many Requests", retry_after=seconds)


async def test_one_message_shows_the_answer_and_becomes_it(house: House) -> None:
    goes_on = anyio.Event()
    house.model.will(Writes([LONG, goes_on, ", and sunny."], says(f"{LONG}, and sunny.")))

    await house.receive(said("hi"))
    await house.until_sent(f"{LONG} …")
    goes_on.set()
    await house.settled()

    assert house.channel.texts() == [f"{LONG}, and sunny."]
    assert await house.rows("SELECT edits, provider_id, state FROM outbox") == [
        {"edits": "1", "provider_id": "1", "state": "sent"}
    ]


async def test_an_answer_longer_than_a_message_begins_in_the_preview(house: House) -> None:
    house.channel.limit = 60
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], says(LONG + "!" * 60)))

    await house.receive(said("hi"))
    await house.until_sent(f"{LONG} …")
    shown.set()
    await house.settled()

    assert house.channel.texts() == [(LONG + "!" * 60)[:60], (LONG + "!" * 60)[60:]]


async def test_a_preview_that_somebody_deleted_is_followed_by_the_answer(house: House) -> None:
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], says(LONG)))

    await house.receive(said("hi"))
    await house.until_sent(f"{LONG} …")
    channel(house).gone.add("1")
    shown.set()
    await house.settled()

    assert channel(house).seen() == [LONG]
    assert await house.column("SELECT edits FROM outbox") == [None]


async def test_an_edit_in_doubt_is_repeated_and_never_marked(house: House) -> None:
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], says(LONG)))

    await house.receive(said("hi"))
    await house.until_sent(f"{LONG} …")
    house.channel.will_raise(OWNER, AmbiguousDeliveryError(to(OWNER), "no answer in time"))
    shown.set()
    await house.until_rows("SELECT retry_at IS NOT NULL FROM outbox", [1])
    house.clock.advance(5)
    house.delivery.wake(to(OWNER))
    await house.settled()

    assert house.channel.texts() == [LONG]


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


async def test_an_answer_that_is_silence_leaves_no_preview(house: House) -> None:
    house.briefing.tools = {"get_weather": FakeTool(answering("22"))}
    shown = anyio.Event()
    house.model.will(Writes([LONG, shown], calls(WEATHER, text=LONG)), says(notices.SILENT))

    await house.receive(said("hi"))
    await house.until_sent(f"{LONG} …")
    shown.set()
    await house.changes.until(lambda: channel(house).gone == {"1"})

    assert channel(house).seen() == []


async def test_a_stopped_answer_keeps_what_was_seen_of_it_and_says_that_it_ends_there(house: House) -> None:
    house.model.will(Writes([LONG, anyio.Event()], says("never")))

    await house.receive(said("hi"))
    await house.until_sent(f"{LONG} …")
    house.turns.abort("agent:main:main")
    await house.settled()

    assert house.channel.texts() == [f"{LONG}\n\n{notices.STOPPED}"]


async def test_reasoning_comes_before_the_answer_in_the_preview_and_is_gone_from_the_answer(
    house: House,
) -> None:
    await house.ask_for_reasoning()
    goes_on = anyio.Event()
    house.model.will(Writes([Delta("thinking", "Warm."), goes_on, LONG], says(LONG)))

    await house.receive(said("hi", number=2))
    await house.until_sent("Yes.", f"{notices.REASONING}\n> Warm. …")
    goes_on.set()
    await house.settled()

    assert house.channel.texts() == ["Yes.", LONG]


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


async def test_an_edit_that_was_under_way_at_a_crash_is_repeated(
    state_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    async with open_house(state_dir, PREVIEW) as house, house.working():
        shown = anyio.Event()
        house.model.will(Writes([LONG, shown], says("Twenty-two.")))
        await house.receive(said("hi"))
        await house.until_sent(f"{LONG} …")

        async def hang(*_: Any) -> bool:
            await forever()

        monkeypatch.setattr(house.channel, "edit", hang)
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
    async with open_house(state_dir, Plan(stream=StreamPlan(blocks=True))) as house, house.working():
        pieces = [f"{number:05d} words.\n\n" for number in range(6000)]
        house.model.will(Writes(pieces, says("".join(pieces))))
        await house.receive(said("hi"))
        await house.settled()

        assert "".join(house.channel.texts()) == "".join(pieces)
        assert await house.column("SELECT count(*) FROM outbox WHERE step IS NOT NULL") == [0]


def test_the_sizes_of_blocks_are_the_configs() -> None:
    written = {
        "blockStreamingBreak": "message_end",
        "blockStreamingChunk": {"minChars": 10, "maxChars": 20, "breakPreference": "sentence"},
        "blockStreamingCoalesce": {"maxChars": 40, "idleMs": 250},
    }

    assert block_rules(AgentDefaults()) == BlockRules()
    assert block_rules(AgentDefaults.model_validate(written)) == BlockRules(
        10, 20, "sentence", whole_messages=True, join_min=10, join_max=40, idle_seconds=0.25
    )
