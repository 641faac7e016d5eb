"""Seed 004: a text from the list is answered and remembered everywhere; any other is kept, and no model hears of it."""

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, FakeTwilio, fetch
from tests.journeys.watching import eventually

ADA, BEN = "+12015550123", "+12015550145"
BASE = "https://texts.example.org"
NUMBERS = "/api/v1/phone/authorized-numbers"
Json = dict[str, Any]


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def texting(daemon_config: Json, twilio: FakeTwilio) -> Json:
    sms = {
        "accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": twilio.number,
        "apiRoot": twilio.url, "publicWebhookUrls": [BASE], "bootstrapTrust": False,
        "textsPerSecond": 100,
    }  # fmt: skip
    channels = {**daemon_config["channels"], "sms": sms}
    compliance = {"tenDlc": {"status": "approved"}}
    return {**daemon_config, "channels": channels, "compliance": compliance}


async def text(daemon: Daemon, twilio: FakeTwilio, body: str, sender: str = ADA, sid: str = "") -> None:
    local = f"http://127.0.0.1:{daemon.webhook_port}/sms"
    form = twilio.inbound(body, sender=sender, sid=sid)
    status, _ = await twilio.post(local, form, public=f"{BASE}/sms")
    assert status == 200


async def api(daemon: Daemon, method: str, path: str, body: object = None) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {daemon.token}", "content-type": "application/json"}
    content = b"" if body is None else json.dumps(body).encode()
    status, answer = await fetch(method, f"{daemon.url}{path}", body=content, headers=headers)
    return status, json.loads(answer) if answer else None


def lines(daemon: Daemon, name: str) -> list[Json]:
    path = daemon.state_dir / "streams" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


async def line_of(daemon: Daemon, name: str, count: int) -> list[Json]:
    await eventually(lambda: len(lines(daemon, name)) >= count, lambda: f"{name}: {lines(daemon, name)}")
    return lines(daemon, name)


def inbox(daemon: Daemon) -> list[tuple[str, str]]:
    connection = sqlite3.connect(daemon.state_dir / "ledger.sqlite")
    try:
        return connection.execute(
            "SELECT state, reason FROM inbox WHERE channel = 'sms' ORDER BY seq"
        ).fetchall()
    finally:
        connection.close()


def written(body: Mapping[str, Any]) -> str:
    return json.dumps(body["messages"], ensure_ascii=False)


