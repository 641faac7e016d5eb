"""The fake Bot API, shown with python-telegram-bot."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import telegram as ptb
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, RetryAfter

from tests.fakes import FakeTelegram, fetch

OWNER = 821071206


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[ptb.Bot]:
    async with ptb.Bot(telegram.token, base_url=f"{telegram.url}/bot") as bot:
        yield bot


async def test_a_long_poll_returns_as_soon_as_somebody_writes(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    poll = asyncio.ensure_future(bot.get_updates(timeout=20))
    await telegram.wait_calls("getUpdates")

    update_id = telegram.say("hello")

    (update,) = await poll
    assert update.update_id == update_id
    assert update.message is not None
    assert (update.message.text, update.message.chat_id) == ("hello", OWNER)


async def test_a_long_poll_without_news_ends_empty_after_its_timeout(bot: ptb.Bot) -> None:
    before = time.monotonic()
    assert await bot.get_updates(timeout=1) == ()
    assert time.monotonic() - before >= 0.9


async def test_updates_come_again_until_a_higher_offset_confirms_them(
    telegram: FakeTelegram, bot: ptb.Bot
) -> None:
    first, second = telegram.say("one"), telegram.say("two")

    assert [u.update_id for u in await bot.get_updates(timeout=0)] == [first, second]
    assert [u.update_id for u in await bot.get_updates(timeout=0)] == [first, second]
    assert [u.update_id for u in await bot.get_updates(offset=second, timeout=0)] == [second]
    await telegram.wait_confirmed(first)
    assert [u.update_id for u in await bot.get_updates(timeout=0)] == [second]


async def test_ignore_offset_gives_the_last_batch_again(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    update_id = telegram.say("one")
    await bot.get_updates(timeout=0)
    telegram.ignore_offset()

    assert [u.update_id for u in await bot.get_updates(offset=update_id + 1, timeout=0)] == [update_id]
    assert await bot.get_updates(offset=update_id + 1, timeout=0) == ()


async def test_a_second_poller_ends_the_first_with_409(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    first = asyncio.ensure_future(bot.get_updates(timeout=20))
    await telegram.wait_calls("getUpdates")

    async with ptb.Bot(telegram.token, base_url=f"{telegram.url}/bot") as other:
        second = asyncio.ensure_future(other.get_updates(timeout=20))

        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first
        telegram.say("for the second")
        assert len(await second) == 1


async def test_polling_while_a_webhook_is_set_is_refused(bot: ptb.Bot) -> None:
    await bot.set_webhook("https://bot.example.org/webhooks/telegram", secret_token="s3cret")
    assert (await bot.get_webhook_info()).url == "https://bot.example.org/webhooks/telegram"
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates(timeout=0)

    await bot.delete_webhook()
    assert await bot.get_updates(timeout=0) == ()


async def test_a_wrong_token_is_refused(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    telegram.token = "8000001:revoked"
    with pytest.raises(InvalidToken):
        await bot.get_me()
    assert await fetch("POST", f"{telegram.url}/botnonsense/getMe") == (
        404,
        b'{"ok": false, "error_code": 404, "description": "Not Found"}',
    )


async def test_people_see_the_text_without_its_markup(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    await bot.send_message(OWNER, "<b>22 °C</b> &amp; <code>a &lt; b</code>", parse_mode="HTML")

    (sent,) = telegram.sent
    assert (sent.chat, sent.text, sent.parse_mode) == (OWNER, "22 °C & a < b", "HTML")
    assert sent.markup.startswith("<b>")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("<b>open", "find end tag corresponding to start tag"),
        ("<b><i>crossed</b></i>", "unmatched end tag"),
        ("<h1>no</h1>", "unsupported start tag"),
        ("a < b", "unsupported start tag"),
        ("</b>", "unexpected end tag"),
        ("<b> </b>", "text is empty"),
        ("x" * 4097, "too long"),
        ("🦞" * 2049, "too long"),
    ],
)
async def test_a_message_that_cannot_be_shown_is_refused(bot: ptb.Bot, text: str, refusal: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){refusal}"):
        await bot.send_message(OWNER, text, parse_mode="HTML")


async def test_the_limit_counts_what_is_seen(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    await bot.send_message(OWNER, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
    assert len(telegram.sent) == 1


async def test_scripted_refusals_are_used_up(
    telegram: FakeTelegram, bot: ptb.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it the SDK warns of its next version
    telegram.fail("sendMessage", parameters={"retry_after": 7}, chat=5)
    await bot.send_message(OWNER, "another chat")
    with pytest.raises(RetryAfter) as limited:
        await bot.send_message(5, "too much")
    assert limited.value.retry_after == timedelta(seconds=7)
    await bot.send_message(5, "again")
    assert telegram.texts() == ["another chat", "again"]


async def test_accept_and_drop_sends_and_does_not_answer(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    telegram.accept_and_drop("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(OWNER, "did it arrive?")
    assert telegram.texts() == ["did it arrive?"]


@pytest.mark.parametrize(("after_effect", "seen_while_held"), [(False, []), (True, ["slow"])])
async def test_a_held_call_goes_on_when_it_is_released(
    telegram: FakeTelegram, bot: ptb.Bot, after_effect: bool, seen_while_held: list[str]
) -> None:
    hold = telegram.hold("sendMessage", after_effect=after_effect)
    sending = asyncio.ensure_future(bot.send_message(OWNER, "slow"))
    await hold.entered.wait()
    assert telegram.texts() == seen_while_held

    hold.release()
    await sending
    assert telegram.texts() == ["slow"]


async def test_refused_connections_fail_until_they_are_accepted_again(
    telegram: FakeTelegram, bot: ptb.Bot
) -> None:
    poll = asyncio.ensure_future(bot.get_updates(timeout=20))
    await telegram.wait_calls("getUpdates")

    telegram.refuse_connections()

    with pytest.raises(NetworkError):
        await poll
    with pytest.raises(NetworkError):
        await bot.send_message(OWNER, "anybody?")
    telegram.accept_connections()
    await bot.send_message(OWNER, "back")
    assert telegram.texts() == ["back"]


async def test_edits_change_what_is_seen(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    message = await bot.send_message(OWNER, "first")
    await bot.edit_message_text("second", chat_id=OWNER, message_id=message.message_id)
    assert telegram.texts() == ["second"]
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("second", chat_id=OWNER, message_id=message.message_id)


async def test_parameters_are_recorded_as_the_api_reads_them(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    await bot.send_message(
        OWNER, "5", link_preview_options=ptb.LinkPreviewOptions(is_disabled=True), disable_notification=True
    )
    (call,) = telegram.called("sendMessage")
    assert call.params["text"] == "5"
    assert call.params["chat_id"] == OWNER
    assert call.params["link_preview_options"] == {"is_disabled": True}
    assert call.params["disable_notification"] is True


async def test_waiting_in_vain_says_what_there_is(telegram: FakeTelegram) -> None:
    with pytest.raises(AssertionError, match="0 of 1 messages were sent"):
        await telegram.wait_sent(1, timeout=0.01)


async def test_a_button_is_pressed_as_long_as_it_is_there(telegram: FakeTelegram, bot: ptb.Bot) -> None:
    keys = ptb.InlineKeyboardMarkup([[ptb.InlineKeyboardButton("Yes", callback_data="/yes")]])
    message = await bot.send_message(OWNER, "Shall I?", reply_markup=keys)
    telegram.press(telegram.sent[0], "Yes")

    (update,) = await bot.get_updates(timeout=0)
    assert update.callback_query is not None
    assert (update.callback_query.data, update.callback_query.from_user.id) == ("/yes", OWNER)
    assert await bot.answer_callback_query(update.callback_query.id)
    await bot.edit_message_text("Done.", OWNER, message.message_id)
    with pytest.raises(KeyError):
        telegram.press(telegram.sent[0], "Yes")


async def test_a_button_with_too_much_to_say_is_refused(bot: ptb.Bot) -> None:
    keys = ptb.InlineKeyboardMarkup([[ptb.InlineKeyboardButton("Yes", callback_data="x" * 65)]])
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(OWNER, "Shall I?", reply_markup=keys)
