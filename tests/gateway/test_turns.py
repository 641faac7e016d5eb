from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from openclaw.gateway import notices
from openclaw.gateway.answering import Patience
from openclaw.llm.chat import ModelError, Reply, Request
from openclaw.types.clock import iso
from openclaw.types.conversation import Text, ToolCall
from openclaw.types.events import ReplyReady, SessionChanged, TurnFinished, TurnStarted
from openclaw.types.messages import Address
from tests.gateway.harness import MAIN, OWNER, House, Plan, open_house, said, to
from tests.gateway.scripted import MODEL, NOW, FakeTool, answering, calls, hangs, says

SYDNEY = ToolCall("toolu_1", "get_weather", {"location": "Sydney"})
USAGE = {"input": 100, "output": 10, "cacheRead": 50, "cacheWrite": 5, "cost": 0.25}
END = """
    SELECT (SELECT state FROM inbox) AS event, (SELECT state FROM turns) AS turn, (SELECT outcome FROM traces) AS trace,
        (SELECT count(*) FROM outbox) AS messages, (SELECT count(*) FROM usage) AS replies,
        (SELECT seq FROM sqlite_sequence WHERE name = 'echoes') AS lines
"""
BEFORE = [(None, None), ("accepted", None), ("queued", None), ("running", "open")]


async def answered(house: House, text: str = "hi", **more: Any) -> None:
    await house.receive(said(text, **more))
    await house.settled()


async def test_the_transcript_of_a_turn_is_as_the_contract_has_it(house: House) -> None:
    house.briefing.tools = {"get_weather": FakeTool(answering('{"temperature":22}'))}
    house.model.will(calls(SYDNEY), says("It's currently 22°C."))

    await answered(house, "What's the weather like in Sydney?")

    (row,) = await house.rows("SELECT trace_id FROM inbox")
    head, user, call, result, answer = await house.transcript()
    assert head == {
        "type": "session",
        "version": 1,
        "id": head["id"],
        "key": MAIN,
        "agent": "main",
        "timestamp": iso(NOW),
    }
    assert {key: user[key] for key in ("role", "content", "from", "trace")} == {
        "role": "user",
        "content": "What's the weather like in Sydney?",
        "from": f"telegram:{OWNER}",
        "trace": row["trace_id"],
    }
    use = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "Sydney"}}
    assert (call["role"], call["content"], call["model"], call["usage"]) == ("assistant", [use], MODEL, USAGE)
    assert result["role"] == "tool"
    assert {"tool_use_id": "toolu_1", "content": '{"temperature":22}'}.items() <= result["content"][0].items()
    assert (answer["content"], answer["usage"]) == ("It's currently 22°C.", USAGE)
    assert all(line["timestamp"] and line["id"] for line in (user, call, result, answer))


async def test_the_session_counts_what_was_used(house: House) -> None:
    await answered(house, number=1)
    await answered(house, number=2)
    await house.sessions.flush()

    index = house.state / "agents/main/sessions/sessions.json"
    entry = orjson.loads(await anyio.Path(index).read_bytes())[MAIN]
    assert {key: entry[key] for key in ("inputTokens", "outputTokens", "totalTokens", "cost", "lastTo")} == {
        "inputTokens": 200,
        "outputTokens": 20,
        "totalTokens": 165,
        "cost": 0.5,
        "lastTo": OWNER,
    }


async def test_all_that_follows_from_a_turn_is_committed_at_once(house: House) -> None:
    seen: list[tuple[Any, ...]] = []

    async def look() -> bool:
        (found,) = await house.rows(END)
        seen.append(tuple(found.values()))
        return bool(found["event"] == "answered")

    async with anyio.create_task_group() as group:
        group.start_soon(house.changes.until_true, look)
        await house.receive(said("hi"))

    before = [(event, turn, None, 0, 0, None) for event, turn in BEFORE]
    assert set(seen[:-1]) <= set(before)
    assert seen[-1] == ("answered", "ended", "answered", 1, 1, 1)


