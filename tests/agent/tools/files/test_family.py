"""Every way out, tried with every tool."""

from pathlib import Path
from typing import Any

import pytest

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Effect, Kind, ToolError
from openclaw.agent.tools.files.config import ApplyPatchConfig, FsConfig
from openclaw.agent.tools.files.family import FileTools
from tests.agent.tools.files.escapes import forms, plant
from tests.agent.tools.files.yard import CANARY, Yard, patch, tree

MINE = ("@@", "-mine", "+owned")


async def tried(yard: Yard, name: str, form: str) -> list[str]:
    """What every tool says or does with this path; a refusal is nothing."""
    ways: list[tuple[str, dict[str, Any]]] = _ways(form)[name]
    told = []
    for tool, arguments in ways:
        try:
            told.append((await yard.use(tool, **arguments)).text)
        except ToolError:
            continue
    return told


def _ways(form: str) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    return {
        "read": [("read", {"path": form}), ("read", {"file_path": form, "offset": 1, "limit": 1})],
        "write": [("write", {"path": form, "content": "owned"})],
        "edit": [("edit", {"path": form, "oldText": "canary", "newText": "owned"})],
        "apply_patch": [
            ("apply_patch", {"input": patch(f"*** Add File: {form}", "+owned")}),
            ("apply_patch", {"input": patch(f"*** Delete File: {form}")}),
            ("apply_patch", {"input": patch(f"*** Update File: {form}", "@@", "-canary", "+owned")}),
            ("apply_patch", {"input": patch("*** Update File: mine.txt", f"*** Move to: {form}", *MINE)}),
        ],
    }


@pytest.mark.parametrize("name", ["read", "write", "edit", "apply_patch"])
async def test_no_form_of_a_path_leads_out(name: str, tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    plant(yard)
    every = list(dict.fromkeys(forms(yard)))
    outside, kept = tree(yard.outside), (yard.state / "openclaw.json").read_text()
    count = 0
    for form in every:
        yard.put("mine.txt", "mine\n")
        for told in await tried(yard, name, form):
            assert CANARY not in told, form
            assert "canary-5fd1" not in told, form
            assert "root:x:0" not in told, form
        assert tree(yard.outside) == outside, form
        count += 1

    assert count >= 150
    assert (yard.state / "openclaw.json").read_text() == kept
    assert not any(path.name.startswith(".openclaw-") for path in yard.workspace.rglob("*"))
    assert sorted(path.name for path in yard.folder.iterdir()) == ["outside", "state"]


async def test_the_same_forms_get_out_where_the_owner_lets_them(tmp_path: Path) -> None:
    """So that the test above cannot pass because nothing works."""
    yard = Yard(tmp_path, FsConfig(workspace_only=False))

    assert CANARY in (await yard.use("read", path=str(yard.secret))).text
    assert yard.tools["read"].act({"path": str(yard.secret)}, yard.scene()).kind is Kind.ADMINISTER
    await yard.use("write", path=str(yard.outside / "new.txt"), content="new")
    assert (yard.outside / "new.txt").read_text() == "new"
    assert "own state" in await yard.refusal("read", path=str(yard.state / "openclaw.json"))
    assert "outside the workspace" in await yard.refusal(
        "apply_patch", input=patch(f"*** Delete File: {yard.secret}")
    )


def test_an_agent_s_tools_stay_the_same_object(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    family = FileTools(FsConfig(), ApplyPatchConfig(enabled=False), yard.state, yard.book)

    tools = family.tools(AgentProfile("main", yard.workspace))

    assert family.tools(AgentProfile("main", yard.workspace, tier="x")) is tools
    assert family.tools(AgentProfile("aurora", yard.state / "workspace-aurora")) is not tools
    assert [tool.name for tool in tools] == ["edit", "read", "write"]


def test_each_tool_says_what_a_crash_may_have_left(tmp_path: Path) -> None:
    assert {name: tool.effect for name, tool in Yard(tmp_path).tools.items()} == {
        "apply_patch": Effect.ONCE,
        "edit": Effect.ONCE,
        "read": Effect.READ_ONLY,
        "write": Effect.IDEMPOTENT,
    }
