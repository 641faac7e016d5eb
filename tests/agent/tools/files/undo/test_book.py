from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.journal import Limits
from openclaw.gateway.commands.undo import undo_text
from openclaw.types.clock import SystemClock
from tests.agent.tools.files.yard import Yard, patch


def test_each_workspace_has_a_journal_of_its_own(tmp_path: Path) -> None:
    book = UndoBook(tmp_path / "state", SystemClock(), Limits(turns=2))

    one, two = book.of(tmp_path / "one"), book.of(tmp_path / "two")

    assert one.folder != two.folder
    assert one.folder.parent == tmp_path / "state" / "undo"
    assert book.of(tmp_path / "one") is one
    assert one.limits.turns == 2


@pytest.mark.parametrize(
    ("tool", "arguments", "ended"),
    [
        ("write", {"path": "AGENTS.md", "content": "new"}, True),
        ("write", {"path": "/work/agents.MD", "content": "new"}, True),
        ("edit", {"path": "SOUL.md", "oldText": "inside", "newText": "new"}, True),
        ("apply_patch", {"input": patch("*** Add File: a.txt", "+x", "*** Delete File: SOUL.md")}, True),
        ("write", {"path": "notes/AGENTS.md", "content": "new"}, False),
        ("write", {"path": "memory/today.md", "content": "new"}, False),
    ],
)
async def test_programs_end_before_an_instruction_file_is_replaced(
    tmp_path: Path, tool: str, arguments: dict[str, Any], ended: bool
) -> None:
    yard, seen = Yard(tmp_path), list[dict[str, str]]()
    yard.put("SOUL.md")

    async def end_programs(workspace: Path) -> None:
        assert workspace == yard.workspace
        seen.append(await anyio.to_thread.run_sync(yard.tree))

    yard.book.furnish(end_programs)
    before = yard.tree()
    await yard.use(tool, **arguments)
    assert seen == [before] * ended

    changed = yard.tree()
    assert "taken back" in await undo_text("show", yard.workspace, "agent:main:main", yard.book)
    assert "taken back" in await undo_text("", yard.workspace, "agent:main:main", yard.book)
    assert seen == [before, changed] * ended
