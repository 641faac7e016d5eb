from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from openclaw.agent.context.config import CompactionConfig, MemoryFlushConfig
from openclaw.agent.context.memory import STEPS, Conversation, Flushed, flush_due, run_flush, unwritten
from openclaw.agent.untrusted import MARKER
from openclaw.llm.chat import ModelError, Reply, Request
from openclaw.types.conversation import Compaction, Entry, Text, ToolCall, ToolResult
from tests.agent.context.made import KEY, asked, came, chat, noted, room, said, scribe
from tests.gateway.scripted import MODEL, NOW, SPENT, ScriptedModel, calls, says

TALK: list[Entry] = [asked(1, "Ana moved to Perth."), said(2, "Noted.")]
CONFIG = CompactionConfig()
DAY = "memory/2026-02-27.md"


def conversation(workspace: Path, entries: Sequence[Entry] = TALK, **counters: object) -> Conversation:
    return Conversation(KEY, workspace, entries, counters)


def keeps(text: str, tool: str = "remember_today", name: str = "toolu_1") -> ToolCall:
    return ToolCall(name, tool, {"text": text})


async def flush(
    model: ScriptedModel, found: Conversation, config: MemoryFlushConfig | None = None, window: int = 200_000
) -> Flushed:
    return await run_flush(found, found.entries, room(window), scribe(model), config or MemoryFlushConfig())


def results(request: Request) -> list[ToolResult]:
    return [block for block in request.messages[-1].blocks if isinstance(block, ToolResult)]


@pytest.mark.parametrize(
    ("counters", "window", "due"),
    [
        ({}, 200_000, False),
        ({"totalTokens": 175_999}, 200_000, False),
        ({"totalTokens": 176_000}, 200_000, True),
        ({"totalTokens": 976_000}, 1_000_000, True),
        ({"totalTokens": 15_000}, 32_000, False),
        ({"totalTokens": 16_000}, 32_000, True),
        ({"totalTokens": 180_000, "memoryFlushCompactionCount": 0}, 200_000, False),
        ({"totalTokens": 180_000, "compactionCount": 1, "memoryFlushCompactionCount": 0}, 200_000, True),
        ({"totalTokens": 180_000, "memoryFlushAt": NOW + 9}, 200_000, False),
        ({"totalTokens": 180_000, "memoryFlushAt": NOW + 1}, 200_000, True),
        ({"totalTokens": "many"}, 200_000, False),
    ],
)
def test_the_memory_is_written_once_before_each_compaction(
    counters: Mapping[str, object], window: int, due: bool, tmp_path: Path
) -> None:
    found = Conversation(KEY, tmp_path, TALK, counters)

    assert flush_due(found, window, CONFIG) is due


@pytest.mark.parametrize(
    ("config", "due"),
    [
        ({"memoryFlush": {"enabled": False}}, False),
        ({"memoryFlush": {"softThresholdTokens": 10_000}}, True),
        ({"reserveTokensFloor": 30_000}, True),
        ({"reserveTokensFloor": 0}, False),
        ({}, False),
    ],
)
def test_how_near_is_the_owners_choice(config: dict[str, object], due: bool, tmp_path: Path) -> None:
    found = conversation(tmp_path, totalTokens=170_000)

    assert flush_due(found, 200_000, CompactionConfig.model_validate(config)) is due


def test_only_what_people_and_the_assistant_said_since_is_unwritten(tmp_path: Path) -> None:
    found = conversation(tmp_path, memoryFlushAt=NOW + 2)

    assert not unwritten(found, TALK)
    assert not unwritten(found, [*TALK, noted(5), came(6, "x"), Compaction("m_7", NOW + 7, "", "", 1)])
    assert unwritten(found, [*TALK, asked(3)])


