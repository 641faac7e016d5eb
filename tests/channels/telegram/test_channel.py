from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.bus import Bus
from openclaw.channels.runner import Backoff, ChannelRunner
from openclaw.channels.telegram.channel import TelegramChannel
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.store.outbox import MARK
from openclaw.types.channel import Channel, Editing, Enclosing, Fetched, WebhookRequest
from openclaw.types.errors import ChannelError, DeliveryError, EnclosureError, FetchError
from openclaw.types.events import ChannelChanged
from openclaw.types.messages import Address, Attachment, Enclosure, Part
from openclaw.types.secrets import SecretRef
from tests.agent.tools.files.yard import png
from tests.channels.telegram.house import MemoryLedger, Reports, Secrets, StoppedClock, make_channel, outbound
from tests.fakes import FakeTelegram


def account(telegram: FakeTelegram, **more: object) -> TelegramAccount:
    return TelegramAccount.model_validate({"botToken": telegram.token, "apiRoot": telegram.url, **more})


def test_it_is_a_channel() -> None:
    channel: Channel = make_channel(TelegramAccount())
    editing: Editing = make_channel(TelegramAccount())
    enclosing: Enclosing = make_channel(TelegramAccount())

    assert (channel.name, channel.account) == ("telegram", "default")
    assert channel.routes(MemoryLedger().deliver) == ()
    assert isinstance(editing, Editing)
    assert isinstance(enclosing, Enclosing)


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
    first, _ = make_channel(TelegramAccount()).compose("x" * 5000)
    assert len(f"{MARK}{first.text}") == 4096


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


JPEG = b"\xff\xd8\xff a roof"


def a_file(**more: Any) -> Attachment:
    return Attachment("photo", "F1", **{"place": "inbound/2026-02-02/U1.jpg", "size": len(JPEG), **more})


async def test_a_file_is_brought_to_its_place(telegram: FakeTelegram, tmp_path: Path) -> None:
    telegram.files["F1"] = JPEG
    channel = make_channel(account(telegram), media=tmp_path / "media")

    assert await channel.fetch(a_file()) == Fetched("media/inbound/2026-02-02/U1.jpg", JPEG)
    assert (tmp_path / "media/inbound/2026-02-02/U1.jpg").read_bytes() == JPEG
    await channel.aclose()


