import os
import stat
from pathlib import Path

import pytest

from openclaw.web.enclosed.keeping import keep, place_of
from openclaw.web.enclosed.reading import Enclosed
from tests.agent.tools.files.yard import png

NOW = 1_795_228_142_000
IMAGE = Enclosed("photo", "our roof.PNG", "image/png", png())
TEXT = Enclosed("document", "notes.csv", "text/csv", b"a,b\n")


def test_files_lie_where_those_of_other_channels_do_and_are_shown_if_they_are_pictures(
    tmp_path: Path,
) -> None:
    photo, notes = keep([IMAGE, TEXT], tmp_path, "r1", NOW)

    assert photo.path.startswith("media/inbound/2026-11-21/web-")
    assert photo.path.endswith("-our_roof.png")
    assert (tmp_path / photo.path).read_bytes() == IMAGE.data
    assert (photo.kind, photo.shown, photo.settled, photo.size) == ("photo", True, True, len(IMAGE.data))
    assert (notes.kind, notes.shown, notes.name, notes.path[-10:]) == (
        "document",
        False,
        "notes.csv",
        "-notes.csv",
    )
    for path in ((tmp_path / photo.path).parent, tmp_path / photo.path):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_the_same_run_again_writes_to_the_same_places(tmp_path: Path) -> None:
    assert keep([IMAGE, TEXT], tmp_path, "r1", NOW) == keep([IMAGE, TEXT], tmp_path, "r1", NOW)
    assert keep([TEXT], tmp_path, "r2", NOW)[0].path != keep([TEXT], tmp_path, "r1", NOW)[0].path
    assert len(list((tmp_path / "media").rglob("web-*"))) == 4


@pytest.mark.parametrize(
    ("file", "ending"),
    [
        (Enclosed("document", "../../x", "text/plain", b""), "-x.txt"),
        (Enclosed("document", "page.HTML", "text/html", b""), "-page.html"),
        (Enclosed("document", "run.sh evil", "text/plain", b""), "-run.txt"),
        (Enclosed("document", "plan.exe", "application/pdf", b""), "-plan.pdf"),
        (Enclosed("photo", "", "image/jpeg", b""), ".jpeg"),
        (Enclosed("document", "Übersicht.md", "text/plain", b""), "-bersicht.md"),
    ],
)
def test_a_name_leads_nowhere_else(file: Enclosed, ending: str) -> None:
    place = place_of(file, "r1", 0, NOW)
    assert place.count("/") == 2
    assert place.endswith(ending)


def test_when_one_cannot_be_kept_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, count = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count > 2:
            raise OSError(28, "No space left on device")
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep([IMAGE, TEXT], tmp_path, "r1", NOW)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
