from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.telegram.reading.files import attached
from openclaw.types.messages import Attachment

FILE = {"file_id": "F1", "file_unique_id": "U1", "file_size": 1234}
DAY = "inbound/2026-02-02"


def one(kind: str, file: object) -> Attachment | None:
    found = attached({"date": 1770000000, kind: file})
    return found[0] if found else None


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("voice", {}, Attachment("voice", "F1", "", "audio/ogg", 1234, f"{DAY}/U1.ogg")),
        (
            "document",
            {"file_name": "Q1 report.pdf", "mime_type": "application/pdf"},
            Attachment("document", "F1", "Q1 report.pdf", "application/pdf", 1234, f"{DAY}/U1-Q1_report.pdf"),
        ),
        (
            "document",
            {"file_name": "../../etc/..\\passwd"},
            Attachment("document", "F1", "../../etc/..\\passwd", "", 1234, f"{DAY}/U1-passwd"),
        ),
        ("document", {"file_name": "..."}, Attachment("document", "F1", "...", "", 1234, f"{DAY}/U1.bin")),
        ("sticker", {}, Attachment("sticker", "F1", "", "image/webp", 1234, f"{DAY}/U1.webp")),
        ("sticker", {"is_animated": True}, None),
        ("video", {"file_size": -4}, Attachment("video", "F1", "", "", 0, f"{DAY}/U1.bin")),
        (
            "document",
            {"file_unique_id": "../x"},
            Attachment("document", "F1", "", "", 1234, f"{DAY}/file.bin"),
        ),
        ("document", {"file_id": 5}, None),
    ],
)
def test_a_file_is_told_with_the_place_where_it_will_lie(
    kind: str, fields: dict[str, Any], expected: Attachment | None
) -> None:
    assert one(kind, {**FILE, **fields}) == expected


@pytest.mark.parametrize("file", [None, [], "F1", {}, [5], [{}]])
def test_what_is_malformed_is_no_file(file: object) -> None:
    assert one("photo", file) is None
    assert one("document", file) is None


def test_of_a_photo_the_largest_that_a_model_takes_is_wanted() -> None:
    sizes = [
        {**FILE, "file_id": name, "width": width, "file_size": size}
        for name, width, size in [("small", 90, 900), ("good", 1280, 900_000), ("huge", 2560, 9_000_000)]
    ]
    wanted, only = one("photo", sizes), one("photo", sizes[2:])

    assert wanted is not None
    assert (wanted.id, wanted.media_type) == ("good", "image/jpeg")
    assert only is not None
    assert only.id == "huge"


@given(st.text(), st.text(), st.text(), st.integers())
def test_no_name_leads_out_of_its_folder(name: str, key: str, kind: str, date: int) -> None:
    file = {**FILE, "file_name": name, "file_unique_id": key, "mime_type": kind}
    (found,) = attached({"date": date, "document": file})

    folder, _, leaf = found.place.split("/")
    assert folder == "inbound"
    assert leaf.strip(".")
    assert not leaf.startswith(".")
    assert len(leaf.encode()) < 255
    assert "\n" not in found.name + found.media_type