async def test_the_owner_authorises_a_number_whose_texts_are_answered_shortly_and_remembered_on_telegram(
    make_daemon: MakeDaemon,
    texting: Json,
    twilio: FakeTwilio,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    daemon = make_daemon(texting)
    await daemon.start()
    await _authorise_in_conversation(daemon, telegram, anthropic)
    memory = daemon.state_dir / "workspace" / "MEMORY.md"
    memory.write_text("# Memory\nTea, no sugar.\n\n## Open matters\n- the boiler man has not called back\n")

    anthropic.reply("Yes, sir. **Tuesday** at three. It is in your calendar. Shall I send flowers too?")
    await text(daemon, twilio, "Did you book the dentist?")
    (sent,) = await twilio.wait_sent(1)
    assert (sent.sender, sent.to) == (twilio.number, ADA)
    assert sent.body == "Yes, sir. Tuesday at three. (more on Telegram)"
    _check_what_the_model_was_told(anthropic.requests[-1].body)
    await _check_streams(daemon, sent.body)

    anthropic.reply("You asked about the dentist.")
    telegram.say("What did I text you?")
    await anthropic.wait_requests(4)
    assert (
        f"[SMS from {ADA}]\\n> Did you book the dentist?\\n\\nReply: Yes, sir. Tuesday at three. (more on Telegram)"
    ) in written(anthropic.requests[3].body)
    told = [line for kept in daemon.transcripts().values() for line in kept]
    (note,) = [line for line in told if line.get("from") == f"sms:{ADA}" and line.get("kind") == "note"]
    assert note["content"].splitlines()[1] == "> Did you book the dentist?"

    anthropic.reply("Anything else?")
    await text(daemon, twilio, "No. Thanks!")
    await twilio.wait_sent(2)
    again = anthropic.requests[4].body
    assert "It is in your calendar" in written(again)
    assert "What did I text you?" in again["system"][1]["text"]


async def _authorise_in_conversation(
    daemon: Daemon, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """With the owner's own word besides his wish."""
    anthropic.call_tool("phone_numbers", {"action": "add", "number": "+1 201 555 0123"})
    anthropic.reply("Done.")
    telegram.say(f"authorise {ADA}")
    (asked,) = await telegram.wait_sent(1)
    assert ADA in asked.text
    assert (await api(daemon, "GET", NUMBERS))[1] == {"numbers": []}
    telegram.press(asked, "Allow once")
    await anthropic.wait_requests(2)
    assert f"{ADA} is authorised" in written(anthropic.requests[1].body)
    (row,) = (await daemon.cli("phone", "numbers", "list", "--json")).json()
    assert (row["number"], row["by"]) == (ADA, "telegram:821071206")


async def _check_streams(daemon: Daemon, answer: str) -> None:
    said = [(line["role"], line["content"]) for line in await line_of(daemon, "sms-phone-12015550123", 2)]
    assert said == [("user", "Did you book the dentist?"), ("assistant", answer)]
    (outbound,) = await line_of(daemon, "sms-outbound", 1)
    assert (outbound["to"], outbound["content"]) == (ADA, answer)


def _check_what_the_model_was_told(body: Json) -> None:
    stable, bundle = (block["text"] for block in body["system"])
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in body["system"][1]
    for expected in ("SOUL.md", "Tea, no sugar.", "at most two short sentences", "Telegram"):
        assert expected in stable, expected
    assert "## Open matters\n- the boiler man has not called back" in bundle
    source = body["messages"][-1]["content"][-1]["text"].splitlines()[1]
    assert "a member" in source
    assert "owner" not in source


async def test_the_first_sender_is_trusted_once_and_what_anybody_else_texts_is_kept_and_found(
    make_daemon: MakeDaemon,
    texting: Json,
    twilio: FakeTwilio,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    texting["channels"]["sms"]["bootstrapTrust"] = True
    del texting["compliance"]  # nobody has said anything of the number's registration yet
    daemon = make_daemon(texting)
    await daemon.start()
    await text(daemon, twilio, "You have won! Claim your prize: http://bit.ly/3xYz", BEN)
    await text(daemon, twilio, "Hello, it is me")
    await twilio.wait_sent(1)
    (told,) = await telegram.wait_sent(1)
    assert f"openclaw phone numbers remove {ADA}" in told.text
    assert (await api(daemon, "GET", NUMBERS))[1] == {"numbers": [ADA]}

    await daemon.cli("phone", "numbers", "remove", ADA)
    await text(daemon, twilio, "Me again")
    await text(daemon, twilio, "Is the flat on Elm Street still free?", BEN)
    await text(daemon, twilio, "STOP", BEN)
    ends = [("ignored", "spam"), ("answered", ""), *[("ignored", "stream")] * 2, ("ignored", "opt_out")]
    await eventually(lambda: inbox(daemon) == ends, lambda: str(inbox(daemon)))
    assert (len(anthropic.requests), len(twilio.sent)) == (1, 1)
    await _check_what_is_kept(daemon, twilio)

    anthropic.call_tool("memory_search", {"query": "flat Elm Street"})
    anthropic.reply("Somebody asked about the flat.")
    telegram.say("Has anybody texted about the flat?")
    await anthropic.wait_requests(3)
    assert "Is the flat on Elm Street still free?" in written(anthropic.requests[2].body)


async def _check_what_is_kept(daemon: Daemon, twilio: FakeTwilio) -> None:
    kept = lines(daemon, "sms")
    assert [(line["from"], line["to"], line["content"]) for line in kept] == [
        (ADA, twilio.number, "Me again"),
        (BEN, twilio.number, "Is the flat on Elm Street still free?"),
    ]
    status, shown = await api(daemon, "GET", "/api/v1/streams/sms?limit=5")
    assert (status, shown["lines"]) == (200, kept)
    records = [path.read_text() for path in (daemon.state_dir / "vault" / "event").glob("*/*.md")]
    assert ["provenance: stranger" in record for record in records] == [True, True]


async def test_programs_hand_texts_over_and_text_through_the_gates(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(texting)
    await daemon.start()
    await api(daemon, "PUT", NUMBERS, {"numbers": [ADA]})
    handed = {"from": ADA, "to": twilio.number, "body": "Hello", "messageSid": "SM" + "a" * 32}
    assert (await api(daemon, "POST", "/api/v1/phone/sms/inbound", handed))[0] == 202
    assert (await api(daemon, "POST", "/api/v1/phone/sms/inbound", handed))[0] == 202
    await text(daemon, twilio, "Hello", sid="SM" + "a" * 32)
    await twilio.wait_sent(1)

    status, done = await api(daemon, "POST", "/api/v1/phone/sms", {"to": ADA, "body": "Confirmed for nine."})
    assert (status, done["status"]) == (202, "queued")
    *_, sent = await twilio.wait_sent(2)
    assert (sent.to, sent.body) == (ADA, "Confirmed for nine.")
    *_, line = await line_of(daemon, "sms-outbound", 2)
    assert line["id"] == done["id"]
    anthropic.reply("Ten it is.")
    await text(daemon, twilio, "Change it to ten")
    await twilio.wait_sent(3)
    assert "Confirmed for nine." in anthropic.requests[1].body["system"][1]["text"]

    await text(daemon, twilio, "STOP")
    ends = [("answered", ""), ("answered", ""), ("ignored", "opt_out")]
    await eventually(lambda: inbox(daemon) == ends, lambda: str(inbox(daemon)))
    status, refused = await api(daemon, "POST", "/api/v1/phone/sms", {"to": ADA, "body": "And the wine?"})
    assert (status, refused["gate"], refused["reason"]) == (409, "compliance-gate", "opted_out")
    assert (await api(daemon, "POST", "/api/v1/phone/sms", {"to": "Ada", "body": "hi"}))[0] == 422
    assert len(anthropic.requests) == 2


async def test_what_was_taken_in_when_the_power_went_is_kept_once_and_answered_once(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(texting)
    await daemon.start()
    await api(daemon, "PUT", NUMBERS, {"numbers": [ADA]})
    for number in range(10):
        await text(daemon, twilio, f"stranger {number}", BEN)
    hold = anthropic.hold()
    await text(daemon, twilio, "Hello")
    await anthropic.wait_requests(1)
    await daemon.kill()
    hold.release()
    await daemon.start()
    await twilio.wait_sent(1)
    await text(daemon, twilio, "Bye")
    await twilio.wait_sent(2)
    kept = [line["content"] for line in await line_of(daemon, "sms", 10)]
    assert kept == [f"stranger {number}" for number in range(10)]
    assert len(list((daemon.state_dir / "vault" / "event").glob("*/*.md"))) == 10
    said = [line["content"] for line in await line_of(daemon, thread(ADA), 4)]
    assert [words for words in said if words in {"Hello", "Bye"}] == ["Hello", "Bye"]
    assert len(twilio.sent) == 2


def thread(number: str) -> str:
    return f"sms-phone-{number.removeprefix('+')}"
