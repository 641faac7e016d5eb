from typing import Any

import pytest

from openclaw.channels.telegram.reading.called import REPLY, Bot, called_by, is_for_another

ME = Bot(8000001, "Claw_test_bot")


def mark(kind: str, offset: int, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


def text(words: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"text": words, "entities": list(marks)}


@pytest.mark.parametrize(
    ("message", "called"),
    [
        (text("@claw_test_bot hi", mark("mention", 0, 14)), "@claw_test_bot"),
        (text("😀 @CLAW_TEST_BOT hi", mark("mention", 3, 14)), "@CLAW_TEST_BOT"),
        (text("@claw_test_bot2 hi", mark("mention", 0, 15)), ""),
        (text("@claw_test_bot hi"), ""),
        (text("/status@claw_test_bot", mark("bot_command", 0, 21)), "@claw_test_bot"),
        (text("/status", mark("bot_command", 0, 7)), ""),
        (text("Claw, hi", mark("text_mention", 0, 4, user={"id": 8000001})), "Claw"),
        (text("Bea, hi", mark("text_mention", 0, 3, user={"id": 821071207})), ""),
        ({"caption": "@claw_test_bot", "caption_entities": [mark("mention", 0, 14)]}, "@claw_test_bot"),
        ({"text": "yes", "reply_to_message": {"from": {"id": 8000001}}}, REPLY),
        ({"text": "yes", "reply_to_message": {"from": {"id": 821071207}}}, ""),
        ({"text": "yes", "reply_to_message": {"from": {"id": 8000001}, "forum_topic_created": {}}}, ""),
        ({"text": "yes", "reply_to_message": []}, ""),
        (text("hi", mark("mention", -1, 2), mark("mention", 0, 10**9)), ""),
        ({"text": "hi", "entities": {"type": "mention"}}, ""),
        ({"text": "hi", "entities": ["mention", {"type": "mention", "offset": "0", "length": None}]}, ""),
        ({"text": 5, "entities": [mark("mention", 0, 14)]}, ""),
    ],
)
def test_only_telegrams_own_marks_and_answers_call_the_bot(message: dict[str, Any], called: str) -> None:
    assert called_by(message, ME) == called


def test_a_bot_without_a_username_is_not_called_by_a_lone_sign() -> None:
    assert called_by(text("@ hi", mark("mention", 0, 1)), Bot(8000001)) == ""


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (text("/status@other_bot", mark("bot_command", 0, 17)), True),
        (text("/status@claw_test_bot", mark("bot_command", 0, 21)), False),
        (text("/status", mark("bot_command", 0, 7)), False),
        (text("see /status@other_bot", mark("bot_command", 4, 17)), False),
    ],
)
def test_a_command_with_another_bots_name_is_not_ours(message: dict[str, Any], expected: bool) -> None:
    assert is_for_another(message, ME) is expected