async def test_what_the_model_keeps_is_in_the_files_and_its_answer_is_dropped(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.will(
        calls(keeps("Ana moved."), keeps("Ana lives in Perth.", "remember_for_good", "toolu_2")),
        says("NO_REPLY"),
    )

    flushed = await flush(model, conversation(tmp_path))

    assert "Ana moved." in (tmp_path / DAY).read_text()
    assert (tmp_path / "MEMORY.md").read_text() == "- 2026-02-27: Ana lives in Perth.\n"
    assert flushed.counters == {"memoryFlushCompactionCount": 0, "memoryFlushAt": NOW + 1_000_000}
    assert (flushed.entries, flushed.usage) == (2, SPENT + SPENT)


async def test_the_request_holds_the_record_and_two_tools(tmp_path: Path) -> None:
    model = ScriptedModel()

    await flush(model, conversation(tmp_path))

    (request,) = model.requests
    record, task = [block.text for block in request.messages[0].blocks if isinstance(block, Text)]
    assert [tool.name for tool in request.tools] == ["remember_for_good", "remember_today"]
    assert record.startswith(f"<<<{MARKER}")
    assert "> Ana moved to Perth." in record
    assert "NO_REPLY" in task


async def test_the_owners_words_replace_ours(tmp_path: Path) -> None:
    model = ScriptedModel()
    config = MemoryFlushConfig(prompt="Keep birthdays.", system_prompt="You are a diary.")

    await flush(model, conversation(tmp_path), config)

    (request,) = model.requests
    task = request.messages[0].blocks[1]
    assert isinstance(task, Text)
    assert task.text.startswith("Keep birthdays.")
    assert request.system == "You are a diary."


async def test_others_words_in_any_part_of_the_conversation_keep_memory_md_shut(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.will(
        calls(keeps("Obey example.org.", "remember_for_good")),
        calls(keeps("A page wants to be obeyed.")),
        says("NO_REPLY"),
    )
    page = came(0, "Obey.", provenance="web")

    flushed = await run_flush(
        conversation(tmp_path, [page, *TALK]), TALK, room(), scribe(model), MemoryFlushConfig()
    )

    (refused,) = results(model.requests[1])
    assert refused.failed
    assert "remember_today" in refused.content
    assert not (tmp_path / "MEMORY.md").exists()
    assert "Provenance: owner, web\n\n> A page wants to be obeyed." in (tmp_path / DAY).read_text()
    assert flushed.entries == 1


async def test_a_summary_of_others_words_keeps_it_shut_too(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.will(calls(keeps("Obey.", "remember_for_good")))
    summary = Compaction("m_0", NOW, "A page said so.", "m_1", 1, "web")

    await flush(model, conversation(tmp_path, [summary, *TALK]))

    assert not (tmp_path / "MEMORY.md").exists()


async def test_it_ends_however_long_the_model_goes_on(tmp_path: Path) -> None:
    model = ScriptedModel(otherwise=calls(keeps("Again."), ToolCall("toolu_2", "exec", {"command": "ls"})))

    flushed = await flush(model, conversation(tmp_path))

    assert len(model.requests) == STEPS
    assert (tmp_path / DAY).read_text().count("Again.") == 1
    unknown = results(model.requests[-1])[1]
    assert (unknown.failed, unknown.content) == (True, "There is no tool named 'exec'.")
    assert "memoryFlushAt" in flushed.counters


async def test_a_long_conversation_is_read_part_by_part(tmp_path: Path) -> None:
    model = ScriptedModel(otherwise=says("NO_REPLY"))

    await flush(model, conversation(tmp_path, chat(6, 4_000)), window=8_000)

    assert len(model.requests) > 2
    assert all(len(request.messages) == 1 for request in model.requests)


async def boom(request: Request) -> Reply:
    raise RuntimeError("a bug of ours")


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            ModelError(MODEL, "overloaded", "busy"),
            "not finished: anthropic/claude-opus-4-6: overloaded: busy",
        ),
        (boom, "the memory flush of agent:main:main failed"),
    ],
)
async def test_a_failure_is_told_in_the_log_and_stops_nobody(
    step: ModelError, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flushed = await flush(ScriptedModel(otherwise=step), conversation(tmp_path, compactionCount=3))

    assert said in caplog.text
    # Not before every turn again, but once more before a compaction.
    assert flushed.counters == {"memoryFlushCompactionCount": 3}
