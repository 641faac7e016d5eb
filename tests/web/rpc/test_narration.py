from typing import Any

from openclaw.types.conversation import Usage
from openclaw.types.events import (
    ModelReplied,
    ReasoningDelta,
    ReplyWithdrawn,
    TextDelta,
    ToolFinished,
    ToolProgressed,
    ToolStarted,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    WorkTold,
)
from openclaw.types.progress import WorkKind, WorkPhase
from openclaw.web.desk import RunState
from openclaw.web.rpc.narration import Narrator, Told
from tests.web.fake_house import MAIN

R = ("r1", MAIN)


def tell(*events: TurnEvent, pace: float = 1.0) -> list[Told]:
    """`pace`: seconds between two events."""
    narrator = Narrator()
    return [
        told
        for number, event in enumerate(events)
        for told in narrator.tell(event, 1000 + number, number * pace)
    ]


def chats(told: list[Told]) -> list[dict[str, Any]]:
    return [dict(item.payload) for item in told if item.name == "chat"]


def streams(told: list[Told], stream: str) -> list[Any]:
    return [item.payload["data"] for item in told if item.payload.get("stream") == stream]


def text_of(chat: dict[str, Any]) -> str:
    return str(chat["message"]["content"][0]["text"])


def test_a_run_has_numbered_events_one_start_and_one_end() -> None:
    told = tell(
        TurnStarted(*R, "main"), TextDelta(*R, "Hi"), TurnFinished(*R, "answered", "Hi", usage=Usage(10, 2))
    )
    assert [item.payload["seq"] for item in told] == list(range(1, len(told) + 1))
    assert streams(told, "lifecycle") == [
        {"phase": "start", "startedAt": 1000},
        {"phase": "end", "aborted": False, "startedAt": 1000, "endedAt": 1002},
    ]
    final = chats(told)[-1]
    assert (final["state"], text_of(final), final["usage"]["outputTokens"]) == ("final", "Hi", 2)


def test_a_heartbeat_says_that_it_is_one() -> None:
    asked, beat = tell(TurnStarted(*R, "main")), tell(TurnStarted("heartbeat:main:7", MAIN, "main"))
    assert [item.payload["isHeartbeat"] for item in (*asked, *beat)] == [False, True]


def test_chat_deltas_are_cumulative_and_at_most_one_in_150_ms() -> None:
    told = tell(*(TextDelta(*R, word) for word in "abcdefgh"), pace=0.05)
    assert [(text_of(chat), chat["deltaText"]) for chat in chats(told)] == [
        ("a", "a"),
        ("abcd", "bcd"),
        ("abcdefg", "efg"),
    ]
    assert [data["delta"] for data in streams(told, "assistant")] == ["a", "bcd", "efg"]


def test_what_came_since_is_told_when_it_is_due_though_nothing_more_comes() -> None:
    narrator = Narrator()
    list(narrator.tell(TextDelta(*R, "a"), 1, 10.0))
    assert narrator.due is None
    assert list(narrator.tell(TextDelta(*R, "b"), 1, 10.05)) == []
    assert list(narrator.tell(ReasoningDelta(*R, "hm"), 1, 10.06)) == []

    assert narrator.due == 10.15
    assert list(narrator.flush(2, 10.1)) == []
    told = list(narrator.flush(2, 10.15))

    assert [data["delta"] for data in streams(told, "thinking")] == ["hm"]
    assert [data["delta"] for data in streams(told, "assistant")] == ["b"]
    assert text_of(chats(told)[0]) == "ab"
    assert narrator.due is None


def test_a_long_text_is_shown_less_often_so_that_its_bytes_stay_within_bounds() -> None:
    words = [TextDelta(*R, "word " * 4) for _ in range(5_000)]
    told = tell(*words, ModelReplied(*R, "m", Usage()), pace=0.005)
    assert text_of(chats(told)[-1]) == "word " * 20_000
    assert sum(len(text_of(chat)) for chat in chats(told)) < 25 * 110_000
    assert "".join(data["delta"] for data in streams(told, "assistant")) == "word " * 20_000


def test_only_what_may_be_shown_of_a_text_is_told() -> None:
    told = tell(TextDelta(*R, "see http://a.b/c", "see "), TextDelta(*R, "", "hxxp://a[.]b/c"))
    assert text_of(chats(told)[-1]) == "see hxxp://a[.]b/c"


def test_what_the_pace_held_back_is_shown_when_the_reply_ends() -> None:
    told = tell(TextDelta(*R, "a"), TextDelta(*R, "b"), ModelReplied(*R, "m", Usage()), pace=0.0)
    assert text_of(chats(told)[-1]) == "ab"


