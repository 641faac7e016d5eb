from collections.abc import AsyncIterator

import pytest

from openclaw.channels.telegram.api import TelegramApi
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError
from openclaw.types.messages import Address, Part
from openclaw.types.secrets import Secret
from tests.channels.telegram.house import outbound
from tests.fakes import FakeTelegram

OWNER = Address("telegram", "821071206")


@pytest.fixture
async def api(telegram: FakeTelegram) -> AsyncIterator[TelegramApi]:
    account = TelegramAccount(api_root=telegram.url + "/", timeout_seconds=5)
    api = TelegramApi(Secret(telegram.token), account, "channels.telegram")
    yield api
    await api.aclose()


async def test_a_message_goes_out_as_html_without_a_preview(api: TelegramApi, telegram: FakeTelegram) -> None:
    message_id = await api.send(outbound("a < b", rich="<b>a</b> &lt; b", thread="42", quoted="7"))

    (sent,) = telegram.sent
    assert message_id == str(sent.message_id)
    assert (sent.chat, sent.text, sent.parse_mode) == (821071206, "a < b", "HTML")
    assert sent.params["link_preview_options"] == {"is_disabled": True}
    assert sent.params["message_thread_id"] == 42
    assert sent.params["reply_parameters"]["message_id"] == 7


async def test_the_general_topic_is_not_named_in_a_message(api: TelegramApi, telegram: FakeTelegram) -> None:
    await api.send(outbound("hi", thread="1"))

    assert "message_thread_id" not in telegram.sent[0].params


async def test_markup_that_telegram_refuses_goes_as_plain_text(
    api: TelegramApi, telegram: FakeTelegram
) -> None:
    await api.send(outbound("a b", rich="<b>a <nope> b"))

    (sent,) = telegram.sent
    assert (sent.text, sent.parse_mode) == ("a b", None)


async def test_a_flood_limit_says_how_long_to_wait(api: TelegramApi, telegram: FakeTelegram) -> None:
    telegram.fail("sendMessage", 429, parameters={"retry_after": 7})

    with pytest.raises(DeliveryError) as caught:
        await api.send(outbound("hi"))

    assert caught.value.retry_after == 7


async def test_a_blocked_bot_does_not_try_again(api: TelegramApi, telegram: FakeTelegram) -> None:
    telegram.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")

    with pytest.raises(DeliveryError, match="blocked by the user") as caught:
        await api.send(outbound("hi"))

    assert caught.value.retry_after is None


async def test_a_connection_lost_after_the_request_is_ambiguous(
    api: TelegramApi, telegram: FakeTelegram
) -> None:
    telegram.accept_and_drop("sendMessage")

    with pytest.raises(AmbiguousDeliveryError):
        await api.send(outbound("hi"))

    assert len(telegram.sent) == 1


async def test_a_port_nobody_listens_on_means_not_sent(api: TelegramApi, telegram: FakeTelegram) -> None:
    telegram.refuse_connections()

    with pytest.raises(DeliveryError) as caught:
        await api.send(outbound("hi"))

    assert caught.value.retry_after == 1


async def test_updates_come_as_telegram_wrote_them(api: TelegramApi, telegram: FakeTelegram) -> None:
    odd = {"update_id": 5, "message": {"chat": "not a chat", "text": "\ud800"}}
    telegram.push(odd)

    assert await api.updates(None, 0) == [odd]
    assert await api.updates(6, 0) == []
    first, second = telegram.called("getUpdates")
    assert "offset" not in first.params
    assert second.params["offset"] == 6
    assert second.params["allowed_updates"] == ["message", "edited_message", "my_chat_member"]
    assert second.params["limit"] == 100


