import base64
from pathlib import Path

import pytest

from openclaw.agent.context.album import StateAlbum
from openclaw.agent.tools.files.pictures import MOST_BYTES, keep
from openclaw.types.conversation import Picture
from tests.agent.tools.files.yard import png


@pytest.fixture
def kept(tmp_path: Path) -> list[Picture]:
    return [keep(png(width), "image/png", tmp_path) for width in (1, 2, 3)]


async def test_a_picture_is_read_once_and_comes_in_base64(tmp_path: Path, kept: list[Picture]) -> None:
    picture = kept[1]
    album = StateAlbum(tmp_path)

    first = await album.load([picture])
    (tmp_path / picture.path).unlink()

    assert first == {picture: base64.b64encode(png())}
    assert await album.load([picture]) == first
    assert await StateAlbum(tmp_path).load([picture]) == {}


async def test_what_is_kept_in_memory_is_bounded(tmp_path: Path, kept: list[Picture]) -> None:
    album = StateAlbum(tmp_path, budget=250)

    found = [await album.load([picture]) for picture in kept]
    for picture in kept:
        (tmp_path / picture.path).unlink()

    assert all(found)
    assert await album.load(kept) == {**found[1], **found[2]}


async def test_only_the_media_folder_is_looked_into(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "media").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(png())
    (state / "ledger.sqlite").write_bytes(png())
    (state / "media" / "link.png").symlink_to(tmp_path / "secret.png")
    (state / "media" / "huge.png").write_bytes(b"x" * (MOST_BYTES + 1))
    paths = (
        "../secret.png", "media/../../secret.png", str(tmp_path / "secret.png"), "ledger.sqlite",
        "media/../ledger.sqlite", "media/link.png", "media/huge.png", "media", "", "media/none.png", "media/\0.png",
    )  # fmt: skip

    assert await StateAlbum(state).load([Picture(path, "image/png") for path in paths]) == {}
