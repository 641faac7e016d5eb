import pytest

from openclaw.channels.telegram.writing.enclosed import form_of
from openclaw.types.errors import EnclosureError
from openclaw.types.messages import Enclosure


def file(media_type: str, size: int = 1000) -> Enclosure:
    return Enclosure("outbound/2026-02-02/a", "a", media_type, size)


@pytest.mark.parametrize(
    ("media_type", "size", "form"),
    [
        ("image/png", 10_000_000, "photo"),
        ("image/jpeg", 10_000_001, "document"),
        ("image/gif", 1000, "document"),
        ("audio/ogg", 1000, "voice"),
        ("audio/mpeg", 1000, "document"),
        ("application/pdf", 50_000_000, "document"),
    ],
)
def test_a_file_is_shown_as_what_it_is(media_type: str, size: int, form: str) -> None:
    assert form_of(file(media_type, size)) == form


def test_what_telegram_does_not_take_is_told() -> None:
    with pytest.raises(EnclosureError, match="a has 50,000,001 bytes, and Telegram takes 50,000,000"):
        form_of(file("video/mp4", 50_000_001))
