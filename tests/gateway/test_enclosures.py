import base64
import os
from pathlib import Path

import anyio
import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.gateway import enclosures
from openclaw.gateway.enclosures import Enclosures
from openclaw.types.messages import Enclosure
from tests.agent.tools.files.yard import png
from tests.gateway.scripted import ControlledClock

SECRET = "sk-ant-api03-abcdefghijklmnop"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    workspace = tmp_path / "state" / "workspace"
    workspace.mkdir(parents=True)
    (tmp_path / "state" / "openclaw.json").write_text("{}")
    return workspace


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock()


@pytest.fixture
def house(workspace: Path, clock: ControlledClock) -> Enclosures:
    state = workspace.parent
    return Enclosures(state, state / "media", clock, lambda: frozenset({SECRET}))


async def test_a_file_is_copied_as_it_is_now(house: Enclosures, workspace: Path) -> None:
    (workspace / "out").mkdir()
    (workspace / "out/My quote.pdf").write_bytes(b"%PDF-1.7")

    found = await house.keep("out/My quote.pdf", workspace)
    (workspace / "out/My quote.pdf").write_bytes(b"%PDF-1.7 changed")
    again = await house.keep("./out/My quote.pdf", workspace)

    assert found == Enclosure(found.place, "My quote.pdf", "application/pdf", 8)
    assert found.place.startswith("outbound/2026-02-27/")
    assert found.place.endswith("-My_quote.pdf")
    copy = house.media / found.place
    assert copy.read_bytes() == b"%PDF-1.7"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert (house.media / again.place).read_bytes() == b"%PDF-1.7 changed"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("roof.png", png(), "image/png"),
        ("roof.jpg", png(), "image/png"),
        ("roof.png", b"no picture", "application/octet-stream"),
        ("notes.txt", b"hello", "text/plain"),
        ("notes", b"hello", "application/octet-stream"),
        ("notes.txt.gz", b"hello", "application/octet-stream"),
    ],
)
async def test_a_file_is_what_its_bytes_and_name_say(
    house: Enclosures, workspace: Path, name: str, data: bytes, said: str
) -> None:
    (workspace / name).write_bytes(data)

    assert (await house.keep(name, workspace)).media_type == said


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("nope.pdf", "nope.pdf is not there"),
        ("../openclaw.json", "leads out of the workspace"),
        ("/etc/passwd", "lies outside the workspace"),
        ("https://example.org/a.pdf", "must name a file, not an address"),
        ("link.json", "is a link"),
        ("twin.json", "has another name outside the workspace"),
        ("folder", "is a folder"),
        ("empty.txt", "is empty"),
        ("large.bin", "is larger than 10 bytes"),
    ],
)
async def test_only_a_file_of_the_workspace_is_sent(
    house: Enclosures, workspace: Path, monkeypatch: pytest.MonkeyPatch, path: str, complaint: str
) -> None:
    monkeypatch.setattr(enclosures, "MOST_BYTES", 10)
    (workspace / "link.json").symlink_to("../openclaw.json")
    os.link(workspace.parent / "openclaw.json", workspace / "twin.json")
    (workspace / "folder").mkdir()
    (workspace / "empty.txt").touch()
    (workspace / "large.bin").write_bytes(b"x" * 11)

    with pytest.raises(ToolError, match=complaint):
        await house.keep(path, workspace)
    assert not house.media.exists()


@pytest.mark.parametrize(
    "data",
    [
        f"key: {SECRET}".encode(),
        b"\xff\xfe binary " + SECRET.encode(),
        base64.b64encode(SECRET.encode()),
    ],
)
async def test_a_file_with_a_secret_in_it_stays(house: Enclosures, workspace: Path, data: bytes) -> None:
    (workspace / "notes.txt").write_bytes(data)

    with pytest.raises(ToolError, match=r"notes\.txt holds one of the secrets"):
        await house.keep("notes.txt", workspace)


async def test_copies_are_forgotten_when_nothing_can_send_them_any_more(
    house: Enclosures, workspace: Path, clock: ControlledClock
) -> None:
    (workspace / "a.txt").write_text("hello")
    old = await house.keep("a.txt", workspace)
    clock.advance(36 * 86_400)
    new = await house.keep("a.txt", workspace)

    await anyio.to_thread.run_sync(house.forget)

    assert not (house.media / old.place).exists()
    assert (house.media / new.place).exists()
