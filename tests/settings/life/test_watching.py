from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from openclaw.settings.life.watching import Watch, mark_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "openclaw.json"
    path.write_text("{}")
    return path


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    return tmp_path / ".env"


@pytest.fixture
def watching(file: Path, beside: Path) -> Watch:
    return Watch(lambda: (file, beside), lambda: 0.05, mark_of((file, beside)), look_seconds=0.01)


def written(file: Path) -> None:
    file.write_text("{ }")


def replaced(file: Path) -> None:
    file.with_name("new").write_text("[]")
    file.with_name("new").replace(file)


def gone(file: Path) -> None:
    file.unlink()


def joined_by_another(file: Path) -> None:
    file.with_name(".env").write_text("A=1")


async def changed(watching: Watch) -> bool:
    with anyio.fail_after(20):
        return await watching.changed()


@pytest.mark.parametrize("change", [written, replaced, gone, joined_by_another])
async def test_a_change_is_noticed_once(file: Path, watching: Watch, change: Callable[[Path], None]) -> None:
    change(file)

    assert await changed(watching) is False
    with anyio.move_on_after(0.1) as waited:
        await watching.changed()
    assert waited.cancelled_caught


async def test_somebody_who_asks_is_heard_though_nothing_has_changed(watching: Watch) -> None:
    watching.nudge(asked=True)

    assert await changed(watching) is True


async def test_a_file_is_not_read_while_somebody_writes_to_it(file: Path) -> None:
    texts = ["x" * number for number in range(1, 6)]

    def written_at_each_look() -> tuple[Path, ...]:
        if texts:
            file.write_text(texts.pop())
        return (file,)

    watching = Watch(written_at_each_look, lambda: 0.0, (), look_seconds=0.01)
    await changed(watching)

    assert texts == []
    assert watching.seen == await anyio.to_thread.run_sync(mark_of, [file])
