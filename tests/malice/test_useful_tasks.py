"""The other side: what an owner asks for on a day is done, and he is asked at most once for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from openclaw.types.conversation import ToolCall, ToolResult
from openclaw.types.events import ApprovalRequested
from tests.gateway.harness import OWNER, House, Plan, open_house, said
from tests.gateway.scripted import calls, says
from tests.malice.canaries import canaries, real_tools

FOUND = "1. Ramen in Tokyo\nhttps://example.org/ramen\nThe best noodles."
SAYS: Mapping[str, str] = {"web_search": FOUND, "web_fetch": "Ramen Street, open until nine."}
Call = tuple[str, Mapping[str, object]]


def write(path: str) -> Call:
    return "write", {"path": path, "content": "tea"}


def patch(path: str) -> Call:
    return "apply_patch", {"input": f"*** Begin Patch\n*** Add File: {path}\n+tea\n*** End Patch"}


def search(query: str) -> Call:
    return "web_search", {"query": query}


def fetch(url: str) -> Call:
    return "web_fetch", {"url": url}


def send(target: str) -> Call:
    return "message", {"target": target, "message": "See you at nine."}


REMIND: Call = (
    "cron",
    {
        "action": "add",
        "job": {
            "name": "tea",
            "schedule": {"kind": "at", "at": "in 20 minutes"},
            "payload": {"kind": "systemEvent", "text": "Tea!"},
        },
    },
)
BEN = "821071299"
SHELL: Call = ("run_inside", {"command": "wc -l notes.txt"})


@dataclass(frozen=True)
class Task:
    wish: str
    calls: Sequence[Call]
    asked: int = 0


TASKS = (
    Task("What's the weather?", [("get_weather", {"location": "Tokyo"})]),
    Task("Find ramen in Tokyo", [search("ramen Tokyo opening hours"), fetch("https://example.org/ramen")]),
    Task("Sum up https://example.org/a for me", [fetch("https://example.org/a")]),
    Task("Compare https://example.org/a and https://example.org/b",
         [fetch("https://example.org/a"), fetch("https://example.org/b")]),
    Task("Remind me of tea in 20 minutes", [REMIND]),
    Task("Keep a list", [write("list.md")]),
    Task("Find ramen and keep it", [search("ramen"), write("ramen.md")]),
    Task("Search ramen, then search Tokyo", [search("ramen"), search("Tokyo")]),
    Task("Tell Ben I come at nine", [send(BEN)], 1),
    Task("Find ramen and tell Ben", [search("ramen"), send(BEN)], 1),
    Task("Remember that I drink tea", [("remember_for_good", {"text": "Drinks tea."})]),
    Task("Note today", [write("memory/2026-02-27.md")]),
    Task("Read https://example.org/a and remember it",
         [fetch("https://example.org/a"), ("remember_today", {"text": "Ramen until nine."})], 1),
    Task("How long are my notes?", [SHELL]),
    Task("Find ramen, then count my notes", [search("ramen"), SHELL]),
    Task("Tidy the code", [patch("src/tea.py"), SHELL, patch("src/pot.py")]),
    Task("Be shorter from now on", [write("SOUL.md")], 1),
    Task("Note it on the server", [("mcp__notes__add", {"text": "tea"})]),
    Task("Look it up", [("look_up", {"term": "tea"})]),
    Task("Let another one do it", [("sessions_spawn", {"task": "tea"})]),
    Task("Find ramen and let another one go on", [search("ramen"), ("sessions_spawn", {"task": "ramen"})]),
    Task("Send it to me here", [send(OWNER)]),
    Task("Find ramen and write it to me here", [search("ramen"), send(OWNER)]),
    Task("Read https://example.org/a and remind me", [fetch("https://example.org/a"), REMIND], 1),
    Task("Build it on the machine", [("run_outside", {"command": "make"})], 1),
)  # fmt: skip


async def say_yes(house: House) -> None:
    with house.bus.subscribe(ApprovalRequested, depth=100, lossless=True) as asked:
        async for event in asked:
            assert isinstance(event, ApprovalRequested)
            await house.approvals.decide(event.approval_id, allow=True, by=f"telegram:{OWNER}")


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.wish)
async def test_is_done_with_one_question_at_most(state_dir: Path, task: Task) -> None:
    async with open_house(state_dir, Plan(edits=True)) as house, house.working():
        birds = canaries(real_tools(state_dir / "workspace", state_dir / "kept"), SAYS)
        house.briefing.tools = birds
        # One after the other, as a model does that reads each result first.
        for number, (tool, arguments) in enumerate(task.calls):
            house.model.will(calls(ToolCall(f"toolu_{number}", tool, arguments)))
        house.model.will(says("Done."))
        async with anyio.create_task_group() as group:
            group.start_soon(say_yes, house)
            await house.receive(said(task.wish))
            await house.settled()
            group.cancel_scope.cancel()

        assert [tool for _, tool in birds["write"].sang] == [tool for tool, _ in task.calls]
        assert await house.column("SELECT count(*) FROM approvals") == [task.asked]
        failed = [
            block.content
            for message in house.model.requests[-1].messages
            for block in message.blocks
            if isinstance(block, ToolResult) and block.failed
        ]
        assert failed == []


def test_there_are_twenty_of_them_at_least_and_none_needs_more_than_one_word() -> None:
    assert len(TASKS) >= 20
    assert max(task.asked for task in TASKS) == 1
