from typing import Any

import anyio
import pytest

from openclaw.cli.mcp_server.happenings import KEPT, Ended, Happenings

PLACE = {"runId": "r1", "sessionKey": "agent:main:main", "agentId": "main"}


def final(text: str, **place: str) -> tuple[str, dict[str, Any]]:
    content = [{"type": "text", "text": text}]
    return "chat", {**PLACE, **place, "state": "final", "message": {"role": "assistant", "content": content}}


@pytest.mark.parametrize(
    ("name", "payload", "told"),
    [
        (*final("hello"), {"type": "reply", "text": "hello"}),
        (
            "chat",
            {**PLACE, "state": "error", "errorMessage": "no model"},
            {"type": "failed", "error": "no model"},
        ),
        ("chat", {**PLACE, "state": "delta", "message": {}}, None),
        ("agent", {**PLACE, "stream": "lifecycle", "data": {"phase": "start"}}, {"type": "started"}),
        ("agent", {**PLACE, "stream": "lifecycle", "data": {"phase": "paused"}}, {"type": "paused"}),
        ("agent", {**PLACE, "stream": "lifecycle", "data": {"phase": "end"}}, None),
        (
            "agent",
            {**PLACE, "stream": "tool", "data": {"name": "exec", "phase": "start", "args": {}}},
            {"type": "tool", "name": "exec", "phase": "start"},
        ),
        ("agent", {**PLACE, "stream": "assistant", "data": {"delta": "x"}}, None),
        ("sessions.changed", {**PLACE, "reason": "reset"}, {"type": "conversation", "reason": "reset"}),
        ("exec.approval.requested", {"id": "a1"}, {"type": "approval.requested", "approval": {"id": "a1"}}),
        ("tick", {"ts": 1}, None),
        ("health", {"ok": True}, None),
    ],
)
def test_what_lasts_is_told_and_what_paints_is_not(
    name: str, payload: dict[str, Any], told: dict[str, Any] | None
) -> None:
    happenings = Happenings()
    happenings.see(name, payload)
    events = happenings.after(0, None, 10)["events"]
    place = PLACE if "runId" in payload else {}
    assert events == ([] if told is None else [{"cursor": 1, **told, **place}])


def test_each_is_told_once_to_who_asks_with_the_cursor() -> None:
    happenings = Happenings()
    for number in range(5):
        happenings.see(*final(str(number)))
    first = happenings.after(0, None, 2)
    second = happenings.after(first["nextCursor"], None, 9)
    assert [event["text"] for event in (*first["events"], *second["events"])] == list("01234")
    assert happenings.after(second["nextCursor"], None, 9) == {"events": [], "nextCursor": 5}


def test_a_conversation_may_be_asked_for_alone() -> None:
    happenings = Happenings()
    happenings.see(*final("one"))
    happenings.see(*final("two", sessionKey="agent:main:other"))
    found = happenings.after(0, "agent:main:other", 9)
    assert [event["text"] for event in found["events"]] == ["two"]
    assert found["nextCursor"] == 2


def test_who_asks_too_seldom_learns_how_much_was_missed() -> None:
    happenings = Happenings()
    for number in range(KEPT + 10):
        happenings.see(*final(str(number)))
    assert happenings.after(4, None, 1)["missed"] == 6
    assert "missed" not in happenings.after(10, None, 1)


def test_a_cursor_of_an_earlier_process_starts_over() -> None:
    happenings = Happenings()
    happenings.see(*final("one"))
    found = happenings.after(77, None, 9)
    assert (found["restarted"], len(found["events"]), found["nextCursor"]) == (True, 1, 1)


async def test_who_waits_gets_the_first_that_comes() -> None:
    happenings, found = Happenings(), []

    async def wait() -> None:
        found.append(await happenings.wait_after(0, None, 9, 10))

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        happenings.see("tick", {})
        happenings.see(*final("at last"))
    assert found[0]["events"][0]["text"] == "at last"
    assert (await happenings.wait_after(1, None, 9, 0))["events"] == []


def test_the_end_of_a_run_is_remembered() -> None:
    happenings = Happenings()
    happenings.see(*final("hello"))
    happenings.see("chat", {**PLACE, "runId": "r2", "state": "error"})
    assert happenings.end_of("r1") == Ended("hello")
    assert happenings.end_of("r2") == Ended(error="the run failed")
    assert happenings.end_of("r3") is None
