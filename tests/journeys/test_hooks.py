"""The owner's automations, over the public listener."""

import json
from typing import Any

from tests.conftest import MakeDaemon
from tests.fakes import FakeAnthropic, FakeTelegram, Reply, fetch, newest_user_text
from tests.journeys.watching import OWNER

TOKEN = "0123456789abcdef0123456789abcdef"


async def test_an_automation_asks_and_the_owner_hears_the_answer_once(
    make_daemon: MakeDaemon, daemon_config: dict[str, Any], telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    mapping = {"id": "alarm", "messageTemplate": "The {{door}} door is open.", "agentId": "main"}
    config = {**daemon_config, "hooks": {"token": TOKEN, "mappings": [mapping]}}
    daemon = make_daemon(config)
    await daemon.start()
    anthropic.answer_with(lambda body: Reply("Close the back door!"))

    async def call(path: str, content: dict[str, Any], headers: dict[str, str]) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{daemon.webhook_port}{path}"
        status, body = await fetch("POST", url, body=json.dumps(content).encode(), headers=headers)
        return status, json.loads(body)

    known = {"authorization": f"Bearer {TOKEN}", "idempotency-key": "a-1"}
    refused = await call("/hooks/alarm", {"door": "front"}, {})
    first = await call("/hooks/alarm", {"door": "back"}, known)
    again = await call("/hooks/alarm", {"door": "back"}, known)
    await telegram.wait_sent(1)

    assert refused == (401, {"error": "token-missing"})
    assert first[0] == 202
    assert again == first
    assert telegram.texts(OWNER) == ["Close the back door!"]
    (asked,) = anthropic.requests
    said = newest_user_text(asked.body)
    assert "The back door is open." in said
    assert "from an automation" in json.dumps(asked.body), "it is not obeyed as the owner is"
    listed = (await daemon.cli("webhooks", "list", "--json")).json()
    served = {row["path"]: row["served"] for row in listed}
    assert (served["/hooks/wake"], served["/hooks/alarm"]) == (True, True)
    assert await daemon.stop() == 0
