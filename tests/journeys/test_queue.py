"""One conversation is a queue, many are side by side, and neither a crash nor a repeat changes what people see."""

import asyncio
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import (
    Daemon,
    FakeAnthropic,
    FakeOpenMeteo,
    FakeTelegram,
    Reply,
    Script,
    ToolUse,
    newest_user_text,
)
from tests.journeys.watching import OWNER, drop_old_polls, user_texts

Json = dict[str, Any]
PEOPLE = (OWNER, 55510101, 55510102)


def _side_by_side(config: Json) -> None:
    config["session"] = {"dmScope": "per-channel-peer"}
    config["messages"] = {"queue": {"mode": "queue"}}
    config["channels"]["telegram"]["allowFrom"] = list(PEOPLE)


async def test_a_second_message_waits_for_the_first_ones_answer(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    first = anthropic.hold()
    telegram.say("first")
    await first.entered.wait()
    await telegram.wait_confirmed(telegram.say("second"))
    await telegram.wait_confirmed(telegram.say("third"))
    assert len(anthropic.requests) == 1
    first.release()

    await telegram.wait_sent(3)
    assert telegram.texts() == ["ok: first", "ok: second", "ok: third"]
    assert [user_texts(request) for request in anthropic.requests] == [
        ["first"], ["first", "second"], ["first", "second", "third"],
    ]  # fmt: skip
    assert anthropic.peak == 1
    assert await daemon.stop() == 0
    roles = [line["role"] for line in daemon.transcript()[1:]]
    assert roles == ["user", "assistant"] * 3


async def test_thirty_messages_of_three_people_keep_each_ones_order(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    _side_by_side(daemon_config)
    anthropic.delay = 0.02
    for number in range(10):
        for person in PEOPLE:
            telegram.say(f"{number} of {person}", sender=person)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_sent(30)

    for person in PEOPLE:
        assert telegram.texts(person) == [f"ok: {number} of {person}" for number in range(10)]
    assert anthropic.peak == len(PEOPLE), "each conversation is a queue of its own"
    assert await daemon.stop() == 0
    assert len(anthropic.requests) == len(telegram.sent) == 30
    assert {len(lines) for lines in daemon.transcripts().values()} == {21}


async def test_a_long_tool_of_one_conversation_delays_no_other(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
    openmeteo: FakeOpenMeteo,
) -> None:
    _side_by_side(daemon_config)
    anthropic.answer_with(_asks_for_the_weather)
    daemon = make_daemon(daemon_config)
    await daemon.start()
    slow = openmeteo.hold()
    telegram.say("weather")
    await slow.entered.wait()
    telegram.say("then this")
    for number in range(3):
        telegram.say(f"hello {number}", sender=PEOPLE[1])
    await telegram.wait_sent(3)
    assert telegram.texts(PEOPLE[1]) == ["ok: hello 0", "ok: hello 1", "ok: hello 2"]
    assert telegram.texts(OWNER) == []

    slow.release()
    await telegram.wait_sent(5)
    assert telegram.texts(OWNER) == ["22 degrees", "ok: then this"]


def _asks_for_the_weather(body: Json) -> Script | None:
    if body["messages"][-1]["content"][0]["type"] == "tool_result":
        return Reply("22 degrees")
    if newest_user_text(body) == "weather":
        return Reply(calls=[ToolUse("get_weather", {"location": "Sydney"})])
    return None


async def test_five_messages_queued_at_a_sigkill_keep_their_order(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    asked = anthropic.hold()
    said = [f"message {number}" for number in range(5)]
    for text in said:
        newest = telegram.say(text)
    await asked.entered.wait()
    await telegram.wait_confirmed(newest)
    await daemon.kill()
    assert not telegram.updates, "Telegram has forgotten them all"

    await daemon.start()
    await telegram.wait_sent(5)
    telegram.say("and now?")
    await telegram.wait_sent(6)
    assert telegram.texts() == [f"ok: {text}" for text in (*said, "and now?")]
    assert user_texts(anthropic.requests[-1]) == [*said, "and now?"]


async def test_messages_sent_while_it_was_off_are_answered_after_the_start(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("before")
    await telegram.wait_sent(1)
    assert await daemon.stop() == 0
    for number in range(101):  # more than one poll brings
        telegram.say(f"meanwhile {number}")
    await daemon.start()
    await telegram.wait_sent(102, timeout=20)
    assert telegram.texts() == ["ok: before", *(f"ok: meanwhile {number}" for number in range(101))]
    assert len(anthropic.requests) == 102


async def test_an_update_that_is_given_again_is_answered_once(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    telegram.say("once")
    telegram.ignore_offset()
    await telegram.wait_sent(1)
    await _until_polls(telegram, 2)
    telegram.say("next")
    await telegram.wait_sent(2)
    assert await daemon.stop() == 0
    drop_old_polls(telegram)
    before = len(telegram.polls)
    telegram.ignore_offset()
    await daemon.start()
    await _until_polls(telegram, before + 1)
    telegram.say("last")
    await telegram.wait_sent(3)
    assert await daemon.stop() == 0

    assert telegram.texts() == ["ok: once", "ok: next", "ok: last"]
    assert [user_texts(request)[-1] for request in anthropic.requests] == ["once", "next", "last"]
    once, again, following, following_again, _ = telegram.polls
    assert (once, following) == (again, following_again)


async def _until_polls(telegram: FakeTelegram, count: int) -> None:
    """That brought something."""
    await telegram.wait_until(lambda: len(telegram.polls) >= count, lambda: f"polls: {telegram.polls}", 10)


async def test_ten_copies_of_a_webhook_at_once_are_one_turn(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    secret = "a-webhook-secret-of-32-characters"
    daemon_config["channels"]["telegram"] |= {
        "webhookUrl": "https://bot.example.org/webhooks/telegram",
        "webhookSecret": secret,
    }
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_calls("setWebhook")
    said = [telegram.message(f"message {number}") for number in range(3)]
    for update in said:
        assert await _post_copies(daemon, telegram, update, secret) == [200] * 10
    await telegram.wait_sent(3)
    for update in said:
        assert await _post_copies(daemon, telegram, update, secret) == [200] * 10
    assert await daemon.stop() == 0

    assert telegram.texts() == [f"ok: message {number}" for number in range(3)]
    assert len(anthropic.requests) == 3


async def _post_copies(daemon: Daemon, telegram: FakeTelegram, update: Json, secret: str) -> list[int]:
    url = f"{daemon.webhook_url}/webhooks/telegram"
    return await asyncio.gather(*(telegram.post_update(url, update, secret) for _ in range(10)))
