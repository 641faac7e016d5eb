import anyio
import pytest

from openclaw.bus import Bus
from openclaw.channels.runner import Backoff, ChannelRunner
from openclaw.channels.telegram.channel import TelegramChannel
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.types.channel import Channel, Editing, WebhookRequest
from openclaw.types.errors import ChannelError, DeliveryError
from openclaw.types.events import ChannelChanged
from openclaw.types.messages import Address, Part
from openclaw.types.secrets import SecretRef
from tests.channels.telegram.house import MemoryLedger, Reports, Secrets, StoppedClock, make_channel, outbound
from tests.fakes import FakeTelegram


def account(telegram: FakeTelegram, **more: object) -> TelegramAccount:
    return TelegramAccount.model_validate({"botToken": telegram.token, "apiRoot": telegram.url, **more})


def test_it_is_a_channel() -> None:
    channel: Channel = make_channel(TelegramAccount())
    editing: Editing = make_channel(TelegramAccount())

    assert (channel.name, channel.account) == ("telegram", "default")
    assert channel.routes(MemoryLedger().deliver) == ()
    assert isinstance(editing, Editing)


async def test_what_people_write_is_in_the_ledger_before_telegram_forgets_it(telegram: FakeTelegram) -> None:
    ledger, reports = MemoryLedger(), Reports()
    channel = make_channel(account(telegram), ledger)
    telegram.say("before the start")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.run, ledger.deliver, reports)
        await reports.wait_for("connected")
        await ledger.wait_kept(1)
        number = telegram.say("hello")
        await ledger.wait_kept(2)
        await telegram.wait_confirmed(number)
        tasks.cancel_scope.cancel()
    await channel.aclose()

    assert ledger.texts() == ["before the start", "hello"]
    assert list(ledger.kept)[-1] == f"telegram:{telegram.bot_id}:{number}"


async def test_a_restart_answers_nothing_twice(telegram: FakeTelegram) -> None:
    ledger = MemoryLedger()
    for text in ("one", "two"):
        channel = make_channel(account(telegram), ledger)
        telegram.say(text)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.run, ledger.deliver, Reports())
            await ledger.wait_kept(1 if text == "one" else 2)
            tasks.cancel_scope.cancel()
        await channel.aclose()

    assert ledger.texts() == ["one", "two"]
    assert not any("drop_pending_updates" in call.params for call in telegram.calls)


async def test_an_outage_is_survived_and_nothing_said_meanwhile_is_lost(telegram: FakeTelegram) -> None:
    ledger, bus = MemoryLedger(), Bus()
    runner = ChannelRunner(StoppedClock(), Backoff(first_seconds=0.01, most_seconds=0.01))
    channel = make_channel(account(telegram), ledger)

    with bus.subscribe(ChannelChanged, lossless=True) as changes:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.receive, [channel], ledger.deliver, bus)
            telegram.say("before")
            await ledger.wait_kept(1)
            telegram.refuse_connections()
            while runner.states()[0].condition != "failing":
                await changes.next()
            telegram.say("meanwhile")
            telegram.accept_connections()
            await ledger.wait_kept(2)
            tasks.cancel_scope.cancel()
    await channel.aclose()

    assert ledger.texts() == ["before", "meanwhile"]
    assert "Telegram cannot be reached" in runner.states()[0].last_error


async def test_no_token_is_told_with_the_key_to_set() -> None:
    with pytest.raises(ChannelError, match=r"channels\.telegram\.botToken is not set") as caught:
        await make_channel(TelegramAccount()).run(MemoryLedger().deliver, Reports())

    assert caught.value.wait_seconds == 300


async def test_a_secret_that_cannot_be_read_is_told() -> None:
    channel = make_channel(TelegramAccount(bot_token=SecretRef("env:NOT_THERE")))

    with pytest.raises(ChannelError, match="env:NOT_THERE is not there"):
        await channel.run(MemoryLedger().deliver, Reports())
    with pytest.raises(DeliveryError) as caught:
        await channel.send(outbound("hi"))
    assert caught.value.retry_after == 60


