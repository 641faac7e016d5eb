import pytest

from openclaw.agent.tools.web.content import decoded, kind_of


@pytest.mark.parametrize(
    ("content_type", "body", "kind"),
    [
        ("text/html; charset=utf-8", b"<p>hi", "html"),
        ("application/xhtml+xml", b"<html/>", "html"),
        ("TEXT/HTML", b"", "html"),
        ("application/pdf", b"%PDF-1.7 ...", "pdf"),
        ("application/octet-stream", b"\n%PDF-1.7 ...", "pdf"),
        ("text/html", b"%PDF-1.4", "pdf"),
        ("application/json", b"{}", "text"),
        ("application/ld+json", b"{}", "text"),
        ("application/rss+xml", b"<rss/>", "text"),
        ("text/markdown", b"# hi", "text"),
        ("image/svg+xml", b"<svg/>", "text"),
        ("image/png", b"\x89PNG", "picture"),
        ("image/webp; q=1", b"RIFF", "picture"),
        ("application/zip", b"PK\x03\x04", "other"),
        ("application/pdf", b"no pdf at all", "other"),
        ("video/mp4", b"plain words", "other"),
        ("", b"plain words", "text"),
        ("", b"  <!DOCTYPE HTML><title>hi", "html"),
        ("", b"\xef\xbb\xbf<html>", "html"),
        ("", b"\x00\x01\x02", "other"),
        ("application/octet-stream", bytes(range(1, 32)) * 10, "other"),
        ("application/octet-stream", b"name,number\nada,1\n", "text"),
        ("", b"", "text"),
    ],
)
def test_what_a_body_is(content_type: str, body: bytes, kind: str) -> None:
    assert kind_of(content_type, body) == kind


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Zürich".encode(), "text/html", "Zürich"),
        ("Zürich".encode("latin-1"), "text/plain; charset=ISO-8859-1", "Zürich"),
        ("„Zürich“ – 5 €".encode("cp1252"), "text/plain; charset=iso-8859-1", "„Zürich“ – 5 €"),
        ("„Zürich“".encode("cp1252"), "text/plain", "„Zürich“"),
        ("東京".encode("shift_jis"), 'text/html; charset="Shift_JIS"', "東京"),
        ("北京".encode("gbk"), "text/html; charset=gb2312", "北京"),
        ("Москва".encode("koi8-r"), "text/html; charset=koi8-r", "Москва"),
        (
            "<meta charset='windows-1251'>Москва".encode("cp1251"),
            "text/html",
            "<meta charset='windows-1251'>Москва",
        ),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=euc-jp">東京'.encode("euc-jp"),
            "text/html",
            '<meta http-equiv="Content-Type" content="text/html; charset=euc-jp">東京',
        ),
        (
            '<?xml version="1.0" encoding="iso-8859-2"?>Łódź'.encode("iso-8859-2"),
            "application/xml",
            '<?xml version="1.0" encoding="iso-8859-2"?>Łódź',
        ),
        ("\ufeffZürich".encode(), "text/html; charset=iso-8859-1", "Zürich"),
        ("Zürich".encode("utf-16"), "text/html", "Zürich"),
        ("Zürich".encode(), "text/html; charset=nonsense", "Zürich"),
        ("Zürich".encode(), "text/html; charset=rot13", "Zürich"),
        ("Zürich".encode(), "text/html; charset=unicode_escape", "Zürich"),
        ("Zürich".encode(), "text/html; charset=utf-7", "Zürich"),
        ("Zürich".encode(), "text/html; charset=cp9999", "Zürich"),
        ("Zürich 東".encode()[:-1], "text/html", "Zürich \ufffd"),
        (b"", "text/html", ""),
    ],
)
def test_bytes_are_read_as_a_browser_would(body: bytes, content_type: str, text: str) -> None:
    assert decoded(body, content_type) == text
