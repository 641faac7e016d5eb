from collections.abc import Sequence
from pathlib import Path

import pytest

from openclaw.agent.context.config import CompactionConfig
from openclaw.agent.context.memory import SYSTEM as MEMORY
from openclaw.agent.context.memory import Conversation
from openclaw.agent.context.summary import SYSTEM as MINUTES
from openclaw.agent.context.upkeep import SUMMING_UP, WRITING_DOWN, Upkeep, Upkept
from openclaw.llm.chat import ModelError, Request
from openclaw.types.conversation import Entry, Text
from tests.agent.context.made import KEY, WRAPPING, asked, chat, said
from tests.gateway.scripted import MODEL, NOW, SPENT, ControlledClock, ScriptedModel, says
from tests.recorded_progress import RecordedProgress

LATER = NOW + 1_000_000
LONG = chat(10, 40_000)
"""About 200,000 tokens."""


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(otherwise=says("ok"))


def upkeep(**config: object) -> Upkeep:
    return Upkeep(CompactionConfig.model_validate(config), WRAPPING, ControlledClock(LATER))


def conversation(workspace: Path, entries: Sequence[Entry] = LONG, **counters: object) -> Conversation:
    return Conversation(KEY, workspace, entries, counters)


def kinds(model: ScriptedModel) -> list[str]:
    names = {MEMORY: "memory", MINUTES: "minutes"}
    found = [names[request.system] for request in model.requests]
    return [kind for n, kind in enumerate(found) if n == 0 or found[n - 1] != kind]


def read(request: Request) -> str:
    return "".join(block.text for block in request.messages[0].blocks if isinstance(block, Text))


async def test_who_watches_is_told_how_far_it_is(model: ScriptedModel, tmp_path: Path) -> None:
    progress = RecordedProgress()
    found = conversation(tmp_path, totalTokens=190_000)
    await Upkeep(CompactionConfig(), WRAPPING, ControlledClock(LATER), progress).after_turn(
        found, model, 200_000
    )

    assert progress.keys == [KEY, KEY]
    memory = [each for each in progress.said if each[0] == "memory"]
    minutes = [each for each in progress.said if each[0] == "compaction"]
    assert progress.said == [*memory, *minutes]
    for told, title in ((memory, WRITING_DOWN), (minutes, SUMMING_UP)):
        assert (told[0][1], told[-1][1]) == (title, "over")
        parts = [(done, total) for _, _, done, total in told if total]
        assert parts == [(number, len(parts)) for number in range(len(parts))]


async def test_a_fresh_conversation_needs_nothing(model: ScriptedModel, tmp_path: Path) -> None:
    found = conversation(tmp_path, chat(1), totalTokens=3_000)

    assert await upkeep().before_turn(found, model, 200_000) == Upkept()
    assert await upkeep().after_turn(found, model, 200_000) == Upkept()
    assert model.requests == []


async def test_before_a_turn_the_memory_is_written_when_a_compaction_comes_near(
    model: ScriptedModel, tmp_path: Path
) -> None:
    found = await upkeep().before_turn(conversation(tmp_path, totalTokens=176_000), model, 200_000)

    assert kinds(model) == ["memory"]
    assert found.compaction is None
    assert found.counters == {"memoryFlushCompactionCount": 0, "memoryFlushAt": LATER}
    assert found.usage.input == SPENT.input * len(model.requests)


async def test_a_full_window_is_written_down_and_then_summed_up(model: ScriptedModel, tmp_path: Path) -> None:
    found = await upkeep().after_turn(
        conversation(tmp_path, totalTokens=181_000, compactionCount=2), model, 200_000
    )

    assert kinds(model) == ["memory", "minutes"]
    assert found.compaction is not None
    assert found.compaction.first_kept == "m_18"
    assert {**found.counters, "totalTokens": 0} == {
        "memoryFlushCompactionCount": 2,
        "memoryFlushAt": LATER,
        "compactionCount": 3,
        "totalTokens": 0,
    }
    assert 0 < found.counters["totalTokens"] < 40_000
    assert found.usage.input == SPENT.input * len(model.requests)


@pytest.mark.parametrize("way", ["after_turn", "overflowed", "compact_now"])
async def test_there_is_no_way_to_a_compaction_past_the_memory(
    way: str, model: ScriptedModel, tmp_path: Path
) -> None:
    found = await getattr(upkeep(), way)(conversation(tmp_path, totalTokens=190_000), model, 200_000)

    assert kinds(model) == ["memory", "minutes"]
    assert found.compaction is not None


async def test_what_the_memory_has_seen_it_is_not_shown_again(model: ScriptedModel, tmp_path: Path) -> None:
    entries = [
        *LONG,
        asked(100, "NEWEST" + "x" * 80_000),
        said(101, "ok"),
        asked(102, "y" * 100_000),
        said(103),
    ]
    half = conversation(tmp_path, entries, memoryFlushAt=NOW + 99, memoryFlushCompactionCount=0)
    await upkeep().compact_now(half, model, 100_000)
    memory = [request for request in model.requests if request.system == MEMORY]
    assert len(memory) == 1
    assert "NEWEST" in read(memory[0])
    assert "qqqq" not in read(memory[0])

    model.requests.clear()
    await upkeep().compact_now(conversation(tmp_path, memoryFlushAt=NOW + 99), model, 200_000)
    assert kinds(model) == ["minutes"]


async def test_the_owner_may_do_without_the_memory(model: ScriptedModel, tmp_path: Path) -> None:
    found = conversation(tmp_path, totalTokens=190_000)

    assert await upkeep(memoryFlush={"enabled": False}).before_turn(found, model, 200_000) == Upkept()
    await upkeep(memoryFlush={"enabled": False}).after_turn(found, model, 200_000)

    assert kinds(model) == ["minutes"]


async def test_after_an_overflow_at_least_half_goes_though_all_was_to_be_kept(
    model: ScriptedModel, tmp_path: Path
) -> None:
    keeping_all = upkeep(keepRecentTokens=1_000_000)

    found = await keeping_all.overflowed(conversation(tmp_path, totalTokens=150_000), model, 1_000_000)

    assert found.compaction is not None
    assert found.compaction.first_kept == "m_10"


async def test_a_command_sums_up_even_a_short_conversation_and_hands_on_its_wish(
    model: ScriptedModel, tmp_path: Path
) -> None:
    found = await upkeep().compact_now(conversation(tmp_path, chat(4)), model, 200_000, "mind the guests")

    assert found.compaction is not None
    assert found.compaction.first_kept == "m_4"
    assert read(model.requests[-1]).endswith("mind the guests")


async def test_where_nothing_can_be_summed_up_nothing_is_asked(model: ScriptedModel, tmp_path: Path) -> None:
    assert await upkeep().overflowed(conversation(tmp_path, [asked(1)]), model, 200_000) == Upkept()
    assert model.requests == []


async def test_a_model_that_fails_costs_the_summary_but_not_what_was_remembered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    error = ModelError(MODEL, "overloaded", "busy")
    model = ScriptedModel(otherwise=error)
    model.will(*[says("NO_REPLY")] * 2)

    found = await upkeep().after_turn(
        conversation(tmp_path, chat(10, 30_000), totalTokens=185_000), model, 200_000
    )

    assert found.compaction is None
    assert found.failure is error
    assert found.counters == {"memoryFlushCompactionCount": 0, "memoryFlushAt": LATER}
    assert "was not compacted" in caplog.text