async def test_watchers_are_told_the_whole_turn_in_order(house: House) -> None:
    await answered(house)
    await house.changes.until(lambda: bool(house.told(SessionChanged)))

    kinds = [type(event).__name__ for event in house.events]
    begun = kinds[kinds.index("TurnStarted") :]
    assert [kind for kind in begun if kind not in {"ReplySent"}] == [
        "TurnStarted", "TextDelta", "ModelReplied", "ReplyReady", "TurnFinished", "SessionChanged", "TraceRecorded",
    ]  # fmt: skip
    (end,) = house.told(TurnFinished)
    assert (end.outcome, end.text, end.usage.input) == ("answered", "Yes.", 100)
    assert house.told(TurnStarted)[0].run_id == end.run_id


async def test_a_trace_tells_every_step_of_the_way(house: House) -> None:
    await answered(house)

    (trace,) = await house.ledger.recent_traces(1)
    spans: Any = trace["spans"]
    assert [span["name"] for span in spans] == [
        "received", "stored", "authorised", "session", "queued", "prompt", "llm", "transcript", "send",
    ]  # fmt: skip
    assert (trace["outcome"], trace["session"]) == ("answered", MAIN)


async def test_no_reply_is_not_sent_but_kept_in_the_transcript(house: House) -> None:
    house.model.will(says(" NO_REPLY\n"))

    await answered(house)

    assert (house.channel.sent, house.told(ReplyReady)) == ([], [])
    assert await house.rows("SELECT state, reason FROM inbox") == [{"state": "answered", "reason": "silent"}]
    assert (house.told(TurnFinished)[0].outcome, house.told(TurnFinished)[0].text) == ("silent", "")
    assert (await house.transcript())[-1]["content"] == " NO_REPLY\n"


async def test_a_known_secret_is_withheld(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(secrets=frozenset({"sk-ant-1"}))) as house, house.working():
        house.model.will(says("My key is sk-ant-1."))
        await answered(house)

        assert house.channel.texts() == [f"My key is {notices.WITHHELD}."]
        assert house.told(TurnFinished)[0].text == f"My key is {notices.WITHHELD}."


async def test_the_models_own_braces_stay_as_they_are(house: House) -> None:
    house.model.will(says('Use f"{trace}".'))

    await answered(house)

    assert house.channel.texts() == ['Use f"{trace}".']


async def test_people_see_that_an_answer_is_being_written_and_when_it_is_not_any_more(house: House) -> None:
    async def shown(request: Request) -> Reply:
        await house.changes.until(lambda: house.channel.showing == 1)
        return says("Yes.")

    async def notify() -> None:
        while not house.channel.showing:
            await anyio.lowlevel.checkpoint()
        house.changes.notify()

    house.model.will(shown)
    async with anyio.create_task_group() as group:
        group.start_soon(notify)
        await answered(house)

    assert (house.channel.shown_to, house.channel.showing) == ([to(OWNER)], 0)


