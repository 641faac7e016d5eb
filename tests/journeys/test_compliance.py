"""Whoever asks for a text, the gates decide in the claim of its row; nothing is dropped without a word."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, FakeTwilio
from tests.journeys.test_dual_dispatch import NUMBERS, api, text
from tests.journeys.texting import rows
from tests.journeys.watching import eventually

ADA, BEN, CAL = "+12015550123", "+12015550145", "+12015550146"
SMS = "/api/v1/phone/sms"
BASE = "https://texts.example.org"
STATES = "SELECT recipient, state FROM outbox WHERE channel = 'sms' ORDER BY seq"
Json = dict[str, Any]


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


def config(daemon_config: Json, twilio: FakeTwilio, **compliance: Any) -> Json:
    sms = {
        "accountSid": twilio.account_sid, "authToken": twilio.token, "fromNumber": twilio.number,
        "apiRoot": twilio.url, "publicWebhookUrls": [BASE], "bootstrapTrust": False, "dmPolicy": "open",
        "textsPerSecond": 100,
    }  # fmt: skip
    caps = {"spacingSeconds": 0}
    return {
        **daemon_config,
        "channels": {**daemon_config["channels"], "sms": sms},
        "compliance": {"caps": caps, **compliance},
    }


def zone(hour: int) -> str:
    """Where it is this hour of the day now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"  # the signs of these names are turned round


async def consent(daemon: Daemon, number: str, hour: int) -> None:
    said = ("--kind", "PEC", "--source", "https://example.org/form", "--by", "ana")
    done = await daemon.cli("compliance", "consent", number, *said, "--timezone", zone(hour))
    assert "PEC is recorded" in done.stdout


async def send(daemon: Daemon, to: str, body: str) -> tuple[int, Any]:
    return await api(daemon, "POST", SMS, {"to": to, "body": body})


async def until(daemon: Daemon, *states: tuple[str, str]) -> None:
    await eventually(lambda: rows(daemon, STATES) == list(states), lambda: str(rows(daemon, STATES)))


