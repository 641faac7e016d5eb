"""A text through Quo, once OpenPhone: signed in either envelope, answered by its API from the number it came to."""

import json
import sqlite3
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fake.quo import NEW_KEY, OLD_KEY, legacy, received, received_before, standard
from tests.fakes import Daemon, FakeAnthropic, FakeQuo, fetch

Json = dict[str, Any]
CALL = {
    "id": "EV7",
    "type": "call.completed",
    "data": {"resource": {"id": "CA1", "from": "+12015550123", "direction": "incoming", "duration": 61}},
}


@pytest.fixture
async def quo() -> AsyncIterator[FakeQuo]:
    async with FakeQuo() as server:
        yield server


@pytest.fixture
def config(daemon_config: Json, quo: FakeQuo) -> Json:
    daemon_config["agents"] = {"list": [{"id": "main", "default": True}, {"id": "aurora"}]}
    daemon_config["channels"]["quo"] = {
        "signingKeys": [OLD_KEY, NEW_KEY],
        "apiKey": quo.key,
        "apiRoot": quo.url,
        "agentId": "aurora",
    }
    return daemon_config


def table(daemon: Daemon, query: str) -> list[Any]:
    with sqlite3.connect(daemon.state_dir / "ledger.sqlite") as connection:
        return connection.execute(query).fetchall()


async def test_a_signed_text_is_answered_once_and_nothing_else_is_heard(
    make_daemon: MakeDaemon, config: Json, quo: FakeQuo, anthropic: FakeAnthropic
) -> None:
    anthropic.reply("Come at nine.")
    daemon = make_daemon(config)
    await daemon.start()
    url = daemon.webhook_url

    raw = json.dumps(received("When?")).encode()
    forged = [
        {},
        standard(raw, key="whsec_" + "QUFB" * 8),
        standard(raw, at=int(time.time()) - 301),
        {**standard(raw), "webhook-id": "msg_other"},
        standard(raw + b" "),
        {"openphone-signature": legacy(raw)["openphone-signature"].replace(";", ",")},
    ]
    for headers in forged:
        status, _ = await fetch("POST", f"{url}/webhooks/quo", body=raw, headers=headers)
        assert status == 403
    told = [received("When?"), received("When?"), received_before("When?", event="EV2"), CALL, CALL]
    assert [await quo.call(url, event) for event in told] == [200] * 5
    (sent,) = await quo.wait_sent(1)
    assert await daemon.stop() == 0

    assert (sent.sender, sent.to, sent.text) == ("PN123", "+12015550123", "Come at nine.")
    assert len(anthropic.requests) == 1
    assert table(daemon, "SELECT session_key FROM inbox WHERE session_key <> ''") == [
        ("agent:aurora:quo:direct:+12015550123",)
    ]
    assert table(daemon, "SELECT kind, ref FROM omni_events ORDER BY id") == [
        ("sms.received", "quo:default:msg:AC900"), ("call.completed", "CA1"),
    ]  # fmt: skip
    refused = table(daemon, "SELECT count(*) FROM webhook_audit_log WHERE outcome = 'refused'")
    assert refused == [(len(forged),)]
