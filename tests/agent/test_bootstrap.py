import os
from pathlib import Path

import pytest

from openclaw.agent.bootstrap import Caps, WorkspaceFiles, shortened
from openclaw.agent.prompt import WorkspaceFile


async def texts(files: WorkspaceFiles) -> dict[str, str]:
    return {file.name: file.text for file in await files.files()}


async def test_files_come_in_the_order_of_the_prompt_and_missing_ones_are_skipped(tmp_path: Path) -> None:
    for name in ("MEMORY.md", "SOUL.md", "AGENTS.md", "NOTES.md"):
        (tmp_path / name).write_text(f" about {name}\n")
    (tmp_path / "USER.md").write_text(" \n")
    (tmp_path / "TOOLS.md").mkdir()

    assert await WorkspaceFiles(tmp_path).files() == (
        WorkspaceFile("AGENTS.md", "about AGENTS.md"),
        WorkspaceFile("SOUL.md", "about SOUL.md"),
        WorkspaceFile("MEMORY.md", "about MEMORY.md"),
    )


async def test_a_workspace_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    assert await WorkspaceFiles(tmp_path / "nowhere").files() == ()


async def test_a_change_is_seen_and_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    soul = tmp_path / "SOUL.md"
    soul.write_text("one")
    files = WorkspaceFiles(tmp_path)
    assert await texts(files) == {"SOUL.md": "one"}
    stamp = soul.stat()

    with soul.open("r+") as file:  # same size, same times: only a second read could tell
        file.write("two")
    os.utime(soul, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert await texts(files) == {"SOUL.md": "one"}

    soul.write_text("three")
    assert await texts(files) == {"SOUL.md": "three"}
    soul.unlink()
    assert await texts(files) == {}


async def test_broken_utf8_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "SOUL.md").write_bytes(b"\xef\xbb\xbfgr\xfc\xdfe\r\nx")

    assert await texts(WorkspaceFiles(tmp_path)) == {"SOUL.md": "gr\ufffd\ufffde\nx"}


async def test_a_pipe_in_place_of_a_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "SOUL.md")

    assert await texts(WorkspaceFiles(tmp_path)) == {}


@pytest.mark.parametrize("size", [2_001, 100_000])
async def test_a_long_file_keeps_head_and_tail_with_a_note(tmp_path: Path, size: int) -> None:
    (tmp_path / "SOUL.md").write_text("a" * (size - 1_000) + "z" * 1_000)

    text = (await texts(WorkspaceFiles(tmp_path, Caps(each=2_000))))["SOUL.md"]

    assert len(text) <= 2_000
    assert text.startswith("aaa")
    assert text.endswith("zzz")
    assert "the middle of SOUL.md is left out here" in text


async def test_the_files_together_keep_to_the_total(tmp_path: Path) -> None:
    for name in ("AGENTS.md", "SOUL.md", "TOOLS.md", "USER.md"):
        (tmp_path / name).write_text(name[0] * 1_000)

    files = await WorkspaceFiles(tmp_path, Caps(each=1_000, total=2_500)).files()

    assert [(file.name, len(file.text)) for file in files] == [
        ("AGENTS.md", 1_000),
        ("SOUL.md", 1_000),
        ("TOOLS.md", 500),
    ]


@pytest.mark.parametrize("limit", [1, 100, 400, 999, 1_000])
def test_whatever_the_limit_is_it_holds(limit: int) -> None:
    assert len(shortened("x" * 1_000, limit, "SOUL.md")) == limit
