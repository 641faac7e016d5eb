import pytest

from openclaw.channels.whatsapp.cloud.forms import Form, form_of
from openclaw.types.errors import EnclosureError
from openclaw.types.messages import Enclosure

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file(media_type: str, size: int = 9) -> Enclosure:
    return Enclosure("outbound/a", "a.bin", media_type, size)


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("image/jpeg", Form("image", "image/jpeg")),
        ("video/mp4", Form("video", "video/mp4")),
        ("audio/opus", Form("audio", "audio/ogg")),
        ("application/pdf", Form("document", "application/pdf")),
        (SHEET, Form("document", SHEET)),
        ("text/csv", Form("document", "text/plain")),
        ("application/json", Form("document", "text/plain")),
    ],
)
def test_a_file_is_shown_as_what_it_is(said: str, form: Form) -> None:
    assert form_of(file(said)) == form


@pytest.mark.parametrize("said", ["application/zip", "image/gif", "application/octet-stream"])
def test_what_meta_does_not_take_is_told_before_it_is_sent(said: str) -> None:
    with pytest.raises(EnclosureError, match=rf"takes no {said} \(a\.bin\): it takes JPEG and PNG"):
        form_of(file(said))


@pytest.mark.parametrize(("said", "most"), [("image/png", 5_000_000), ("audio/mpeg", 16_000_000)])
def test_a_file_may_be_as_large_as_meta_takes_it(said: str, most: int) -> None:
    form_of(file(said, most))
    with pytest.raises(EnclosureError, match=rf"{most:,} of {said}: make it smaller"):
        form_of(file(said, most + 1))
