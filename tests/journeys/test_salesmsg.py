"""A contact's text through SalesMsg, followed along every hop of the seed's diagram."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeSalesmsg

TOKEN = "0123456789abcdef0123456789abcdef"
QUESTION = "Is the house on Elm Street still for sale?"
ANSWER = "Yes, it is. Shall I call you tomorrow?"


@pytest.fixture
async def salesmsg() -> AsyncIterator[FakeSalesmsg]:
    async with FakeSalesmsg() as server:
        yield server


@pytest.fixture
def config(daemon_config: dict[str, Any], salesmsg: FakeSalesmsg) -> dict[str, Any]:
    daemon_config["agents"] = {
        "defaults": {"model": "anthropic/claude-sonnet-4-6"},
        "list": [{"id": "main", "default": True}, {"id": "aurora"}, {"id": "atlas"}, {"id": "vault"}],
    }
    daemon_config["channels"]["salesmsg"] = {
        "webhookToken": TOKEN,
        "apiToken": next(iter(salesmsg.tokens)),
        "apiRoot": salesmsg.url,
        "agentId": "aurora",
        "allowedAgents": ["atlas"],
    }
    # What a contact may be sent without a registration is the gates' matter.
    daemon_config["compliance"] = {"enabled": False}
    return daemon_config


def table(daemon: Daemon, query: str) -> list[Any]:
    with sqlite3.connect(daemon.state_dir / "ledger.sqlite") as connection:
        return connection.execute(query).fetchall()


async def test_a_contact_texts_and_every_hop_is_in_the_trace(
    make_daemon: MakeDaemon, config: dict[str, Any], salesmsg: FakeSalesmsg, anthropic: FakeAnthropic
) -> None:
    config["llm"] = {"routing": {"headers": {"x-openclaw-agent": "{agent}"}}}
    anthropic.reply(ANSWER)
    daemon = make_daemon(config)
    await daemon.start()

    status, _ = await salesmsg.call(daemon.webhook_url, TOKEN, salesmsg.received(QUESTION))
    (sent,) = await salesmsg.wait_sent(1)

    assert status == 200
    assert (sent.to, sent.text, sent.conversation) == ("+12015550123", ANSWER, "90001")
    (asked,) = anthropic.requests
    assert asked.headers["x-openclaw-agent"] == "aurora"
    assert "cache_control" in json.dumps(asked.body)
    costs = (await daemon.cli("costs", "--by", "agent", "--json")).json()["rows"]
    await salesmsg.call(daemon.webhook_url, TOKEN, salesmsg.status(sent.id))
    assert await daemon.stop() == 0

    ((trace_id,),) = table(daemon, "SELECT trace_id FROM outbox")
    trace = (await daemon.cli("trace", trace_id, "--json")).json()
    spans = {span["name"]: span for span in trace["spans"]}
    hops_are_told(trace, spans)
    (row,) = [row for row in costs if row["key"] == "aurora"]
    assert row["cost"] == pytest.approx(spans["llm"]["cost"])

    key = "salesmsg:default:msg:7001"
    audit = table(daemon, "SELECT channel, path, outcome, event_key FROM webhook_audit_log")
    assert audit[0] == ("salesmsg", "/webhooks/salesmsg", "accepted", key)
    assert (key,) in table(daemon, "SELECT event_key FROM processed_webhook_events")
    noted = table(daemon, "SELECT kind, summary FROM omni_events WHERE channel = 'salesmsg'")
    assert noted == [("sms.received", f"+12015550123: {QUESTION}")]


def hops_are_told(trace: dict[str, Any], spans: dict[str, Any]) -> None:
    assert [name for name in spans if name not in {"prompt", "queued"}] == [
        "received", "stored", "authorised", "session", "model", "llm", "transcript", "send", "delivered",
    ]  # fmt: skip
    assert all({"at", "ms"} <= span.keys() for span in trace["spans"])
    assert trace["session"] == "agent:aurora:salesmsg:direct:+12015550123"
    assert spans["session"]["agent"] == "aurora"
    assert {"model", "input", "output", "cacheRead", "cost"} <= spans["llm"].keys()
    assert spans["llm"]["cost"] > 0
    assert spans["send"]["channel"] == "salesmsg"


async def test_the_agent_is_the_one_that_the_task_names_where_it_may(
    make_daemon: MakeDaemon, config: dict[str, Any], salesmsg: FakeSalesmsg, anthropic: FakeAnthropic
) -> None:
    anthropic.reply("From the agent.")
    anthropic.reply("From the agent.")
    daemon = make_daemon(config)
    await daemon.start()

    allowed = {"agentId": "atlas", **salesmsg.received("One", message_id=1)}
    refused = {"agentId": "vault", **salesmsg.received("Two", message_id=2, number="+12015550124")}
    await salesmsg.call(daemon.webhook_url, TOKEN, allowed)
    await salesmsg.call(daemon.webhook_url, TOKEN, refused, name="secret")
    await salesmsg.wait_sent(2)
    await daemon.stop()

    sessions = {row[0] for row in table(daemon, "SELECT session_key FROM inbox")}
    assert sessions == {
        "agent:atlas:salesmsg:direct:+12015550123",
        "agent:aurora:salesmsg:direct:+12015550124",
    }
    reasons = table(daemon, "SELECT reason FROM webhook_audit_log ORDER BY id")
    assert reasons == [("",), ("agent-not-allowed",)]


async def test_ten_repeats_at_once_and_one_after_a_kill_are_one_turn(
    make_daemon: MakeDaemon, config: dict[str, Any], salesmsg: FakeSalesmsg, anthropic: FakeAnthropic
) -> None:
    anthropic.reply(ANSWER)
    daemon = make_daemon(config)
    await daemon.start()
    event = salesmsg.received(QUESTION)

    answers = await asyncio.gather(*(salesmsg.call(daemon.webhook_url, TOKEN, event) for _ in range(10)))
    await salesmsg.wait_sent(1)
    await daemon.kill()
    await daemon.start()
    again, _ = await salesmsg.call(daemon.webhook_url, TOKEN, json.dumps(event, indent=2).encode())
    await daemon.stop()

    assert {status for status, _ in answers} == {200}
    assert again == 200
    assert len(anthropic.requests) == 1
    assert [each.text for each in salesmsg.sent if not each.text.startswith("↻")] == [ANSWER]


async def test_nothing_without_the_token_is_heard_and_the_token_is_nowhere_on_disk(
    make_daemon: MakeDaemon, config: dict[str, Any], salesmsg: FakeSalesmsg, anthropic: FakeAnthropic
) -> None:
    config["logging"] = {"level": "trace"}
    daemon = make_daemon(config)
    await daemon.start()
    event = salesmsg.received(QUESTION)

    wrong = [TOKEN[:-1] + "0", TOKEN.upper(), TOKEN + "0", "x", "%00", ""]
    answers = [await salesmsg.call(daemon.webhook_url, token, event) for token in wrong]
    garbage = [b"", b"[]", b"null", b"\xff\xfe", b'{"data":' * 2000, b'{"event":"weather.changed"}']
    heard = [await salesmsg.call(daemon.webhook_url, TOKEN, body) for body in garbage]
    await daemon.stop()

    assert {status for status, _ in answers} == {403}
    assert {status for status, _ in heard} == {200}
    assert anthropic.requests == []
    assert table(daemon, "SELECT DISTINCT state FROM inbox") == [("ignored",)]
    reasons = table(daemon, "SELECT reason FROM webhook_audit_log WHERE outcome = 'refused' ORDER BY id")
    assert reasons == [("secret-wrong",)] * 5 + [("secret-missing",)]
    kept = [daemon.state_dir / "ledger.sqlite", *(daemon.state_dir / "logs").iterdir()]
    assert all(TOKEN.encode() not in path.read_bytes() for path in kept)
    assert all(TOKEN not in line for line in daemon.output)


async def test_who_wants_no_texts_gets_none_and_a_person_who_answers_is_not_interfered_with(
    make_daemon: MakeDaemon, config: dict[str, Any], salesmsg: FakeSalesmsg, anthropic: FakeAnthropic
) -> None:
    config["compliance"] = {"tenDlc": {"status": "approved"}}
    daemon = make_daemon(config)
    await daemon.start()
    url = daemon.webhook_url

    stop = salesmsg.received("STOP", contact={"number": "+12015550125", "opt_out": True})
    await salesmsg.call(url, TOKEN, stop)
    mark = {"event": "contact.opted_out", "contact": {"number": "+12015550126"}}
    await salesmsg.call(url, TOKEN, mark)
    await salesmsg.call(url, TOKEN, salesmsg.received("Hello", message_id=1))
    (ours,) = await salesmsg.wait_sent(1)
    await salesmsg.call(url, TOKEN, salesmsg.written(ours.text, message_id=int(ours.id)))
    await salesmsg.call(url, TOKEN, salesmsg.written("I'll take this one.", message_id=77))
    await salesmsg.call(url, TOKEN, salesmsg.received("Thanks!", message_id=2))
    await daemon.wait_said("human_active")
    assert await daemon.stop() == 0

    assert salesmsg.sent == [ours]
    assert len(anthropic.requests) == 2
    people = table(daemon, "SELECT summary FROM omni_events WHERE kind = 'sms.person'")
    assert people == [("to +12015550123: I'll take this one.",)]
    without = table(daemon, "SELECT subject, channel FROM compliance_events WHERE kind = 'opt_out'")
    assert without == [("+12015550125", "salesmsg"), ("+12015550126", "salesmsg")]