async def test_a_webhook_left_from_earlier_is_removed_with_what_waits_kept(
    api: TelegramApi, telegram: FakeTelegram
) -> None:
    await api.set_webhook("https://example.org/hook", Secret("s3cret"))
    telegram.say("hello")

    with pytest.raises(ChannelError, match="webhook"):
        await api.updates(None, 0)

    assert len(await api.updates(None, 0)) == 1
    (call,) = telegram.called("deleteWebhook")
    assert call.params.get("drop_pending_updates") in (None, False)


async def test_a_second_poller_is_told_plainly(api: TelegramApi, telegram: FakeTelegram) -> None:
    telegram.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")

    with pytest.raises(ChannelError, match="another program receives"):
        await api.updates(None, 0)


async def test_no_error_holds_the_token(telegram: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = "8000009:An0therInventedT0ken"
    api = TelegramApi(Secret(token), TelegramAccount(api_root=telegram.url), "channels.telegram")
    with pytest.raises(ChannelError) as refused:
        await api.own_id()
    telegram.refuse_connections()
    with pytest.raises(ChannelError) as unreachable:
        await api.updates(None, 0)
    await api.aclose()

    error: BaseException | None = None
    for error in (refused.value, unreachable.value):
        while error is not None:
            assert token not in str(error)
            error = error.__cause__ or error.__context__
    assert token not in caplog.text


async def test_typing_that_cannot_be_shown_hurts_nobody(api: TelegramApi, telegram: FakeTelegram) -> None:
    telegram.fail("sendChatAction", 400, "Bad Request: chat not found")

    await api.show_typing(Address("telegram", "821071206"))

    assert telegram.called("sendChatAction")


async def test_a_message_is_changed_with_its_markup(api: TelegramApi, telegram: FakeTelegram) -> None:
    message_id = await api.send(outbound("It is"))

    assert await api.edit(OWNER, message_id, Part("It is 22°C.", "It is <b>22°C</b>."))

    assert telegram.texts() == ["It is 22°C."]
    (call,) = telegram.called("editMessageText")
    assert (call.params["parse_mode"], call.params["link_preview_options"]) == ("HTML", {"is_disabled": True})


async def test_an_edit_that_changes_nothing_has_been_made(api: TelegramApi, telegram: FakeTelegram) -> None:
    message_id = await api.send(outbound("It is 22°C."))

    assert await api.edit(OWNER, message_id, Part("It is 22°C."))


async def test_an_edit_of_a_deleted_message_says_so(api: TelegramApi, telegram: FakeTelegram) -> None:
    message_id = await api.send(outbound("It is"))
    await api.delete(OWNER, message_id)

    assert telegram.sent == []
    assert not await api.edit(OWNER, message_id, Part("It is 22°C."))


async def test_an_edit_whose_markup_is_refused_is_made_in_plain_text(
    api: TelegramApi, telegram: FakeTelegram
) -> None:
    message_id = await api.send(outbound("It is"))

    assert await api.edit(OWNER, message_id, Part("a b", "<b>a <nope> b"))

    assert telegram.texts() == ["a b"]


async def test_an_edit_that_must_wait_says_how_long(api: TelegramApi, telegram: FakeTelegram) -> None:
    message_id = await api.send(outbound("It is"))
    telegram.fail("editMessageText", parameters={"retry_after": 40})

    with pytest.raises(DeliveryError) as refused:
        await api.edit(OWNER, message_id, Part("It is 22°C."))

    assert refused.value.retry_after == 40


async def test_an_edit_without_an_answer_is_in_doubt(api: TelegramApi, telegram: FakeTelegram) -> None:
    message_id = await api.send(outbound("It is"))
    telegram.accept_and_drop("editMessageText")

    with pytest.raises(AmbiguousDeliveryError):
        await api.edit(OWNER, message_id, Part("It is 22°C."))


async def test_a_message_that_cannot_be_deleted_hurts_nobody(
    api: TelegramApi, telegram: FakeTelegram
) -> None:
    await api.delete(OWNER, "999")

    assert len(telegram.called("deleteMessage")) == 1
