import os
from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.agent.tools.files.pictures import keep
from openclaw.agent.tools.mcp.pictures import PictureFolder
from openclaw.agent.tools.mcp.results import Image
from openclaw.ops.media import FOLDERS, KEPT_DAYS, forget, keep_small
from tests.agent.tools.files.yard import png
from tests.gateway.scripted import NOW, ControlledClock

DAY = 86_400


def aged(path: Path, days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (NOW / 1000 - days * DAY,) * 2)
    return path


def test_old_pictures_go_and_nothing_else(tmp_path: Path) -> None:
    old = [aged(tmp_path / folder / "old.png", KEPT_DAYS + 1) for folder in FOLDERS]
    young = aged(tmp_path / "media/mcp/young.png", KEPT_DAYS - 1)
    sent = aged(tmp_path / "media/inbound/2026-01-01/photo.jpg", 900)

    assert forget([tmp_path / folder for folder in (*FOLDERS, "media/missing")], NOW) == 2

    assert not any(path.exists() for path in old)
    assert young.exists()
    assert sent.exists()


async def test_a_picture_that_is_shown_again_stays(tmp_path: Path) -> None:
    first = [
        await anyio.to_thread.run_sync(keep, png(), "image/png", tmp_path),
        await PictureFolder(tmp_path).keep(Image(png(), "image/png")),
    ]
    for picture in first:
        await anyio.to_thread.run_sync(aged, tmp_path / picture.path, KEPT_DAYS + 1)

    await anyio.to_thread.run_sync(keep, png(), "image/png", tmp_path)
    await PictureFolder(tmp_path).keep(Image(png(), "image/png"))

    folders = [tmp_path / folder for folder in FOLDERS]
    assert await anyio.to_thread.run_sync(forget, folders, NOW) == 0


async def test_it_is_done_at_once_and_then_daily(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    old = aged(tmp_path / FOLDERS[0] / "old.png", KEPT_DAYS + 1)
    async with anyio.create_task_group() as group:
        group.start_soon(keep_small, tmp_path, ControlledClock())
        with anyio.fail_after(5):
            while not caplog.records:
                await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()

    assert not await anyio.Path(old).exists()
