"""Texts: signed by Twilio, answered from the number that was texted, and nothing lost or said twice."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from tests.agent.tools.files.yard import png
from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, FakeTwilio, fetch, newest_user_text
from tests.journeys.texting import ANA, BEN, SALES, TUNNEL, Json, config, connected, rows, started, text

PNG = png(4, 4)


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def texting(daemon_config: Json, twilio: FakeTwilio) -> Json:
    return config(daemon_config, twilio)


async def test_a_text_is_answered_from_the_number_it_came_to(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, texting, twilio)

    assert await text(daemon, twilio, twilio.inbound("to the owner’s number", sender=ANA)) == (
        200,
        b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
    )
    await twilio.wait_sent(1)
    await text(daemon, twilio, twilio.inbound("to the business", sender=BEN, to=SALES), base=TUNNEL)
    await twilio.wait_sent(2)

    assert [(sent.sender, sent.to, sent.body) for sent in twilio.sent] == [
        (twilio.number, ANA, "ok: to the owner's number"),
        (SALES, BEN, "ok: to the business"),
    ]
    assert daemon.transcripts("main")
    assert daemon.transcripts("acquisitions")
    await _arrives(daemon, twilio)
    costs = (await daemon.cli("costs", "--by", "agent", "--json")).json()["rows"]
    assert {row["key"] for row in costs} == {"main", "acquisitions"}
    models = (await daemon.cli("costs", "--by", "model", "--json")).json()["rows"]
    assert [row["cost"] for row in models if row["key"] == "twilio/sms"] == [0.02]


async def _arrives(daemon: Daemon, twilio: FakeTwilio) -> None:
    """The sending turn's trace tells of it, whatever the order of the callbacks."""
    for status in ("delivered", "sent", "queued", "delivered"):
        form = twilio.status_of(twilio.sent[0], status)
        assert (await text(daemon, twilio, form, path="/sms/status"))[0] == 200
    traces = (await daemon.cli("trace", "list", "--json")).json()
    spans = [span for trace in traces for span in trace["spans"] if span["name"] == "delivered"]
    assert [(span["ok"], span["status"]) for span in spans] == [(True, "delivered")]
    assert rows(daemon, "SELECT status FROM twilio_sms WHERE direction = 'outbound' ORDER BY rowid")[0] == (
        "delivered",
    )


async def test_what_is_forged_replayed_or_not_ours_reaches_nobody(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, texting, twilio)
    form = twilio.inbound("once", sender=ANA)

    assert await _forged(daemon, twilio, form) == [
        (403, b'{"error":"signature-wrong"}'),
        (403, b'{"error":"signature-wrong"}'),
        (403, b'{"error":"account-foreign"}'),
        (403, b'{"error":"signature-missing"}'),
    ]
    assert await _ten_times(daemon, twilio, form) == [200] * 10
    await text(daemon, twilio, twilio.inbound("stray", sender=ANA, to="+12015550111"))
    await twilio.wait_sent(1)
    await text(daemon, twilio, twilio.inbound("last", sender=ANA))
    await twilio.wait_sent(2)

    assert twilio.bodies() == ["ok: once", "ok: last"]
    assert len(anthropic.requests) == 2
    audited = rows(daemon, "SELECT outcome, reason, count(*) FROM webhook_audit_log GROUP BY 1, 2")
    assert set(audited) == {
        ("accepted", "no-spam 0", 11), ("accepted", "number-unknown", 1), ("refused", "signature-wrong", 2),
        ("refused", "account-foreign", 1), ("refused", "signature-missing", 1),
    }  # fmt: skip
    processed = rows(daemon, "SELECT event_key FROM processed_webhook_events")
    assert (f"sms:{form['MessageSid']}",) in processed
    assert rows(daemon, "SELECT count(*) FROM omni_events WHERE kind = 'sms.received'") == [(2,)]


async def _forged(daemon: Daemon, twilio: FakeTwilio, form: dict[str, str]) -> list[tuple[int, bytes]]:
    evil = "https://evil.example.org"
    claims = {"host": "evil.example.org", "x-forwarded-host": "evil.example.org"}
    return [
        await text(daemon, twilio, form, signature="x"),
        await text(daemon, twilio, form, base=evil, headers=claims),
        await text(daemon, twilio, {**form, "AccountSid": "AC" + "9" * 32}),
        await fetch("POST", f"http://127.0.0.1:{daemon.webhook_port}/sms", body=b"Body=hi"),
    ]