async def test_a_channel_that_cannot_show_it_hurts_no_turn(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(to: Address) -> None:
        raise RuntimeError("no typing here")

    async def later(request: Request) -> Reply:
        await anyio.wait_all_tasks_blocked()
        return says("Yes.")

    monkeypatch.setattr(house.channel, "show_working", broken)
    house.model.will(later)

    await answered(house)

    assert house.channel.texts() == ["Yes."]
    assert "no typing here" in caplog.text


# -- failures ---------------------------------------------------------------------------------------------


async def test_while_the_model_is_away_the_sender_is_told_once_and_the_turn_stays_open(house: House) -> None:
    away = ModelError(MODEL, "overloaded", "529")
    house.model.will(away, away, away, says("Here I am."))

    await answered(house)

    notice, answer = house.channel.texts(OWNER)
    assert (notice, answer) == (notices.model_waiting(15), "Here I am.")
    assert len(house.model.requests) == 4
    assert len(house.told(ReplyReady)) == 2
    note = next(line for line in await house.transcript() if line.get("kind") == "note")
    assert note["content"] == f"[Told the sender]\n> {notice}"
    assert await house.column("SELECT count(*) FROM echoes") == [0]


async def test_the_note_of_a_notice_is_written_with_the_send_and_not_before(house: House) -> None:
    house.model.will(ModelError(MODEL, "unreachable", "no route"), says("Here."))
    held = anyio.Event()
    send = house.channel.send

    async def slow(message: Any) -> str:
        await held.wait()
        return await send(message)

    house.channel.send = slow  # type: ignore[method-assign]
    await house.receive(said("hi"))
    await house.until_rows("SELECT state FROM inbox", ["answered"])
    assert await house.column("SELECT released FROM echoes WHERE outbox_id IS NOT NULL") == [0]
    held.set()
    await house.settled()

    assert [line.get("kind") for line in await house.transcript()].count("note") == 1


async def test_a_model_that_stays_away_ends_the_turn_with_an_honest_line(house: House) -> None:
    async def away(request: Request) -> Reply:
        house.clock.advance(300)
        raise ModelError(MODEL, "unreachable", "no route")

    house.model.otherwise = away

    await answered(house)

    assert house.channel.texts()[1:] == [notices.MODEL_GONE]
    assert await house.rows("SELECT state, reason FROM inbox") == [
        {"state": "dead", "reason": "model_unavailable"}
    ]
    assert (await house.transcript())[-1]["content"] == notices.MODEL_GONE
    assert len(house.model.requests) == 4  # at 0, 5, 10 and 15 minutes


async def test_a_refused_request_is_not_asked_again(house: House) -> None:
    house.model.will(ModelError(MODEL, "invalid", "too long"))

    await answered(house)

    (row,) = await house.rows("SELECT state, reason, trace_id FROM inbox")
    assert (row["state"], row["reason"]) == ("dead", "model_refused: too long")
    assert house.channel.texts() == [notices.with_trace(notices.MODEL_REFUSED, row["trace_id"])]
    assert len(house.model.requests) == 1


async def test_a_mistake_of_ours_is_told_with_the_trace_and_the_next_message_is_answered(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.briefing.failure = RuntimeError("our mistake")
    await answered(house, number=1)
    house.briefing.failure = None
    await answered(house, number=2)

    (trace_id, _) = await house.column("SELECT trace_id FROM inbox ORDER BY seq")
    assert house.channel.texts() == [notices.with_trace(notices.INTERNAL, trace_id), "Yes."]
    assert await house.column("SELECT reason FROM inbox ORDER BY seq") == ["internal_error", ""]
    assert "our mistake" in caplog.text
    assert [line["role"] for line in (await house.transcript())[1:]] == ["user", "assistant"] * 2


async def test_a_failure_after_the_end_ends_nothing_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(session: object) -> None:
        raise RuntimeError("after the commit")

    monkeypatch.setattr(house.sessions, "take", broken)
    await house.receive(said("hi"))
    await house.until_rows("SELECT state FROM inbox", ["answered"])
    await house.lanes.rest()

    assert await house.column("SELECT text FROM outbox") == ["Yes."]
    assert await house.column("SELECT count(*) FROM echoes") == [1]
    assert await house.column("SELECT outcome FROM traces") == ["answered"]


async def test_a_transcript_that_cannot_be_written_keeps_no_answer_back(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def no_room(session: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(house.sessions, "take", no_room)
    await house.receive(said("hi"))
    await house.until_rows("SELECT state FROM outbox", ["sent"])

    assert house.channel.texts() == ["Yes."]
    assert "the ledger keeps its lines" in caplog.text


async def test_a_session_that_cannot_be_opened_ends_its_event_and_no_other(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    broken = house.state / "agents/main/sessions/ses_1.jsonl"
    await anyio.Path(broken).mkdir(parents=True)
    (await house.sessions._index("main")).put(MAIN, {"sessionId": "ses_1", "updatedAt": NOW})

    await answered(house)

    (trace_id,) = await house.column("SELECT trace_id FROM inbox")
    assert await house.rows("SELECT state, reason FROM inbox") == [
        {"state": "dead", "reason": "session_unreadable"}
    ]
    assert house.channel.texts() == [notices.with_trace(notices.INTERNAL, trace_id)]
    assert "cannot be opened" in caplog.text


# -- stopping and starting --------------------------------------------------------------------------------


async def test_a_question_whose_asker_is_gone_ends_so(house: House) -> None:
    await answered(house, reply_to=None, operator=True, session_key="main", run_id="r1")

    assert await house.rows("SELECT state, reason FROM inbox") == [{"state": "dead", "reason": "client_gone"}]
    assert (house.channel.sent, house.model.requests) == ([], [])


async def test_a_stopped_turn_ends_at_its_step_boundary_and_goes_on_in_the_next_life(state_dir: Path) -> None:
    async with open_house(state_dir) as house, house.working():

        async def work(arguments: Mapping[str, object]) -> str:
            house.turns.stop()
            return "22"

        house.briefing.tools = {"get_weather": FakeTool(work)}
        house.model.will(calls(SYDNEY))
        await house.receive(said("hi"))
        await house.until_rows("SELECT state FROM turns", ["paused"])
        await house.lanes.finish()
        await house.changes.until(lambda: [end.outcome for end in house.told(TurnFinished)] == ["paused"])

    async with open_house(state_dir, Plan(boot="boot_2")) as house, house.working():
        await house.settled()

        assert len(house.model.requests) == 1
        assert await house.column("SELECT resumes FROM turns") == [0]
        assert [line["role"] for line in (await house.transcript())[1:]] == [
            "user",
            "assistant",
            "tool",
            "assistant",
        ]


async def test_a_cancelled_turn_is_taken_up_without_being_counted(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        async with house.working():
            house.model.will(hangs)
            await house.receive(said("hi"))
            await house.changes.until(lambda: len(house.model.requests) == 1)
        assert await house.rows("SELECT state, resumes FROM turns") == [{"state": "paused", "resumes": 0}]

    async with open_house(state_dir, Plan(boot="boot_2")) as house, house.working():
        await house.settled()
        assert await house.rows("SELECT state, resumes FROM turns") == [{"state": "ended", "resumes": 0}]
        assert house.channel.texts() == ["Yes."]


async def test_stopping_ends_the_wait_for_a_model(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(patience=Patience(3600.0, 900.0))) as house, house.working():
        house.model.otherwise = ModelError(MODEL, "overloaded", "529")
        await house.receive(said("hi"))
        await house.changes.until(lambda: len(house.channel.sent) == 1)

        house.turns.stop()
        await house.lanes.finish()

        assert await house.column("SELECT state FROM turns") == ["paused"]
        assert len(house.model.requests) == 1


async def test_messages_of_one_session_are_answered_one_after_the_other(house: House) -> None:
    async def echo(request: Request) -> Reply:
        await anyio.wait_all_tasks_blocked()
        (block,) = request.messages[-1].blocks
        assert isinstance(block, Text)
        return says(f"{len(request.messages)}: {block.text}")

    house.model.otherwise = echo
    await house.receive(said("one", number=1), said("two", number=2), said("three", number=3))
    await house.settled()

    assert house.channel.texts() == ["1: one", "3: two", "5: three"]


async def test_an_answer_goes_where_the_message_came_from(house: House) -> None:
    thread = replace(to(OWNER), thread="5")

    await answered(house, reply_to=thread)

    assert house.channel.sent[0].to == thread