async def test_a_file_that_cannot_be_had_is_told_and_never_by_the_token(
    telegram: FakeTelegram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.channels.telegram.channel._FETCH_WAITS", (0.0,))
    channel = make_channel(account(telegram, mediaMaxMb=0.0001), media=tmp_path)

    async def reason(file: Attachment) -> str:
        with pytest.raises(FetchError) as caught:
            await channel.fetch(file)
        assert telegram.token not in str(caught.value)
        return str(caught.value)

    assert "larger than 100 bytes" in await reason(a_file(size=101))
    assert "wrong file_id" in await reason(a_file())
    telegram.files["F1"] = b"x" * 101
    assert "larger than 100 bytes" in await reason(a_file(size=0))
    telegram.refuse_connections()
    assert "cannot be reached" in await reason(a_file())
    await channel.aclose()


async def test_a_file_comes_although_telegram_failed_once(
    telegram: FakeTelegram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.channels.telegram.channel._FETCH_WAITS", (0.0,))
    telegram.files["F1"] = JPEG
    telegram.fail("getFile", 502, "Bad Gateway")
    channel = make_channel(account(telegram), media=tmp_path)

    assert (await channel.fetch(a_file())).data == JPEG
    await channel.aclose()


async def test_a_file_on_this_machine_is_nobodys_to_name(
    telegram: FakeTelegram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.txt"
    await anyio.Path(secret).write_text("tulip")

    async def names_a_path(params: dict[str, Any]) -> dict[str, Any]:
        return {"file_id": "F1", "file_unique_id": "U1", "file_size": 5, "file_path": str(secret)}

    monkeypatch.setattr(telegram, "_api_getfile", names_a_path)
    channel = make_channel(account(telegram), media=tmp_path / "media")

    with pytest.raises(FetchError, match="cannot be read"):
        await channel.fetch(a_file())
    await channel.aclose()


async def test_the_menu_of_commands_is_offered_once(telegram: FakeTelegram) -> None:
    ledger, reports = MemoryLedger(), Reports()
    channel = make_channel(account(telegram), ledger, menu=(("status", "model " * 80), ("new", "begin anew")))
    for life in (1, 2):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.run, ledger.deliver, reports)
            await telegram.wait_calls("getMe", life)
            await telegram.wait_calls("getUpdates", life)
            tasks.cancel_scope.cancel()
    await channel.aclose()

    (call,) = telegram.called("setMyCommands")
    assert [each["command"] for each in call.params["commands"]] == ["status", "new"]
    assert len(call.params["commands"][0]["description"]) == 256


async def test_a_menu_that_telegram_refuses_or_the_owner_does_not_want_keeps_nobody_waiting(
    telegram: FakeTelegram,
) -> None:
    telegram.fail("setMyCommands", 400, "Bad Request: BOT_COMMAND_INVALID")
    unwanted: dict[str, object] = {"commands": {"native": False}}
    for more in ({}, unwanted):
        ledger = MemoryLedger()
        channel = make_channel(account(telegram, **more), ledger, menu=(("status", "model"),))
        telegram.say("hello")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(channel.run, ledger.deliver, Reports())
            await ledger.wait_kept(1)
            tasks.cancel_scope.cancel()
        await channel.aclose()

    assert len(telegram.called("setMyCommands")) == 1


async def test_a_message_is_marked_and_a_refusal_hurts_nobody(telegram: FakeTelegram) -> None:
    channel, to = make_channel(account(telegram)), Address("telegram", "-100200")
    telegram.fail("setMessageReaction", 400, "Bad Request: REACTION_INVALID")

    await channel.react(to, "7", "👀")
    await channel.react(to, "7", "👀")
    await channel.react(to, "seven", "👀")
    await channel.aclose()

    (_, call) = telegram.called("setMessageReaction")
    assert (call.params["chat_id"], call.params["message_id"]) == (-100200, 7)
    assert call.params["reaction"] == [{"type": "emoji", "emoji": "👀"}]


async def test_nothing_more_is_sent_to_a_group_that_has_put_the_bot_out(telegram: FakeTelegram) -> None:
    ledger = MemoryLedger()
    channel = make_channel(account(telegram), ledger)
    chat = {"id": 821071206, "type": "private"}
    states = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
    who = {"id": 821071206, "first_name": "Ana"}
    telegram.push({"my_chat_member": {"chat": chat, "from": who, "date": 1, **states}})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.run, ledger.deliver, Reports())
        await ledger.wait_kept(1)
        with pytest.raises(DeliveryError, match="put out of a private chat by Ana") as caught:
            await channel.send(outbound("hi"))
        telegram.say("hello again")
        await ledger.wait_kept(2)
        assert await channel.send(outbound("hi"))
        tasks.cancel_scope.cancel()
    await channel.aclose()

    assert caught.value.retry_after is None
    assert telegram.texts() == ["hi"]


ROOF = Enclosure("outbound/2026-02-02/roof.png", "roof.png", "image/png", 4)


def test_a_file_has_its_words_below_it_where_they_fit() -> None:
    channel = make_channel(TelegramAccount())

    assert channel.enclose(ROOF, "") == [Part("", file=ROOF)]
    assert channel.enclose(ROOF, "our *roof*") == [Part("our roof", "our <i>roof</i>", file=ROOF)]
    alone, *words = channel.enclose(ROOF, "roof. " * 200)
    assert alone == Part("", file=ROOF)
    assert words == channel.compose("roof. " * 200)
    with pytest.raises(EnclosureError):
        channel.enclose(replace(ROOF, size=60_000_000), "")


async def test_a_file_is_sent_from_the_media_folder(telegram: FakeTelegram, tmp_path: Path) -> None:
    channel = make_channel(account(telegram), media=tmp_path)
    message = replace(outbound("our roof"), part=Part("our roof", file=ROOF))
    with pytest.raises(DeliveryError, match=r"roof\.png is there no longer") as caught:
        await channel.send(message)
    assert caught.value.retry_after is None

    (tmp_path / ROOF.place).parent.mkdir(parents=True)
    (tmp_path / ROOF.place).write_bytes(png(4, 4))
    await channel.send(message)
    await channel.aclose()

    (sent,) = telegram.sent
    assert (sent.kind, sent.text) == ("photo", "our roof")


@pytest.mark.parametrize("required", [True, False])
async def test_a_bot_that_does_not_hear_all_says_what_to_do_about_it(
    telegram: FakeTelegram, caplog: pytest.LogCaptureFixture, required: bool
) -> None:
    groups = {"-100200": {"requireMention": required}}
    channel, reports = make_channel(account(telegram, groups=groups)), Reports()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.run, MemoryLedger().deliver, reports)
        await reports.wait_for("connected")
        tasks.cancel_scope.cancel()
    await channel.aclose()

    assert ("/setprivacy" in caplog.text) is not required
