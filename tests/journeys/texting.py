"""A daemon with two telephone numbers, and what Twilio posts to it."""

import sqlite3
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeTwilio

ANA, BEN = "+12015550123", "+12015550124"
SALES = "+12015550198"
BASE, TUNNEL = "https://texts.example.org", "https://srv1.example.org/openclaw"
Json = dict[str, Any]


def config(daemon_config: Json, twilio: FakeTwilio) -> Json:
    """Anybody may text either of two numbers; the business's reaches an agent of its own."""
    return {
        **daemon_config,
        "channels": {
            "sms": {
                "accountSid": twilio.account_sid,
                "authToken": twilio.token,
                "fromNumber": twilio.number,
                "apiRoot": twilio.url,
                "publicWebhookUrls": [BASE, TUNNEL],
                "dmPolicy": "open",
                "segmentPrice": 0.01,
                "textsPerSecond": 1000,
                "accounts": {"sales": {"fromNumber": SALES}},
            }
        },
        "agents": {"list": [{"id": "main"}, {"id": "acquisitions"}]},
        "bindings": [{"agentId": "acquisitions", "match": {"channel": "sms", "accountId": "sales"}}],
        "compliance": {"enabled": False},
    }


async def text(
    daemon: Daemon,
    twilio: FakeTwilio,
    form: dict[str, str],
    *,
    path: str = "/sms",
    base: str = BASE,
    **more: Any,
) -> tuple[int, bytes]:
    local = f"http://127.0.0.1:{daemon.webhook_port}{path}"
    return await twilio.post(local, form, public=base + path, **more)


async def started(make_daemon: MakeDaemon, config: Json, twilio: FakeTwilio, starts: int = 1) -> Daemon:
    daemon = make_daemon(config)
    await daemon.start()
    await connected(twilio, starts)
    return daemon


async def connected(twilio: FakeTwilio, starts: int = 1) -> None:
    """Each of both numbers has asked for what it missed."""
    await twilio.wait_until(
        lambda: (
            twilio.requests.count(("GET", f"/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"))
            >= 2 * starts
        ),
        lambda: f"asked: {twilio.requests}",
        10,
    )


def rows(daemon: Daemon, query: str) -> list[Any]:
    connection = sqlite3.connect(daemon.state_dir / "ledger.sqlite")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
