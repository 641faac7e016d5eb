from typing import Any

import pytest

from openclaw.channels.whatsapp.cloud.words import Said, words
from openclaw.types.messages import Unusable

AT = 1_795_226_400_000


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("text", {"body": "hello"}, "hello"),
        ("location", {"latitude": 47.4979, "longitude": 19.04}, "[location: 47.4979, 19.04]"),
        (
            "location", {"latitude": 47, "longitude": -19, "name": "Cafe [x]", "address": "1 Main St"},
            "[location: 47, -19 (Cafe (x), 1 Main St)]",
        ),
        (
            "contacts",
            [
                {"name": {"formatted_name": "Bo Bright"}, "phones": [{"phone": "+1 201 555 0124"}],
                 "emails": [{"email": "bo@example.org"}]},
                {"phones": []},
            ],
            "[contact: Bo Bright, +1 201 555 0124, bo@example.org]\n[contact: without a name]",
        ),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "approve:42", "title": "Yes"}}, "approve:42"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Tuesday"}}, "Tuesday"),
        (
            "interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": '{"a":1}'}},
            '[form flow]\n{"a":1}',
        ),
        ("button", {"payload": "p", "text": "Yes please"}, "Yes please"),
        (
            "order",
            {
                "text": "soon",
                "product_items": [
                    {"product_retailer_id": "tea", "quantity": 2, "item_price": 3.5, "currency": "EUR"}
                ],
            },
            "[order]\n- 2 × tea at 3.5 EUR\nsoon",
        ),
        ("sticker", {"id": "9", "mime_type": "image/webp"}, "<media:sticker>"),
        ("video", {"id": "9", "mime_type": "video/mp4", "caption": "look"}, "<media:video>\nlook"),
    ],
)  # fmt: skip
def test_every_kind_of_message_says_something(kind: str, content: object, text: str) -> None:
    said = words({"type": kind, kind: content}, AT)

    assert isinstance(said, Said)
    assert said.text == text


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"type": "text", "text": {"body": " "}}, "an empty message"),
        (
            {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}},
            "reaction 👍 to wamid.1",
        ),
        (
            {"type": "unsupported", "errors": [{"code": 131051}]},
            "unsupported by WhatsApp's API (error 131051)",
        ),
        ({"type": "poll_creation"}, "poll_creation: a kind of message that is not read"),
        ({"type": "interactive", "interactive": {"type": "new"}}, "interactive new: not read"),
        ({"type": "contacts", "contacts": []}, "contacts: none in it"),
    ],
)
def test_what_nobody_answers_is_told(message: dict[str, Any], reason: str) -> None:
    assert words(message, AT) == Unusable(reason)