async def test_an_unstated_registration_lets_answers_leave_and_a_refusal_of_the_carriers_stops_them(
    make_daemon: MakeDaemon, daemon_config: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(config(daemon_config, twilio))
    await daemon.start()
    await api(daemon, "POST", NUMBERS, {"number": ADA})

    status, refused = await send(daemon, BEN, "Are you selling?")
    assert (status, refused["gate"], refused["reason"]) == (409, "ten-dlc", "b14_unknown")
    assert "openclaw compliance signoff" in refused["message"]
    assert (await send(daemon, ADA, "First. Second. Third. Your flight is late."))[0] == 202
    await text(daemon, twilio, "Is the house for sale?", BEN)
    await twilio.wait_sent(2)
    assert [sent.to for sent in twilio.sent] == [ADA, BEN]
    notes = rows(daemon, "SELECT gates FROM gate_verdicts WHERE purpose = 'reply' AND outcome = 'allow'")
    assert "registration_unstated" in notes[0][0]

    form = twilio.status_of(twilio.sent[1], "undelivered", 30034)
    await twilio.post(f"http://127.0.0.1:{daemon.webhook_port}/sms/status", form, public=f"{BASE}/sms/status")
    await text(daemon, twilio, "Hello?", BEN)
    await until(daemon, (BEN, "refused"), (ADA, "sent"), (BEN, "failed"), (BEN, "refused"))
    (told,) = (await api(daemon, "GET", "/api/v1/traces?limit=1"))[1]["traces"]
    assert [(span["gate"], span["code"]) for span in told["spans"] if span.get("outcome") == "block"] == [
        ("ten-dlc", "b14_tripped")
    ]
    assert (await send(daemon, ADA, "The hotel is booked."))[0] == 202

    assert "signed off by ana" in (await daemon.cli("compliance", "signoff", "--by", "ana")).stdout
    await text(daemon, twilio, "Anybody there?", BEN)
    await twilio.wait_sent(4)
    assert [sent.to for sent in twilio.sent[2:]] == [ADA, BEN]


async def test_what_is_too_early_waits_and_what_nobody_agreed_to_waits_for_the_owner(
    make_daemon: MakeDaemon, daemon_config: Json, twilio: FakeTwilio, telegram: FakeTelegram
) -> None:
    approved = {"tenDlc": {"status": "approved"}}
    daemon = make_daemon(config(daemon_config, twilio, **approved, stopped=["all"]))
    await daemon.start()
    await consent(daemon, ADA, 12)
    await consent(daemon, BEN, 3)

    status, stopped = await send(daemon, ADA, "The papers are ready.")
    assert (status, stopped["status"], stopped["reason"]) == (202, "held", "blast-safety: kill_switch")
    await telegram.wait_sent(1)
    await daemon.stop()
    daemon = make_daemon(config(daemon_config, twilio, **approved))
    await daemon.start()
    (sent,) = await twilio.wait_sent(1)
    assert (sent.to, sent.body) == (ADA, "The papers are ready.")

    status, early = await send(daemon, BEN, "The papers are ready.")
    assert (status, early["status"], early["reason"]) == (202, "deferred", "compliance-gate: quiet_hours")
    until = datetime.fromisoformat(early["until"]) - datetime.now(UTC)
    assert 5 <= until.total_seconds() / 3600 <= 7
    await _asks_the_owner(daemon, twilio, telegram)


async def _asks_the_owner(daemon: Daemon, twilio: FakeTwilio, telegram: FakeTelegram) -> None:
    told = (await daemon.cli("compliance", "explain", CAL, "Would you sell?", "--json")).json()
    awake = (
        told["outcome"] == "hold"
    )  # whether it is a decent hour in New Jersey, where nobody has said otherwise
    status, held = await send(daemon, CAL, "Would you sell?")
    assert (status, held["status"], held["reason"]) == (202, "held", "compliance-gate: no_consent")
    asked = (await telegram.wait_sent(2))[-1]
    assert f"Message on sms to {CAL}" in asked.text
    assert "no consent is on record" in asked.text
    telegram.press(asked, "Allow once")
    if awake and "quiet_hours" not in str(told["gates"]):
        assert (await twilio.wait_sent(2))[-1].to == CAL
    else:
        await eventually(lambda: (CAL, "pending") in rows(daemon, STATES), lambda: str(rows(daemon, STATES)))


async def test_who_asks_in_plain_words_is_left_alone_until_he_says_start(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    twilio: FakeTwilio,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    daemon = make_daemon(config(daemon_config, twilio))
    await daemon.start()
    await api(daemon, "POST", NUMBERS, {"number": ADA})

    await text(daemon, twilio, "Please stop texting me!", BEN)
    (confirmed,) = await twilio.wait_sent(1)
    assert (confirmed.to, "START" in confirmed.body) == (BEN, True)
    await text(daemon, twilio, "STOP", ADA)
    await eventually(lambda: len(_ended(daemon)) == 2, lambda: str(_ended(daemon)))
    for number in (ADA, BEN):
        refused = (await send(daemon, number, "One more thing."))[1]
        why = ("compliance-gate", "opted_out") if number == ADA else ("ten-dlc", "b14_unknown")
        assert (refused["gate"], refused["reason"]) == why
    anthropic.call_tool("message", {"channel": "sms", "target": ADA, "message": "One more thing."})
    anthropic.reply("She wants no more texts.")
    telegram.say("text Ada")
    await eventually(lambda: any(sent.buttons for sent in telegram.sent), lambda: str(telegram.texts()))
    (asked,) = [sent for sent in telegram.sent if sent.buttons]
    telegram.press(asked, "Allow once")
    await anthropic.wait_requests(2)
    assert "not sent: they have asked for no more messages" in str(anthropic.requests[-1].body["messages"])

    await text(daemon, twilio, "START", ADA)
    await eventually(lambda: len(_ended(daemon)) == 3, lambda: str(_ended(daemon)))
    assert (await send(daemon, ADA, "Welcome back."))[0] == 202
    await twilio.wait_sent(2)
    assert [sent.to for sent in twilio.sent] == [BEN, ADA]
    kinds = rows(daemon, f"SELECT kind FROM compliance_events WHERE subject = '{ADA}' ORDER BY seq")
    assert kinds == [("opt_out",), ("opt_in",)]


def _ended(daemon: Daemon) -> list[Any]:
    return rows(daemon, "SELECT reason FROM inbox WHERE state = 'ignored' AND reason LIKE 'opt_%'")
