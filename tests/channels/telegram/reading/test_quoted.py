from typing import Any

import pytest

from openclaw.channels.telegram.reading.called import Bot
from openclaw.channels.telegram.reading.quoted import MOST, passed_on_from, quoted
from openclaw.types.messages import Quoted, Sender

ME = Bot(8000001, "claw_test_bot")
BEA = {"id": 821071207, "first_name": "Bea"}


def answers(**answered: Any) -> dict[str, Any]:
    return {"text": "yes", "reply_to_message": {"from": BEA, **answered}}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (answers(text="shall we?"), "shall we?"),
        (answers(caption="the roof", photo=[]), "the roof"),
        (answers(photo=[]), "<media:photo>"),
        ({**answers(text="shall we, or not?"), "quote": {"text": "or not"}}, "or not"),
        (answers(text="x" * 9000), "x" * MOST),
        (answers(text="a \ud800"), "a \ufffd"),
    ],
)
def test_what_is_answered_is_told_with_its_author(message: dict[str, Any], text: str) -> None:
    assert quoted(message, ME) == Quoted(Sender("821071207", "Bea"), text)


def test_the_assistants_own_words_are_known() -> None:
    found = quoted({"reply_to_message": {"from": {"id": 8000001}, "text": "Yes?"}}, ME)

    assert found is not None
    assert found.own


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"reply_to_message": []},
        {"reply_to_message": {"text": "hi"}},
        answers(text=5),
        answers(**{"from": {"id": "821071207"}, "text": "hi"}),
        answers(forum_topic_created={"name": "Rain"}, text="hi"),
    ],
)
def test_what_is_no_answer_quotes_nothing(message: dict[str, Any]) -> None:
    assert quoted(message, ME) is None


@pytest.mark.parametrize(
    ("message", "origin"),
    [
        ({}, None),
        ({"forward_origin": {"type": "user", "sender_user": BEA}}, "Bea"),
        ({"forward_origin": {"type": "user", "sender_user": {"id": 821071206}}}, None),
        ({"forward_origin": {"type": "hidden_user", "sender_user_name": "Bea\nNg"}}, "Bea Ng"),
        ({"forward_origin": {"type": "channel", "chat": {"id": -1001, "title": "News"}}}, "News"),
        ({"forward_origin": {"type": "of next year"}}, "somebody"),
        ({"forward_date": 1770000000}, "somebody"),
    ],
)
def test_whose_words_are_passed_on(message: dict[str, Any], origin: str | None) -> None:
    assert passed_on_from(message, "821071206") == origin