def test_the_next_reply_of_a_run_begins_anew() -> None:
    told = tell(TextDelta(*R, "Let me look."), ModelReplied(*R, "m", Usage()), TextDelta(*R, "22 °C"))
    assert text_of(chats(told)[-1]) == "22 °C"
    assert chats(told)[-1]["replace"] is True


def test_a_withdrawn_reply_is_taken_back() -> None:
    told = tell(TextDelta(*R, "Hel"), ReplyWithdrawn(*R), TextDelta(*R, "Hi"))
    assert streams(told, "assistant")[1] == {"text": "", "delta": "", "replace": True}
    assert chats(told)[1]["replace"] is True
    assert text_of(chats(told)[-1]) == "Hi"


def test_tools_and_thinking_are_told_on_their_streams() -> None:
    told = tell(
        ReasoningDelta(*R, "hm"),
        ToolStarted(*R, "toolu_1", "get_weather", {"location": "Sydney"}),
        ToolProgressed(*R, "toolu_1", "get_weather", "asking the second station", 2_000),
        ToolFinished(*R, "toolu_1", "get_weather", "x" * 100_000, failed=True),
    )
    assert streams(told, "thinking") == [{"text": "hm", "delta": "hm"}]
    start, update, result = streams(told, "tool")
    assert (update["phase"], update["elapsedMs"]) == ("update", 2_000)
    assert update["partialResult"]["content"][0]["text"] == "asking the second station"
    assert start == {
        "phase": "start",
        "name": "get_weather",
        "toolCallId": "toolu_1",
        "args": {"location": "Sydney"},
    }
    assert result["isError"] is True
    assert len(result["result"]["content"][0]["text"]) == 16_384
    assert {item.cap for item in told if item.payload["stream"] == "tool"} == {"tool-events"}


def test_how_runs_end() -> None:
    silent = chats(tell(TurnFinished(*R, "silent", "")))[0]
    dead = chats(tell(TurnFinished(*R, "dead", "", "no model answers")))[0]
    budget = chats(tell(TurnFinished(*R, "refused", "The budget of today is spent.", "budget")))[0]
    policy = chats(tell(TurnFinished(*R, "refused", "", "send policy")))[0]
    assert (silent["state"], "message" in silent) == ("final", False)
    assert (dead["state"], dead["errorMessage"]) == ("error", "no model answers")
    assert (budget["state"], text_of(budget)) == ("final", "The budget of today is spent.")
    assert (policy["state"], policy["errorMessage"]) == ("error", "send policy")


def test_a_paused_run_is_not_at_its_end() -> None:
    told = tell(TurnFinished(*R, "paused", "No model answers now."), TurnFinished(*R, "answered", "Hi"))
    assert streams(told, "lifecycle")[0]["phase"] == "paused"
    assert [chat["state"] for chat in chats(told)] == ["final"]


def test_after_lost_events_every_run_is_still_told_to_its_end_once() -> None:
    narrator = Narrator()
    for run in ("done", "failed", "going", "forgotten"):
        list(narrator.tell(TurnStarted(run, MAIN, "main"), 1, 1.0))
    states = {
        "done": RunState("done", "ok", MAIN, "Hi"),
        "failed": RunState("failed", "error", MAIN, error="no model answers"),
        "going": RunState("going", "in_flight", MAIN),
    }
    ended = chats(list(narrator.catch_up(states.get, 2)))
    assert [(chat["runId"], chat["state"]) for chat in ended] == [("done", "final"), ("failed", "error")]
    assert list(narrator.catch_up({"going": states["going"]}.get, 3)) == []


def test_a_compaction_in_the_midst_of_a_run_is_told_as_part_of_it() -> None:
    narrator = Narrator()
    list(narrator.tell(TurnStarted(*R, "main"), 1, 1.0))

    def told(kind: WorkKind, phase: WorkPhase, key: str = MAIN, *, failed: bool = False) -> list[Any]:
        work = WorkTold("w_1", kind, phase, "Summing up", 1, 2, key, failed=failed)
        return streams(list(narrator.summed_up(work, 3)), "compaction")

    assert told("compaction", "begun") == [{"phase": "start"}]
    assert told("compaction", "goes-on") == []
    assert told("compaction", "ended") == [{"phase": "end", "willRetry": True}]
    assert told("compaction", "ended", failed=True) == [{"phase": "end", "willRetry": False}]
    assert told("memory", "begun") == told("compaction", "begun", "agent:main:other") == []
