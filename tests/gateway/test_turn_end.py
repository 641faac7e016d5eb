from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from openclaw.agent.loop import INTERRUPTED
from openclaw.gateway.remainder import Settled
from openclaw.gateway.turn_end import (
    Close,
    counted,
    reply_drafts,
    tools_line,
    unfinished_entries,
    usage_line,
)
from openclaw.sessions.lines import encode
from openclaw.sessions.sessions import Session
from openclaw.store.inbox import InboxRow
from openclaw.store.journal import Step
from openclaw.store.outbox import Draft
from openclaw.store.streams import Delivered
from openclaw.types.conversation import (
    AssistantMessage,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
    UserMessage,
)
from openclaw.types.messages import Address, Inbound, Part, Sender
from tests.gateway.harness import MAIN, OWNER, TELEGRAM, to
from tests.gateway.scripted import MODEL, NOW, SPENT, FakeChannel

ANSWER = AssistantMessage("m_2", NOW, (Text("22°C."),), MODEL, SPENT)
USER = UserMessage("m_1", NOW, "hi", f"telegram:{OWNER}", "owner")


def row(reply_to: Address | None = to(OWNER)) -> InboxRow:  # noqa: B008 - frozen
    event = Inbound("telegram", Sender(OWNER), "hi", 0, reply_to=reply_to)
    return InboxRow(1, "telegram:1", *TELEGRAM, NOW, event, "running", "owner", "main", MAIN, "run", "t_1")


def closing(*answers: AssistantMessage, **more: Any) -> Close:
    session = Session(MAIN, "ses_1", "main", Path("ses_1.jsonl"))
    close = Close(row(), session, "run", (USER, *answers), "22°C.", "answered", "", 200_000)
    return replace(close, **more)


def test_the_counters_add_up_over_turns() -> None:
    first = counted({"sessionId": "old", "skillsSnapshot": "kept"}, closing(ANSWER), SPENT, NOW)
    second = counted(first, closing(ANSWER, ANSWER), SPENT + SPENT, NOW + 1)

    assert second == {
        "sessionId": "ses_1",
        "skillsSnapshot": "kept",
        "updatedAt": NOW + 1,
        "lastInteractionAt": NOW,
        "chatType": "direct",
        "channel": "telegram",
        "lastChannel": "telegram",
        "lastTo": OWNER,
        "deliveryContext": {"channel": "telegram", "to": OWNER, "accountId": "default"},
        "inputTokens": 300,
        "outputTokens": 30,
        "cacheRead": 150,
        "cacheWrite": 15,
        "cost": 0.75,
        "abortedLastRun": False,
        "compactionCount": 0,
        "model": MODEL,
        "totalTokens": 165,
        "contextTokens": 200_000,
    }


def test_a_turn_without_a_reply_of_the_model_leaves_what_was_known_of_it() -> None:
    notice = AssistantMessage("m_3", NOW, (Text("sorry"),), "openclaw/notice")

    entry = counted({"model": "known", "totalTokens": 7}, closing(notice, state="dead"), Usage(), NOW)

    assert (entry["model"], entry["totalTokens"], entry["abortedLastRun"]) == ("known", 7, True)


def test_a_question_without_an_address_leaves_the_last_one() -> None:
    entry = counted({"lastTo": "7"}, closing(ANSWER, row=row(None)), SPENT, NOW)

    assert (entry["lastTo"], "deliveryContext" in entry) == ("7", False)


def test_a_thread_is_part_of_where_answers_go() -> None:
    entry = counted({}, closing(ANSWER, row=row(Address("telegram", "-100", thread="5"))), SPENT, NOW)

    assert entry["deliveryContext"]["threadId"] == "5"


def drafts(text: str, channel: FakeChannel, reply_to: Address | None = to(OWNER), **more: Any) -> list[Draft]:  # noqa: B008
    return reply_drafts(row(reply_to), [text], {("telegram", channel.account): channel}, Settled(**more))


def test_a_reply_is_cut_by_its_channel_and_numbered() -> None:
    found = drafts("abcdef", FakeChannel(limit=4))

    assert [(draft.number, draft.part.text, draft.purpose, draft.audience) for draft in found] == [
        (0, "abcd", "reply", "owner"),
        (1, "ef", "reply", "owner"),
    ]
    assert {(draft.to, draft.trace_id) for draft in found} == {(to(OWNER), "t_1")}


def test_a_reply_is_cut_by_the_channel_it_goes_to() -> None:
    other = FakeChannel(account="work", limit=4)

    (draft,) = drafts("abcdef", other, Address("telegram", "7", "default"))
    assert draft.part == Part("abcdef")

    assert len(drafts("abcdef", other, Address("telegram", "7", "work"))) == 2


def test_without_an_address_nothing_is_sent() -> None:
    assert drafts("abc", FakeChannel(), None) == []


def test_a_preview_becomes_the_first_message_and_blocks_keep_their_places() -> None:
    found = drafts("abcdef", FakeChannel(limit=4), delivered=Delivered({}, 3, "1002"))

    assert [(draft.number, draft.edits) for draft in found] == [(3, "1002"), (4, None)]


def test_between_two_messages_there_may_be_a_pause() -> None:
    pauses = iter([None, NOW + 900])
    settled = Settled(pace=lambda: next(pauses))

    found = reply_drafts(row(), ["one", "two"], {TELEGRAM: FakeChannel()}, settled)

    assert [draft.not_before for draft in found] == [None, NOW + 900]


def test_a_turn_that_is_given_up_closes_every_call() -> None:
    first, second = ToolCall("toolu_1", "exec", {}), ToolCall("toolu_2", "exec", {})
    message = AssistantMessage("m_2", NOW, (first, second), MODEL, SPENT)
    known = ToolResult("toolu_1", "done")

    steps = [
        Step("model", "", encode(message).decode()),
        Step("starting", "toolu_2", "{}"),
        Step("tool", "toolu_1", orjson.dumps(known).decode()),
    ]
    entries = unfinished_entries(steps)

    interrupted = ToolResult("toolu_2", INTERRUPTED.format(name="exec"), failed=True)
    assert entries == (message, ToolMessage("m_2.results", NOW, (known, interrupted)))


def test_what_is_put_below_an_answer_when_it_is_asked_for() -> None:
    call = ToolCall("c1", "get_weather", {"location": "Sydney"})
    entries = [AssistantMessage("m1", 1, (call,), "p/m"), AssistantMessage("m2", 2, (call,), "p/m")]
    assert tools_line("on", entries) == "Tools: get_weather"
    assert tools_line("full", entries).splitlines() == ['Tool: get_weather {"location": "Sydney"}'] * 2
    assert tools_line("off", entries) == tools_line("on", []) == ""
    usage = Usage(1200, 30, 800, 0, 0.5)
    assert usage_line("tokens", usage) == "Usage: 2,000 in, 30 out"
    assert usage_line("full", usage) == "Usage: 2,000 in, 30 out, 800 from the cache, $0.5000"
    assert usage_line(None, usage) == ""
