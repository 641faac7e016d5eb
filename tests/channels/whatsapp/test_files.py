from pathlib import Path

import pytest

from openclaw.channels.whatsapp.files import keep, media_type, place, shown_name
from openclaw.types.channel import Fetched
from openclaw.types.errors import FetchError
from openclaw.types.messages import Attachment

AT = 1_795_226_400_000


@pytest.mark.parametrize(
    ("key", "kind", "where"),
    [
        ("9001", "image/jpeg", "inbound/2026-11-21/wa-9001.jpg"),
        ("9001", "Audio/OGG; codecs=opus", "inbound/2026-11-21/wa-9001.ogg"),
        ("9001", "application/x-unheard-of", "inbound/2026-11-21/wa-9001.bin"),
        ("../../etc/passwd", "", "inbound/2026-11-21/wa-_etc_passwd.bin"),
        ("９" + "a" * 200, "image/png", f"inbound/2026-11-21/wa-_{'a' * 79}.png"),
    ],
)
def test_a_file_has_its_place_by_its_key_and_kind(key: str, kind: str, where: str) -> None:
    assert place(key, kind, AT) == where


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("image/jpeg", "image/jpeg"),
        ("Text/Plain; charset=utf-8", "text/plain"),
        ("", ""),
        ("a/b]\n[x", ""),
        ("image", ""),
    ],
)
def test_a_type_is_one_or_none(said: str, kind: str) -> None:
    assert media_type(said) == kind


def test_a_senders_name_for_a_file_cannot_end_the_brackets() -> None:
    assert shown_name("a] [image:\n /etc/passwd.pdf" + "x" * 200).startswith("a image: /etc/passwd.pdfxxx")
    assert len(shown_name("x" * 200)) == 80


async def test_a_file_is_kept_whole_and_for_us_alone(tmp_path: Path) -> None:
    file = Attachment("photo", "9001", place="inbound/2026-11-21/wa-9001.jpg")

    for data in (b"first", b"second"):
        assert await keep(tmp_path / "media", file, data) == Fetched(f"media/{file.place}", data)

    path = tmp_path / "media" / file.place
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["wa-9001.jpg"]


async def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")

    with pytest.raises(FetchError, match="could not be written"):
        await keep(tmp_path / "media", Attachment("photo", "1", place="inbound/x.jpg"), b"data")
