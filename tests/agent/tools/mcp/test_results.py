import base64
from typing import Any

import pytest
from mcp_types import CallToolResult

from openclaw.agent.tools.mcp.results import OUTPUT_CHARACTERS, PICTURE_BYTES, Image, answer_of, media_type_of
from tests.agent.tools.mcp.troubled import PNG

DOT = base64.b64encode(PNG).decode()


def result(*content: dict[str, Any], **more: Any) -> CallToolResult:
    return CallToolResult.model_validate({"content": list(content), **more})


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def image(data: str, kind: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "data": data, "mimeType": kind}


def resource(**facts: Any) -> dict[str, Any]:
    return {"type": "resource", "resource": {"uri": "demo://1", **facts}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([text("one"), text("two")], "one\n\ntwo"),
        ([], "It answered nothing."),
        ([resource(text="words", mimeType="text/plain")], "[resource demo://1, text/plain]\nwords"),
        ([resource(blob="QUJD")], "[resource demo://1] 3 bytes that are no text: left out"),
        (
            [{"type": "resource_link", "uri": "demo://2", "name": "notes", "mimeType": "text/plain"}],
            "[resource demo://2: notes · text/plain]",
        ),
        (
            [{"type": "audio", "data": "QUJD", "mimeType": "audio/wav"}],
            "[audio, audio/wav, 3 bytes: it cannot be heard here]",
        ),
        ([image("!!!")], "[an image, image/png, that is not valid base64: left out]"),
        ([image("QUJD")], "[an image, image/png, of a kind that cannot be shown: left out]"),
    ],
)
def test_every_kind_of_content_is_told(content: list[dict[str, Any]], said: str) -> None:
    answer = answer_of(result(*content))
    assert (answer.text, answer.images, answer.failed) == (said, (), False)


def test_an_image_is_kept_by_what_it_is_not_by_what_it_is_called() -> None:
    wrapped = "\n".join(DOT[start : start + 20] for start in range(0, len(DOT), 20))
    answer = answer_of(
        result(text("a dot"), image(wrapped, "image/jpeg"), resource(blob=DOT, mimeType="image/x"))
    )
    assert answer.images == (Image(PNG, "image/png"), Image(PNG, "image/png"))
    assert answer.text == "a dot\n\n[resource demo://1, image/x]"


def test_too_many_and_too_large_images_are_left_out_and_told() -> None:
    large = base64.b64encode(PNG + bytes(PICTURE_BYTES)).decode()
    answer = answer_of(result(image(large), *[image(DOT)] * 9))
    assert len(answer.images) == 8
    assert "larger than 5,242,880, left out" in answer.text
    assert "one more image" in answer.text


def test_structured_content_is_told_once() -> None:
    data = {"temperature": 22}
    assert (
        answer_of(result(text('{"temperature": 22}'), structuredContent=data)).text == '{"temperature": 22}'
    )
    for words, wrapped in ((["warm"], "warm"), (["22"], 22), (["a", "b"], ["a", "b"])):
        answer = answer_of(result(*map(text, words), structuredContent={"result": wrapped}))
        assert answer.text == "\n\n".join(words)
    assert answer_of(result(text("warm"), structuredContent=data)).text == 'warm\n\n{"temperature": 22}'


def test_a_long_answer_says_what_was_left_out() -> None:
    answer = answer_of(result(text("x" * (OUTPUT_CHARACTERS + 1_234))))
    assert answer.text.endswith("\n[1,234 of 101,234 characters were left out here]")


def test_an_error_says_so() -> None:
    assert answer_of(result(text("no"), isError=True)).failed


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg/>", None),
    ],
)
def test_images_are_known_by_their_first_bytes(data: bytes, kind: str | None) -> None:
    assert media_type_of(data) == kind
