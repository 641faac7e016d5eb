from pathlib import Path
from typing import Any

import pytest

from openclaw.types.errors import OpenClawError
from openclaw.web.office.files import LARGEST, WorkspaceDesk
from openclaw.web.office.told import UnknownKeyError


@pytest.fixture
def desk(tmp_path: Path) -> WorkspaceDesk:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "SOUL.md").write_text("Be kind.")
    (tmp_path / "secret").write_text("hush")
    return WorkspaceDesk({"main": folder})


async def test_files_are_listed_read_and_written(desk: WorkspaceDesk, tmp_path: Path) -> None:
    listed: Any = (await desk.listing("main"))["files"]
    assert {row["name"]: row["missing"] for row in listed} | {"SOUL.md": False} == {
        row["name"]: row["name"] != "SOUL.md" for row in listed
    }
    read: Any = (await desk.read("main", "SOUL.md"))["file"]
    assert (read["content"], read["size"]) == ("Be kind.", 8)

    written: Any = await desk.write("main", "SOUL.md", "Be brief.", read["hash"])
    assert (written["ok"], written["file"]["content"]) == (True, "Be brief.")
    with pytest.raises(OpenClawError, match="changed meanwhile"):
        await desk.write("main", "SOUL.md", "Be loud.", read["hash"])
    await desk.write("main", "HEARTBEAT.md", "look", None)
    file = tmp_path / "workspace" / "HEARTBEAT.md"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("look", 0o600)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "notes.md", "memory/2026-01-01.md", ""])
async def test_no_other_file_is_reached(desk: WorkspaceDesk, name: str) -> None:
    for attempt in (desk.read("main", name), desk.write("main", name, "x", None)):
        with pytest.raises(UnknownKeyError):
            await attempt


async def test_a_link_that_the_agent_has_laid_is_not_followed(desk: WorkspaceDesk, tmp_path: Path) -> None:
    (tmp_path / "workspace" / "USER.md").symlink_to(tmp_path / "secret")
    read: Any = (await desk.read("main", "USER.md"))["file"]
    assert read["missing"] is True
    with pytest.raises(OpenClawError, match="no plain file"):
        await desk.write("main", "USER.md", "x", None)
    assert (tmp_path / "secret").read_text() == "hush"


async def test_what_is_too_large_is_not_written(desk: WorkspaceDesk) -> None:
    with pytest.raises(OpenClawError, match="at most"):
        await desk.write("main", "SOUL.md", "x" * (LARGEST + 1), None)
    with pytest.raises(UnknownKeyError, match="there is no agent 'aurora'"):
        await desk.listing("aurora")