async def _ten_times(daemon: Daemon, twilio: FakeTwilio, form: dict[str, str]) -> list[int]:
    """At once."""
    answers: list[int] = []

    async def post() -> None:
        answers.append((await text(daemon, twilio, form))[0])

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(post)
    return answers


async def test_a_text_that_was_taken_in_is_answered_after_a_crash(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, texting, twilio)
    hold = anthropic.hold()
    form = twilio.inbound("still there?", sender=ANA)
    assert (await text(daemon, twilio, form))[0] == 200
    await hold.entered.wait()

    await daemon.kill()
    hold.release()
    await daemon.start()
    await connected(twilio, 2)
    assert (await text(daemon, twilio, form))[0] == 200
    await twilio.wait_sent(1)
    await text(daemon, twilio, twilio.inbound("last", sender=ANA))
    await twilio.wait_sent(2)

    assert twilio.bodies() == ["ok: still there?", "ok: last"]


async def test_a_picture_is_there_for_the_assistant_and_its_model(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, texting, twilio)
    message = twilio.missed("What is this?", sender=ANA)
    path = twilio.attach(message, "image/png", PNG)
    form = twilio.inbound(
        "What is this?", sender=ANA, sid=message.sid, NumMedia="1",
        MediaUrl0="https://api.twilio.com" + path, MediaContentType0="image/png",
    )  # fmt: skip

    await text(daemon, twilio, form)
    await twilio.wait_sent(1)
    assert await daemon.stop() == 0

    name = f"inbound/{message.sid}-0.png"
    asked = anthropic.requests[0].body
    assert f"[photo: media/{name} (image/png, {len(PNG)} bytes)]" in newest_user_text(asked)
    assert b64encode(PNG).decode() in json.dumps(asked)
    assert (daemon.state_dir / "media" / name).read_bytes() == PNG


async def test_a_text_that_carriers_refuse_is_told_with_what_to_do(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, texting, twilio)
    await text(daemon, twilio, twilio.inbound("hello", sender=ANA))
    await twilio.wait_sent(1)

    form = twilio.status_of(twilio.sent[0], "undelivered", 30034)
    await text(daemon, twilio, form, path="/sms/status")
    twilio.fail(400, 21610, "Attempt to send to unsubscribed recipient")
    await text(daemon, twilio, twilio.inbound("again", sender=ANA))

    await daemon.wait_said("the number is not registered for 10DLC")
    await daemon.wait_said("this person has opted out with STOP")
    assert rows(daemon, "SELECT state, reason FROM outbox ORDER BY seq")[0] == (
        "failed", "undelivered (error 30034)",
    )  # fmt: skip
    assert twilio.bodies() == ["ok: hello"]


async def test_what_came_while_it_was_off_is_answered_when_it_is_back(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    twilio.missed("from before", sender=ANA, at=datetime.now(UTC) - timedelta(minutes=5))
    daemon = await started(make_daemon, texting, twilio)
    await text(daemon, twilio, twilio.inbound("first", sender=ANA))
    await twilio.wait_sent(1)

    await daemon.kill()
    known = twilio.missed("while off", sender=ANA, to=SALES, at=datetime.now(UTC) + timedelta(seconds=1))
    await daemon.start()
    await twilio.wait_sent(2)
    await text(daemon, twilio, twilio.inbound("while off", sender=ANA, to=SALES, sid=known.sid))
    await text(daemon, twilio, twilio.inbound("last", sender=ANA))
    await twilio.wait_sent(3)

    assert twilio.bodies() == ["ok: first", "ok: while off", "ok: last"]
    assert twilio.sent[1].sender == SALES


async def test_an_answer_whose_acknowledgement_was_lost_is_not_sent_twice_and_one_refused_for_good_is_told(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    texting: Json,
    twilio: FakeTwilio,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    texting["channels"]["telegram"] = daemon_config["channels"]["telegram"]
    daemon = await started(make_daemon, texting, twilio)
    twilio.accept_and_drop()

    await text(daemon, twilio, twilio.inbound("one", sender=ANA))
    await twilio.wait_sent(1)
    twilio.fail(429, 20429, "Too Many Requests", times=3, headers={"retry-after": "1"})
    await text(daemon, twilio, twilio.inbound("two", sender=BEN))
    (told,) = await telegram.wait_sent(1, 20)

    assert "is given up after 3 tries: too many requests 3 times in a row" in told.text
    assert await daemon.stop() == 0
    assert twilio.bodies() == ["ok: one"]
    assert rows(daemon, "SELECT state, provider_id FROM outbox WHERE channel = 'sms' ORDER BY seq") == [
        ("sent", twilio.sent[0].sid), ("failed", None),
    ]  # fmt: skip
