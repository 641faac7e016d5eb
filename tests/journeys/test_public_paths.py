"""The registry of what the outside may call, beside what the providers have, and every listener."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fake.quo import NEW_KEY, received
from tests.fakes import FakeQuo, FakeSalesmsg, FakeTwilio, fetch, free_ports

TOKEN = "0123456789abcdef0123456789abcdef"
BASE = "https://texts.example.org"
Json = dict[str, Any]


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        yield server


@pytest.fixture
def config(daemon_config: Json, twilio: FakeTwilio) -> Json:
    daemon_config["channels"] |= {
        "salesmsg": {"webhookToken": TOKEN},
        "quo": {"signingKeys": [NEW_KEY], "webhookPort": free_ports(1)[0]},
        "sms": {
            "accountSid": twilio.account_sid,
            "authToken": twilio.token,
            "fromNumber": twilio.number,
            "apiRoot": twilio.url,
            "publicWebhookUrls": [BASE],
        },
    }
    return daemon_config


def by_path(rows: list[Json]) -> dict[str, Json]:
    return {row["path"]: row for row in rows}


async def test_every_path_and_listener_is_told_with_what_is_to_be_mended(
    make_daemon: MakeDaemon, config: Json, twilio: FakeTwilio
) -> None:
    daemon = make_daemon(config)
    await daemon.start()
    own = config["channels"]["quo"]["webhookPort"]
    await FakeSalesmsg().call(daemon.webhook_url, TOKEN, {"event": "message.sent", "direction": "out"})
    await FakeSalesmsg().call(daemon.webhook_url, "wrong", {})
    event = received("Hi") | {"type": "message.sent"}
    assert await FakeQuo().call(f"http://127.0.0.1:{own}", event) == 200
    assert await FakeQuo().call(daemon.webhook_url, event) == 404
    assert (await fetch("POST", f"http://127.0.0.1:{own}/sms"))[0] == 404

    rows = by_path((await daemon.cli("webhooks", "list", "--json")).json())
    served = {path for path, row in rows.items() if row["served"]}
    assert {"/webhooks/salesmsg", "/webhooks/quo", "/sms", "/sms/status"} <= served
    assert not {"/voice", "/webhooks/telegram", "/webhooks/whatsapp", "/hooks/wake"} & served
    assert rows["/webhooks/salesmsg"]["lastRefusal"] == "secret-wrong"
    assert rows["/webhooks/salesmsg"]["lastAcceptedAt"] < rows["/webhooks/salesmsg"]["lastRefusedAt"]
    assert rows["/webhooks/quo"]["lastRefusedAt"] is None
    assert rows["/voice"]["mend"]

    checked = await daemon.cli("webhooks", "check", "--json")
    assert checked.code == 1
    assert [found["where"] for found in checked.json()] == ["/webhooks/salesmsg", f"sms {twilio.number}"]
    assert checked.json()[1]["mend"] == f"set it to {BASE}/sms (POST) in Twilio's console"

    ports = {row["name"]: row for row in (await daemon.cli("ports", "--json")).json()}
    assert (ports["gateway"]["port"], ports["gateway"]["state"]) == (daemon.port, "listening")
    assert (ports["webhooks"]["port"], ports["webhooks"]["state"]) == (daemon.webhook_port, "listening")
    assert (ports["webhooks:quo"]["port"], ports["webhooks:quo"]["state"]) == (own, "listening")
    assert str(daemon.pid) in ports["webhooks"]["holder"]
    assert await daemon.stop() == 0

    assert by_path((await daemon.cli("webhooks", "list", "--json")).json()) == rows
