"""The HTTP interface as a program of the owner's uses it."""

import json
from typing import Any

import anyio

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, Reply, fetch
from tests.journeys.watching import eventually, user_texts

Json = dict[str, Any]


async def call(daemon: Daemon, method: str, path: str, content: Json | None = None) -> tuple[int, Any]:
    body = json.dumps(content).encode() if content is not None else b""
    headers = {"authorization": f"Bearer {daemon.token}"}
    status, answer = await fetch(method, f"{daemon.url}{path}", body=body, headers=headers)
    return status, json.loads(answer) if answer[:1] in b"{[" else answer.decode()


async def test_a_message_is_taken_at_once_a_note_is_heard_and_the_books_say_so(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    anthropic.answer_with(lambda body: Reply("It is open."))

    noted = await call(
        daemon, "POST", "/v1/sessions/message", {"message": "The back door is open.", "run": False}
    )
    asked = await call(daemon, "POST", "/v1/sessions/message", {"message": "Is a door open?"})
    await eventually(lambda: len(anthropic.requests) == 1, lambda: str(anthropic.requests))

    assert (noted[0], noted[1]["runId"]) == (202, None)
    assert asked[0] == 202
    texts = user_texts(anthropic.requests[0])
    assert "The back door is open." in texts[0]
    assert "Is a door open?" in texts[-1]

    async def trace() -> Json | None:
        status, listed = await call(daemon, "GET", "/api/v1/traces?limit=5")
        assert status == 200
        found = [each for each in listed["traces"] if each["event"] == asked[1]["messageId"]]
        return found[0] if found else None

    with anyio.fail_after(10):
        while (found := await trace()) is None:
            pass  # every look is a request: it is written with the turn's end
    whole = (await call(daemon, "GET", f"/api/v1/traces/{found['id']}"))[1]
    assert whole["outcome"] == "answered"
    assert {"received", "stored", "llm", "transcript"} <= {span["name"] for span in whole["spans"]}
    (row,) = (await call(daemon, "GET", "/api/v1/usage?by=agent"))[1]["rows"]
    assert (row["key"], row["turns"]) == ("main", 1)
    assert row["cost"] > 0
    figures = (await call(daemon, "GET", "/metrics"))[1]
    assert 'openclaw_channel_up{channel="telegram",account="default"} 1' in figures
    assert "openclaw_sessions 1" in figures
    assert await daemon.stop() == 0
