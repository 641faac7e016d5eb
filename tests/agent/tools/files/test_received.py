from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files import received as module
from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.agent.tools.files.received import lend, received
from tests.agent.tools.files.yard import Yard

RAIN = "media/inbound/2026-02-02/U2-rain.pdf"
STATE = Path("/home/ana/.openclaw")


@pytest.mark.parametrize("text", [RAIN, f"./{RAIN}", f"{STATE}/{RAIN}"])
def test_a_file_is_found_under_the_path_that_is_told(text: str) -> None:
    assert received(text, STATE) == WorkspacePath(STATE, tuple(RAIN.split("/")))


@pytest.mark.parametrize(
    "text",
    [
        "media/inbound",
        "media/inbound/2026-02-02",
        "media/inbound/2026-02-02/a/b",
        "media/inbound/2026-02-02/../../../ledger.sqlite",
        "media/pictures/2026-02-02/a",
        "../media/inbound/2026-02-02/a",
        f"/etc/{RAIN}",
        "MEMORY.md",
        "",
        "media/inbound/2026-02-02/a\0",
    ],
)
def test_nothing_else_of_the_state_directory_is(text: str) -> None:
    assert received(text, STATE) is None


def test_a_copy_is_as_foreign_as_what_it_was_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yard = Yard(tmp_path)
    (yard.state / RAIN).parent.mkdir(parents=True)
    (yard.state / RAIN).write_bytes(b"%PDF rain")
    path = received(RAIN, yard.state)
    assert path is not None

    copy = lend(path, yard.workspace, yard.book, yard.scene())
    again = lend(path, yard.workspace, yard.book, yard.scene())

    assert str(copy) == str(again) == "received/U2-rain.pdf"
    assert (yard.workspace / str(copy)).read_bytes() == b"%PDF rain"
    assert yard.journal.origins.known().of(copy) == {"stranger"}
    monkeypatch.setattr(module, "MOST_BYTES", 8)
    with pytest.raises(ToolError, match="larger than 8 bytes"):
        lend(path, yard.workspace, yard.book, yard.scene())
