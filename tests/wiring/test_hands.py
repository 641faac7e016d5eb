"""The tools of the whole house, called as a model calls them."""

import json
from pathlib import Path

import pytest

from openclaw.app import House, open_house
from openclaw.gateway.tool_survey import Asked
from tests.test_app import asked, configured

OURS = {
    "agents_list", "apply_patch", "cron", "edit", "exec", "get_weather", "memory_get", "memory_search", "message",
    "process", "read", "session_status", "sessions_history", "sessions_list", "sessions_send", "sessions_spawn",
    "subagents", "web_fetch", "web_search", "write",
}  # fmt: skip


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


async def call(house: House, number: int, tool: str, **arguments: object) -> str:
    """The offline model calls the tool that it is told to."""
    return (await asked(house, f"r{number}", f"/tool {tool} {json.dumps(arguments)}")).text


async def test_every_tool_of_the_house_is_on_the_owners_shelf(state_dir: Path) -> None:
    async with open_house(configured(state_dir)) as house:
        listed = await house.desk.tools(Asked())

    assert {str(row["name"]) for row in listed if row["allowed"]} == OURS


async def test_files_are_written_read_and_taken_back(state_dir: Path) -> None:
    async with open_house(configured(state_dir)) as house:
        await call(house, 1, "write", path="notes.txt", content="The cat is called Miri.")
        read = await call(house, 2, "read", path="notes.txt")
        undone = (await asked(house, "r3", "/undo")).text

    assert "The cat is called Miri." in read
    assert "notes.txt: removed" in undone
    assert not (state_dir / "workspace" / "notes.txt").exists()


async def test_a_skills_text_may_be_read_where_it_lies(state_dir: Path) -> None:
    skill = state_dir / "skills" / "tea"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: tea\ndescription: Make tea.\n---\nBoil water in {baseDir}.\n")
    async with open_house(configured(state_dir)) as house:
        read = await call(house, 1, "read", path=str(skill / "SKILL.md"))
        beside = await call(house, 2, "read", path=str(state_dir / "openclaw.json"))

    assert f"Boil water in {skill}." in read
    assert "failed" in beside


async def test_what_is_in_the_memory_is_found(state_dir: Path) -> None:
    workspace = state_dir / "workspace"
    workspace.mkdir(parents=True)
    (workspace / "MEMORY.md").write_text("- 2026-02-27: The dentist is Dr. Molar.\n")
    async with open_house(configured(state_dir)) as house:
        found = await call(house, 1, "memory_search", query="dentist")

    assert "Dr. Molar" in found
    assert "MEMORY.md#1" in found
