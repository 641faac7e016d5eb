"""What a server answered, as text and pictures. Pure."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp_types import CallToolResult, ContentBlock, EmbeddedResource

OUTPUT_CHARACTERS = 100_000
PICTURES = 8
PICTURE_BYTES = 5 * 1024 * 1024
"""What Anthropic takes of one image."""
_SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Image:
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    images: tuple[Image, ...] = ()
    failed: bool = False


def answer_of(result: "CallToolResult") -> Answer:
    texts: list[str] = []
    images: list[Image] = []
    for block in result.content:
        for part in _parts(block):
            if isinstance(part, Image) and len(images) < PICTURES:
                images.append(part)
            else:
                texts.append(
                    part if isinstance(part, str) else f"[one more image, {len(part.data):,} bytes, left out]"
                )
    if result.structured_content is not None and not _says(texts, result.structured_content):
        texts.append(json.dumps(result.structured_content, ensure_ascii=False, default=str))
    text = capped("\n\n".join(text for text in texts if text))
    return Answer(text or ("" if images else "It answered nothing."), tuple(images), bool(result.is_error))


def capped(text: str) -> str:
    over = len(text) - OUTPUT_CHARACTERS
    if over <= 0:
        return text
    return f"{text[:OUTPUT_CHARACTERS]}\n[{over:,} of {len(text):,} characters were left out here]"


def media_type_of(data: bytes) -> str | None:
    """By the first bytes: what the server calls it is only its word. None for what no model takes."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for sign, media_type in _SIGNS if data.startswith(sign)), None)


def _parts(block: "ContentBlock") -> Iterator[str | Image]:
    match block.type:
        case "text":
            yield block.text
        case "image":
            yield _image(block.data, block.mime_type)
        case "audio":
            yield f"[audio, {block.mime_type}, {len(block.data) * 3 // 4:,} bytes: it cannot be heard here]"
        case "resource_link":
            about = " · ".join(
                part for part in (block.title or block.name, block.mime_type, block.description) if part
            )
            yield f"[resource {block.uri}: {about}]"
        case "resource":
            yield from _resource(block)


def _resource(block: "EmbeddedResource") -> Iterator[str | Image]:
    from mcp_types import TextResourceContents

    resource = block.resource
    kind = resource.mime_type or ""
    title = f"[resource {resource.uri}{f', {kind}' if kind else ''}]"
    if isinstance(resource, TextResourceContents):
        yield f"{title}\n{resource.text}"
    elif kind.startswith("image/"):
        yield title
        yield _image(resource.blob, kind)
    else:
        yield f"{title} {len(resource.blob) * 3 // 4:,} bytes that are no text: left out"


def _image(data: str, said: str) -> str | Image:
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return f"[an image, {said}, that is not valid base64: left out]"
    if len(raw) > PICTURE_BYTES:
        return f"[an image, {said}, {len(raw):,} bytes: larger than {PICTURE_BYTES:,}, left out]"
    media_type = media_type_of(raw)
    return (
        Image(raw, media_type)
        if media_type
        else f"[an image, {said}, of a kind that cannot be shown: left out]"
    )


def _says(texts: list[str], structured: object) -> bool:
    """Servers say structured content as text too, for clients that know only that.

    Python's SDK puts whatever is no object into one of its own, under `result`.
    """
    said = [_parsed(text) for text in texts]
    bare = (
        structured.get("result") if isinstance(structured, dict) and set(structured) == {"result"} else None
    )
    return structured in said or (
        bare is not None and (bare in said or bare in texts or bare in (said, texts))
    )


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