async def test_a_refused_token_is_read_anew_at_the_next_start(telegram: FakeTelegram) -> None:
    secrets = Secrets({"env:TOKEN": "8000009:wr0ng"})
    ledger, reports = MemoryLedger(), Reports()
    channel = make_channel(account(telegram, botToken="env:TOKEN"), ledger, secrets)
    with pytest.raises(ChannelError, match="refused by Telegram"):
        await channel.run(ledger.deliver, reports)

    secrets.values["env:TOKEN"] = telegram.token + "\n"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.run, ledger.deliver, reports)
        await reports.wait_for("connected")
        tasks.cancel_scope.cancel()
    await channel.aclose()

    assert secrets.fresh_reads == 1


async def test_a_webhook_is_set_and_served_behind_its_secret(telegram: FakeTelegram) -> None:
    ledger, reports = MemoryLedger(), Reports()
    hook = {"webhookUrl": "https://example.org/webhooks/telegram", "webhookSecret": "s3cret-s3cret"}
    channel = make_channel(account(telegram, **hook), ledger)
    (route,) = channel.routes(ledger.deliver)
    header = {"x-telegram-bot-api-secret-token": "s3cret-s3cret"}
    posted = WebhookRequest("POST", route.path, header, {}, b'{"update_id": 5, "message": {}}')
    assert route.authentic(posted) == "not-ready"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.run, ledger.deliver, reports)
        await reports.wait_for("connected")
        assert route.authentic(posted) is None
        assert (await route.handle(posted)).status == 200
        tasks.cancel_scope.cancel()
    await channel.aclose()

    (call,) = telegram.called("setWebhook")
    assert call.params["secret_token"] == "s3cret-s3cret"
    assert call.params["url"] == "https://example.org/webhooks/telegram"
    assert list(ledger.kept) == [f"telegram:{telegram.bot_id}:5"]
    assert not telegram.called("getUpdates")


async def test_a_webhook_without_a_secret_does_not_exist(telegram: FakeTelegram) -> None:
    channel = make_channel(account(telegram, webhookUrl="https://example.org/hook"))

    assert channel.routes(MemoryLedger().deliver) == ()
    with pytest.raises(ChannelError, match="webhookSecret"):
        await channel.run(MemoryLedger().deliver, Reports())
    await channel.aclose()
    assert not telegram.called("setWebhook")


async def test_a_reply_can_be_sent_before_anything_was_received(telegram: FakeTelegram) -> None:
    channel = make_channel(account(telegram))

    await channel.send(outbound("hi", rich="<b>hi</b>"))
    await channel.aclose()

    assert telegram.texts() == ["hi"]


async def test_working_is_shown_until_cancelled(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.channels.telegram.channel._TYPING_SECONDS", 0)
    channel = make_channel(account(telegram))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.show_working, Address("telegram", "821071206"))
        calls = await telegram.wait_calls("sendChatAction", 3)
        tasks.cancel_scope.cancel()
    await channel.aclose()

    assert calls[0].params == {"chat_id": 821071206, "action": "typing"}


def test_a_reply_is_composed_within_the_configured_length() -> None:
    channel: TelegramChannel = make_channel(TelegramAccount(text_chunk_limit=16))

    assert list(channel.compose("**aaa** bbb ccc ddd eee")) == [
        Part("aaa bbb ccc ddd", "<b>aaa</b> bbb ccc ddd"),
        Part("eee", "eee"),
    ]
    assert list(channel.compose(" \n")) == []


async def test_a_message_is_shown_changed_and_taken_away(telegram: FakeTelegram) -> None:
    channel, to = make_channel(account(telegram)), Address("telegram", "821071206")

    message_id = await channel.begin_preview(to, Part("It is …"))
    assert await channel.edit(to, message_id, Part("It is 22°C."))
    assert telegram.texts() == ["It is 22°C."]
    await channel.withdraw(to, message_id)
    assert telegram.texts() == []
    assert not await channel.edit(to, message_id, Part("It is 22°C."))
    await channel.aclose()


async def test_without_a_token_nothing_is_changed_and_nothing_fails_that_may_be_left() -> None:
    channel, to = make_channel(TelegramAccount()), Address("telegram", "821071206")

    with pytest.raises(DeliveryError):
        await channel.edit(to, "1", Part("It is 22°C."))
    await channel.withdraw(to, "1")
