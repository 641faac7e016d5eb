import json

import httpx
import pytest
from telegram.error import NetworkError, TelegramError, TimedOut

from openclaw.channels.telegram.faults import RefusalError, receiving, sending
from openclaw.channels.telegram.updates import TokenRefusedError
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.messages import Address

TO = Address("telegram", "821071206")


def refused(status: int, description: str = "", **parameters: int) -> RefusalError:
    return RefusalError(status, json.dumps({"description": description, "parameters": parameters}).encode())


def broken(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "retry_after"),
    [
        (refused(429, "Too Many Requests", retry_after=7), 7),
        (RefusalError(429, b""), 5),
        (refused(401, "Unauthorized"), 60),
        (refused(500, "Internal Server Error"), 1),
        (RefusalError(502, b"<html>Bad Gateway</html>"), 1),
        (broken(NetworkError("x"), httpx.ConnectError("refused")), 1),
        (broken(TimedOut(), httpx.ConnectTimeout("slow")), 1),
        (broken(TimedOut(), httpx.PoolTimeout("full")), 1),
        (refused(403, "Forbidden: bot was blocked by the user"), None),
        (refused(400, "Bad Request: chat not found"), None),
        (refused(400, "Bad Request: group upgraded", migrate_to_chat_id=-100777), None),
    ],
)
def test_a_message_that_was_certainly_not_sent_may_be_tried_again_or_not(
    error: TelegramError, retry_after: float | None
) -> None:
    meaning = sending(error, TO, again_after=1)

    assert isinstance(meaning, DeliveryError)
    assert meaning.retry_after == retry_after


@pytest.mark.parametrize(
    "error",
    [
        broken(TimedOut(), httpx.ReadTimeout("slow")),
        broken(TimedOut(), httpx.WriteTimeout("slow")),
        broken(NetworkError("x"), httpx.ReadError("reset")),
        broken(NetworkError("x"), httpx.RemoteProtocolError("gone")),
        broken(TelegramError("an answer that is not JSON"), ValueError("x")),
        RefusalError(504, b"<html>Gateway Time-out</html>"),
        RefusalError(502, b""),
    ],
)
def test_a_message_whose_answer_never_came_is_ambiguous(error: TelegramError) -> None:
    assert isinstance(sending(error, TO, again_after=1), AmbiguousDeliveryError)


def test_a_group_that_moved_is_named() -> None:
    assert "-100777" in str(sending(refused(400, "x", migrate_to_chat_id=-100777), TO, again_after=1))


@pytest.mark.parametrize("status", [401, 404])
def test_a_refused_token_says_where_to_get_a_new_one(status: int) -> None:
    error = receiving(refused(status), "channels.telegram")

    assert isinstance(error, TokenRefusedError)
    assert error.wait_seconds is None  # the back-off decides: whoever mends it does not wait for minutes
    assert "@BotFather" in str(error)
    assert "channels.telegram.botToken" in str(error)


def test_a_second_poller_is_named_with_what_to_do() -> None:
    error = receiving(refused(409, "Conflict: terminated by other getUpdates request"), "channels.telegram")

    assert error.wait_seconds is None  # our own poll from before a crash is gone in a second
    assert "another program receives this bot's messages" in str(error)


def test_other_refusals_and_failures_are_left_to_the_back_off() -> None:
    assert receiving(refused(500, "Internal"), "x").wait_seconds is None
    assert receiving(refused(429, "Too Many", retry_after=3), "x").wait_seconds == 3
    unreachable = receiving(broken(NetworkError("x"), httpx.ConnectError("refused")), "x")
    assert str(unreachable) == "Telegram cannot be reached: ConnectError: refused"


@pytest.mark.parametrize(
    ("status", "description", "unmodified", "gone"),
    [
        (400, "Bad Request: message is not modified: specified new message content …", True, False),
        (400, "Bad Request: message to edit not found", False, True),
        (400, "Bad Request: message can't be edited", False, True),
        (400, "Bad Request: MESSAGE_ID_INVALID", False, True),
        (400, "Bad Request: chat not found", False, False),
        (403, "Forbidden: message is not modified", False, False),
    ],
)
def test_what_became_of_an_edit_is_read_from_its_refusal(
    status: int, description: str, unmodified: bool, gone: bool
) -> None:
    refusal = refused(status, description)

    assert (refusal.is_unmodified, refusal.is_gone) == (unmodified, gone)
