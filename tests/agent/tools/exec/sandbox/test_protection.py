from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.sandbox.protection import FILES, FOLDERS, Protection
from openclaw.agent.tools.files.place import INSTRUCTION_FILES, INSTRUCTION_FOLDERS


def test_the_file_tools_know_the_same_instructions() -> None:
    assert {name.lower() for name in FILES} == INSTRUCTION_FILES
    assert set(FOLDERS) == INSTRUCTION_FOLDERS


def test_what_is_missing_is_there_while_it_is_held_and_gone_after(workspace: Path) -> None:
    before = sorted(path.name for path in workspace.iterdir())
    protection = Protection()
    hold = protection.hold(workspace)

    assert {path.name for path in workspace.iterdir()} == {*FILES, *FOLDERS}
    assert set(hold.names) == {*FILES, *FOLDERS}
    assert (workspace / "SOUL.md").read_text() == ""

    protection.release(hold)
    assert sorted(path.name for path in workspace.iterdir()) == before


def test_the_last_holder_takes_the_empty_ones_away(workspace: Path) -> None:
    protection = Protection()
    first, second = protection.hold(workspace), protection.hold(workspace)
    protection.release(first)
    assert (workspace / "SOUL.md").exists()
    protection.release(second)
    assert not (workspace / "SOUL.md").exists()


def test_what_the_owner_wrote_meanwhile_stays(workspace: Path) -> None:
    protection = Protection()
    hold = protection.hold(workspace)
    (workspace / "SOUL.md").write_text("Calm.\n")
    (workspace / ".agents" / "skills").mkdir()
    replacement = workspace / "new"
    replacement.write_text("")
    replacement.replace(workspace / "USER.md")
    protection.release(hold)

    assert (workspace / "SOUL.md").read_text() == "Calm.\n"
    assert (workspace / ".agents" / "skills").is_dir()
    assert (workspace / "USER.md").exists()


@pytest.mark.parametrize("name", ["AGENTS.md", "SOUL.md", "memory", ".agents"])
def test_a_link_in_the_place_of_a_protected_name_is_refused(
    workspace: Path, name: str, tmp_path: Path
) -> None:
    path = workspace / name
    if path.is_dir():
        path.rename(tmp_path / "moved")
    path.unlink(missing_ok=True)
    path.symlink_to(tmp_path)
    protection = Protection()
    with pytest.raises(ToolError, match=f"^{name} in the workspace is a link"):
        protection.hold(workspace)
    path.unlink()
    protection.release(protection.hold(workspace))


def test_a_name_that_is_replaced_or_removed_is_noticed(workspace: Path) -> None:
    protection = Protection()
    hold = protection.hold(workspace)
    assert hold.replaced() == ""

    (workspace / "MEMORY.md").write_text("in place\n")
    assert hold.replaced() == ""

    (workspace / "new").write_text("- likes coffee\n")
    (workspace / "new").replace(workspace / "MEMORY.md")
    assert hold.replaced() == "MEMORY.md"

    again = protection.hold(workspace)
    (workspace / "AGENTS.md").unlink()
    assert again.replaced() == "AGENTS.md"
