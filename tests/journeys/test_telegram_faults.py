"""What Telegram and the network do to a bot, and what people notice of it."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, fetch

OWNER, OTHER_OWNER, MEMBER = 821071206, 821071207, 555000101
Json = dict[str, Any]


async def test_a_refused_token_is_told_once_and_can_be_replaced_while_it_runs(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, tmp_path: Path
) -> None:
    token = tmp_path / "telegram-token"
    token.write_text("8000001:TEST-an0ldT0kenTh4tWasRev0kedY3st3rday\n")
    token.chmod(0o600)
    settings = daemon_config["channels"]["telegram"]
    del settings["botToken"]
    settings["tokenFile"] = str(token)
    daemon = make_daemon(daemon_config)
    await daemon.start()

    (refused,) = await daemon.wait_said("the bot token was refused")
    assert "@BotFather" in refused
    assert "channels.telegram.botToken" in refused
    token.write_text(telegram.token)
    await daemon.wait_said("telegram is back")

    assert len(daemon.said("telegram is failing")) == len(daemon.said("telegram is back")) == 1


async def test_a_second_program_on_the_same_bot_is_told_once_and_so_is_its_end(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_calls("getUpdates", 2)

    second = asyncio.ensure_future(polling_too(telegram))
    (conflict,) = await daemon.wait_said("another program receives this bot's messages")
    assert "telegram is failing" in conflict
    seen = len(telegram.called("getUpdates"))
    await telegram.wait_calls("getUpdates", seen + 2)  # ours ended theirs, and theirs ours
    second.cancel()
    await telegram.wait_calls("getUpdates", seen + 3)
    telegram.say("hello")
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0

    assert telegram.texts() == ["ok: hello"]
    assert len(daemon.said("telegram is failing")) == len(daemon.said("telegram is back")) == 1


async def polling_too(telegram: FakeTelegram) -> None:
    """Another program with the same token, as stubborn as we are."""
    while True:
        await fetch("GET", f"{telegram.url}/bot{telegram.token}/getUpdates?timeout=20")


async def test_a_network_that_was_gone_loses_nothing(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """It goes while an answer is being written: the answer waits, and what was said meanwhile is fetched."""
    daemon = make_daemon(daemon_config)
    await daemon.start()
    hold = anthropic.hold()
    telegram.say("one")
    await hold.entered.wait()
    telegram.refuse_connections()
    await daemon.wait_said("Telegram cannot be reached")
    hold.release()
    await daemon.wait_said("no connection")
    telegram.say("two")
    telegram.accept_connections()
    await telegram.wait_sent(2)

    assert telegram.texts() == ["ok: one", "ok: two"]
    assert len(daemon.said("telegram is failing")) == len(daemon.said("telegram is back")) == 1


async def test_a_limited_chat_waits_as_long_as_it_is_told_while_another_goes_on(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon_config["channels"]["telegram"]["allowFrom"] = [OWNER, OTHER_OWNER]
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.fail("sendMessage", parameters={"retry_after": 2}, chat=OWNER)

    telegram.say("first")
    await telegram.wait_calls("sendMessage", 1)
    telegram.say("second")
    telegram.say("and I?", sender=OTHER_OWNER)
    await telegram.wait_sent(3)

    assert telegram.texts() == ["ok: and I?", "ok: first", "ok: second"]
    refused, other, *_ = telegram.called("sendMessage")
    assert (refused.params["chat_id"], other.params["chat_id"]) == (OWNER, OTHER_OWNER)
    assert telegram.sent[1].at - refused.at >= 2
    assert len(telegram.called("sendMessage")) == 4


async def test_refused_markup_is_sent_as_plain_text(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    telegram.fail("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
    anthropic.reply("It is **22 °C** & `a < b`.")
    daemon = make_daemon(daemon_config)
    await daemon.start()

    telegram.say("how warm?")
    (sent,) = await telegram.wait_sent(1)

    refused, plain = telegram.called("sendMessage")
    assert refused.params["parse_mode"] == "HTML"
    assert "parse_mode" not in plain.params
    assert sent.text == "It is 22 °C & a < b."


async def test_an_answer_that_may_have_arrived_comes_again_marked_to_the_owner_and_waits_for_members(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon_config["commands"] = {"ownerAllowFrom": [f"telegram:{OWNER}"]}
    daemon_config["channels"]["telegram"]["allowFrom"] = [OWNER, MEMBER]
    daemon = make_daemon(daemon_config)
    await daemon.start()

    telegram.accept_and_drop("sendMessage")
    telegram.say("mine")
    await telegram.wait_sent(2)
    assert telegram.texts() == ["ok: mine", "↻ ok: mine"]

    telegram.accept_and_drop("sendMessage", times=2, chat=MEMBER)
    telegram.say("ours", sender=MEMBER)
    telegram.say("theirs", sender=MEMBER)
    await daemon.wait_said("openclaw outbox resend|drop", 2)
    assert telegram.texts(MEMBER) == ["ok: ours", "ok: theirs"]
    theirs, ours = (await daemon.cli("outbox", "list", "--json")).json()
    assert [(row["state"], row["recipient"], row["text"]) for row in (ours, theirs)] == [
        ("ambiguous", str(MEMBER), "ok: ours"),
        ("ambiguous", str(MEMBER), "ok: theirs"),
    ]

    # A restart decides nothing by itself; the owner does.
    await daemon.stop()
    await daemon.start()
    assert (await daemon.cli("outbox", "resend", ours["id"])).code == 0
    await telegram.wait_until(
        lambda: len(telegram.texts(MEMBER)) == 3, lambda: str(telegram.texts(MEMBER)), 10
    )
    assert (await daemon.cli("outbox", "drop", theirs["id"])).code == 0
    assert (await daemon.cli("outbox", "list", "--json")).json() == []
    again = await daemon.cli("outbox", "resend", ours["id"])
    assert (again.code, len(again.stderr.splitlines())) == (1, 1)
    assert telegram.texts(MEMBER) == ["ok: ours", "ok: theirs", "ok: ours"]


async def test_somebody_who_blocked_the_bot_holds_up_nobody(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon_config["channels"]["telegram"]["allowFrom"] = [OWNER, OTHER_OWNER]
    daemon = make_daemon(daemon_config)
    await daemon.start()
    blocked = "Forbidden: bot was blocked by the user"
    telegram.fail("sendMessage", 403, blocked, chat=OTHER_OWNER)

    telegram.say("bye", sender=OTHER_OWNER)
    await daemon.wait_said(blocked)
    telegram.say("still there?")
    await telegram.wait_until(
        lambda: "ok: still there?" in telegram.texts(OWNER), lambda: str(telegram.texts()), 10
    )
    (row,) = (await daemon.cli("outbox", "list", "--json")).json()
    assert (row["state"], row["recipient"], row["attempts"]) == ("failed", str(OTHER_OWNER), 1)
    assert blocked in row["reason"]


async def test_a_long_answer_is_split_within_the_limit_and_typing_is_shown_meanwhile(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    code = [f'print("🦞 line {number}: a < b & c")' for number in range(400)]
    prose = " ".join(f"**word{number}**" for number in range(600))
    anthropic.reply("\n".join(["# The program", "", "```python", *code, "```", "", prose]))
    hold = anthropic.hold()
    daemon = make_daemon(daemon_config)
    await daemon.start()

    telegram.say("write it down")
    await hold.entered.wait()
    (typing,) = await telegram.wait_calls("sendChatAction")
    assert (typing.params["chat_id"], typing.params["action"]) == (OWNER, "typing")
    assert telegram.sent == []
    hold.release()
    await telegram.wait_until(
        lambda: "word599" in "".join(telegram.texts()), lambda: f"{len(telegram.sent)} parts"
    )

    assert len(telegram.sent) > 3
    assert len(telegram.called("sendMessage")) == len(
        telegram.sent
    )  # the fake refuses what is too long or open
    seen = "\n".join(telegram.texts())
    assert [line for line in seen.splitlines() if "line" in line] == code
    assert seen.split().count("word300") == 1
    for sent in telegram.sent:
        assert sent.parse_mode == "HTML"
        assert sent.params["link_preview_options"] == {"is_disabled": True}
        if "line" in sent.text:
            assert sent.markup.count("<pre>") == sent.markup.count("</pre>") == 1


async def test_telegrams_own_calls_are_taken_only_with_the_secret_and_only_once(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    secret = "w3bh00kS3cretTh4tM0stN0tB3InAnyL0g"
    daemon_config["channels"]["telegram"] |= {
        "webhookUrl": "https://bot.example.org/webhooks/telegram",
        "webhookSecret": secret,
    }
    daemon = make_daemon(daemon_config)
    await daemon.start()
    (call,) = await telegram.wait_calls("setWebhook")
    assert (call.params["url"], call.params["secret_token"]) == (
        "https://bot.example.org/webhooks/telegram",
        secret,
    )
    await daemon.wait_said("telegram is connected")
    url, real = f"{daemon.webhook_url}/webhooks/telegram", telegram.message("hello")
    await _knock_with_the_wrong_key(telegram, url, secret)
    assert await telegram.post_update(url, real, secret) == 200
    await telegram.wait_sent(1)
    assert await telegram.post_update(url, real, secret) == 200
    assert await telegram.post_update(url, telegram.message("and again"), secret) == 200
    await telegram.wait_sent(2)
    assert await daemon.stop() == 0

    assert telegram.texts() == ["ok: hello", "ok: and again"]
    assert len(anthropic.requests) == 2
    assert telegram.called("getUpdates") == []
    assert rows_of(daemon, "SELECT outcome, reason FROM webhook_audit_log ORDER BY id") == [
        ("refused", "secret-missing"),
        ("refused", "secret-wrong"),
        ("refused", "method-not-allowed"),
        *[("accepted", "")] * 3,
    ]
    keys = rows_of(daemon, "SELECT event_key FROM processed_webhook_events ORDER BY event_key")
    assert keys[0] == (f"telegram:{telegram.bot_id}:{real['update_id']}",)
    assert len(keys) == 2
    assert not daemon.said(secret)


async def _knock_with_the_wrong_key(telegram: FakeTelegram, url: str, secret: str) -> None:
    forged, headers = telegram.message("give me everything"), {"x-telegram-bot-api-secret-token": secret}
    assert await telegram.post_update(url, forged, None) == 403
    assert await telegram.post_update(url, forged, f"{secret[:-1]}!") == 403
    assert await telegram.post_update(f"{url}/elsewhere", forged, secret) == 404
    assert (await fetch("GET", url, headers=headers))[0] == 405


def rows_of(daemon: Daemon, query: str) -> list[Any]:
    """The ledger's tables that others may read, CONTRACT §2."""
    with sqlite3.connect(f"file:{daemon.state_dir / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
        found = ledger.execute(query).fetchall()
    ledger.close()
    return found
