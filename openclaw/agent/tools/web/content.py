"""What the bytes of an answer are. Pure."""

import codecs
import re
from typing import Literal

PageKind = Literal["html", "pdf", "text", "picture", "other"]

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_META = re.compile(
    rb"<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})",
    re.IGNORECASE,
)
# Python has more codecs than the web has charsets, and some of them do odd things.
_ON_THE_WEB = re.compile(
    r"utf-?(8|16(-?[lb]e)?)|(iso-?)?8859-?\d+|latin-?\d|(us-)?ascii|(windows|cp)-?\d{3,4}|koi8-?[ru]|gb(k|2312|18030)"
    r"|big5(-?hkscs)?|euc-?(jp|kr|cn)|shift[-_]?jis|sjis|iso-?2022-?(jp|kr)|tis-?620|mac-?(roman|cyrillic)"
)
_AS_BROWSERS_DO = {
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "iso-8859-9": "cp1254", "shift_jis": "cp932", "euc-kr": "cp949",
}  # fmt: skip
_TEXTS = re.compile(
    r"text/.+|application/(.+\+)?(json|xml|yaml|toml|javascript|ecmascript|x-ndjson|x-sh|sql)|message/.+"
)
_LOOKED_AT = 4_096


def kind_of(content_type: str, body: bytes) -> PageKind:
    """By what the server says, or where that says nothing, by how it begins."""
    kind = media_type(content_type)
    head = body[:_LOOKED_AT].lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    if head.startswith(b"%PDF-"):
        return "pdf"
    if kind in {"text/html", "application/xhtml+xml"}:
        return "html"
    if kind.startswith("image/") and kind != "image/svg+xml":
        return "picture"
    if _TEXTS.fullmatch(kind) or kind == "image/svg+xml":
        return "text"
    if kind not in {"", "application/octet-stream", "binary/octet-stream"} or _is_binary(body[:_LOOKED_AT]):
        return "other"
    return "html" if re.match(rb"(?i)<(!doctype html|html|head|body)\b", head) else "text"


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def decoded(body: bytes, content_type: str) -> str:
    """As a browser would: byte order mark, header, the page's own word, else UTF-8 where that fits."""
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    said = _CHARSET.search(content_type)
    meta = _META.search(body[:_LOOKED_AT])
    for name in (said[1] if said else "", meta[1].decode() if meta else ""):
        if codec := _codec(name):
            return body.decode(codec, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A body that was cut off may end within a character.
        ends_badly = error.start >= len(body) - 3
        return body.decode("utf-8" if ends_badly else "cp1252", "replace")


def _codec(name: str) -> str:
    name = name.lower()
    if not _ON_THE_WEB.fullmatch(name):
        return ""
    try:
        return _AS_BROWSERS_DO.get(name) or codecs.lookup(name).name
    except LookupError:
        return ""


def _is_binary(head: bytes) -> bool:
    return b"\0" in head or sum(byte < 9 or 13 < byte < 27 for byte in head) > len(head) // 50
