import mimetypes
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from openclaw.channels.telegram.api import TelegramApi
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError
from openclaw.types.messages import Address, Button, Enclosure, Outbound, Part
from openclaw.types.secrets import Secret
from tests.agent.tools.files.yard import png
from tests.channels.telegram.house import outbound
from tests.fake.telegram_wire import SentFile
from tests.fakes import FakeTelegram

OWNER = Address("telegram", "821071206")


@pytest.fixture
async def api(telegram: FakeTelegram) -> AsyncIterator[TelegramApi]:
    account = TelegramAccount(api_root=telegram.url + "/", timeout_seconds=5)
    # As the channel does it, in its thread.
    mimetypes.init()
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
    assert second.params["allowed_updates"] == [
        "message",
        "edited_message",
        "my_chat_member",
        "callback_query",
    ]
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
        await api.itself()
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


BUTTONS = (Button("Allow once", "/approve x allow"), Button("Deny", "/approve x deny"))


async def test_buttons_stand_in_one_row_and_go_with_an_edit(api: TelegramApi, telegram: FakeTelegram) -> None:
    message_id = await api.send(Outbound("o_1", OWNER, Part("May I?", buttons=BUTTONS)))
    (sent,) = telegram.sent
    assert sent.buttons == {"Allow once": "/approve x allow", "Deny": "/approve x deny"}
    assert len(sent.params["reply_markup"]["inline_keyboard"]) == 1

    assert await api.edit(OWNER, message_id, Part("May I please?", buttons=BUTTONS))
    assert list(telegram.sent[0].buttons) == ["Allow once", "Deny"]
    assert await api.edit(OWNER, message_id, Part("Done."))
    assert telegram.sent[0].buttons == {}


async def test_a_press_that_cannot_be_acknowledged_hurts_nobody(
    api: TelegramApi, telegram: FakeTelegram
) -> None:
    telegram.fail("answerCallbackQuery", 400, "Bad Request: query is too old")

    await api.acknowledge("4382")

    assert [call.params["callback_query_id"] for call in telegram.called("answerCallbackQuery")] == [4382]


def enclosing(media_type: str, name: str, caption: Part | None = None, **more: str) -> Outbound:
    file = Enclosure("outbound/2026-02-02/a", name, media_type, 4)
    return Outbound("o_1", replace(OWNER, **more), replace(caption or Part(""), file=file))


async def test_a_picture_is_shown_with_its_caption(api: TelegramApi, telegram: FakeTelegram) -> None:
    caption = Part("our roof", "our <b>roof</b>", (Button("More", "more"),))
    message_id = await api.send(enclosing("image/png", "roof.png", caption, thread="42"), png(4, 4))

    (sent,) = telegram.sent
    assert message_id == str(sent.message_id)
    assert (sent.kind, sent.text, sent.parse_mode, sent.buttons) == (
        "photo",
        "our roof",
        "HTML",
        {"More": "more"},
    )
    assert sent.params["message_thread_id"] == 42
    assert sent.file == SentFile("roof.png", "image/png", png(4, 4))


@pytest.mark.parametrize(
    ("media_type", "name", "kind"),
    [("audio/ogg", "hello.ogg", "voice"), ("text/plain", "notes.txt", "document")],
)
async def test_other_files_are_sent_as_what_they_are(
    api: TelegramApi, telegram: FakeTelegram, media_type: str, name: str, kind: str
) -> None:
    await api.send(enclosing(media_type, name), b"OggS")

    (sent,) = telegram.sent
    assert (sent.kind, sent.text) == (kind, "")
    assert sent.file is not None
    assert (sent.file.name, sent.file.content) == (name, b"OggS")


async def test_what_telegram_cannot_show_goes_as_a_document(api: TelegramApi, telegram: FakeTelegram) -> None:
    telegram.fail("sendVoice", 400, "Bad Request: VOICE_MESSAGES_FORBIDDEN")
    await api.send(enclosing("image/png", "roof.png", Part("a roof")), b"no picture")
    await api.send(enclosing("audio/ogg", "hello.ogg"), b"OggS")

    assert [(sent.kind, sent.text) for sent in telegram.sent] == [("document", "a roof"), ("document", "")]


async def test_a_caption_that_telegram_refuses_goes_as_plain_text(
    api: TelegramApi, telegram: FakeTelegram
) -> None:
    await api.send(enclosing("image/png", "roof.png", Part("a b", "<b>a <nope> b")), png(4, 4))

    (sent,) = telegram.sent
    assert (sent.kind, sent.text, sent.parse_mode) == ("photo", "a b", None)


async def test_a_file_that_is_refused_is_not_sent_again(api: TelegramApi, telegram: FakeTelegram) -> None:
    telegram.fail("sendDocument", 413, "Request Entity Too Large")

    with pytest.raises(DeliveryError, match="413 Request Entity Too Large") as caught:
        await api.send(enclosing("text/plain", "notes.txt"), b"words")

    assert caught.value.retry_after is None
    assert telegram.sent == []
