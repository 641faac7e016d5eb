import base64
from typing import Any

import pytest

from openclaw.web.enclosed.reading import MOST, MOST_BYTES, MOST_PICTURE_BYTES, UnfitError, read, shown_name
from tests.agent.tools.files.yard import png

PDF = b"%PDF-1.7\n%%EOF\n"


def file(data: bytes, name: str = "", kind: str = "") -> dict[str, Any]:
    return {"fileName": name, "mimeType": kind, "content": base64.b64encode(data).decode()}


@pytest.mark.parametrize(
    ("data", "said", "kind", "media_type"),
    [
        (png(), "text/html", "photo", "image/png"),
        (PDF, "", "document", "application/pdf"),
        (b"rain, rain", "text/csv; charset=utf-8", "document", "text/csv"),
        (b'{"a": 1}', "application/json", "document", "application/json"),
        (b"<svg onload=alert(1)>", "image/svg+xml", "document", "text/plain"),
        ("Öl\r\n".encode(), "", "document", "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, said: str, kind: str, media_type: str) -> None:
    (found,) = read([file(data, "a", said)])
    assert (found.kind, found.media_type, found.data) == (kind, media_type, data)


def test_both_forms_of_the_originals_clients_are_read() -> None:
    data = base64.b64encode(png()).decode()
    given: list[dict[str, Any]] = [
        {
            "type": "image",
            "mimeType": "image/png",
            "fileName": "a.png",
            "content": f"data:image/png;base64,{data}",
        },
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}, "width": 2},
    ]
    assert [(each.name, each.media_type) for each in read(given)] == [
        ("a.png", "image/png"),
        ("", "image/png"),
    ]


@pytest.mark.parametrize(
    ("given", "code", "place", "words"),
    [
        ([file(b"x")] * (MOST + 1), "TOO_MANY_ATTACHMENTS", MOST, "10 files at most, not 11"),
        ([{"fileName": "a.txt"}], "ATTACHMENT_INVALID", 0, "a.txt: content must be"),
        ([{"content": "%%%"}], "ATTACHMENT_INVALID", 0, "attachment 1: content is no base64"),
        ([file(b"")], "ATTACHMENT_INVALID", 0, "content must be"),
        ([file(b"a"), file(b"MZ\0\0", "setup.exe")], "ATTACHMENT_TYPE", 1, "setup.exe is none that can be shown"),
        ([file(b"\xff\xfea\0", "notes.txt")], "ATTACHMENT_TYPE", 0, "PDF and text files are taken"),
        ([file(png()[:-4], "a.png")], "ATTACHMENT_INVALID", 0, "a.png: it is a damaged PNG"),
        ([file(b"x" * (MOST_BYTES + 3))], "ATTACHMENT_TOO_LARGE", 0, "may have 10 MB"),
        ([file(png() + bytes(MOST_PICTURE_BYTES))], "ATTACHMENT_TOO_LARGE", 0, "may have 3.75 MB"),
        ([file(b"x" * MOST_BYTES)] * 2, "ATTACHMENT_TOO_LARGE", 1, "18 MB together"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_place(
    given: list[dict[str, Any]], code: str, place: int, words: str
) -> None:
    with pytest.raises(UnfitError, match=words) as refused:
        read(given)
    assert (refused.value.code, refused.value.place) == (code, place)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\plan.pdf", "plan.pdf"),
        ("a]\n[document: media/x", "x"),
        ("tab\tand (brackets).txt", "taband brackets.txt"),
        (None, ""),
        ("x" * 100 + ".txt", "x" * 76 + ".txt"),
    ],
)
def test_a_name_is_one_line_without_our_brackets(name: object, shown: str) -> None:
    assert shown_name(name) == shown
