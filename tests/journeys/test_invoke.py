"""A program of the owner's calls tools directly; his policy, his word and the record hold as in a turn."""

import json
from typing import Any

import anyio

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeTelegram, Sent, fetch
from tests.journeys.watching import OWNER

Json = dict[str, Any]
SOUL = {"tool": "write", "args": {"path": "SOUL.md", "content": "Answer in verse."}}


async def invoke(daemon: Daemon, body: Json, token: str | None = None) -> tuple[int, Json]:
    headers = {"authorization": f"Bearer {daemon.token if token is None else token}"}
    status, answer = await fetch(
        "POST", f"{daemon.url}/tools/invoke", body=json.dumps(body).encode(), headers=headers
    )
    return status, json.loads(answer)


async def questions(telegram: FakeTelegram, count: int) -> list[Sent]:
    def found() -> list[Sent]:
        return [sent for sent in telegram.sent if "What: " in sent.text]

    await telegram.wait_until(lambda: len(found()) == count, lambda: str(telegram.texts()))
    return found()


async def test_a_program_has_what_the_policy_gives_and_the_owner_is_asked_for_the_rest(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    daemon = make_daemon({**daemon_config, "tools": {"deny": ["agents_list"]}})
    await daemon.start()

    status, told = await invoke(daemon, {"tool": "session_status"})
    assert (status, told["ok"]) == (200, True)
    assert "agent:main:main" in told["result"]["content"][0]["text"]
    for denied in ("agents_list", "exec", "cron", "sessions_spawn", "sessions_send", "gateway", "nothing"):
        assert (await invoke(daemon, {"tool": denied}))[0] == 404
    assert (await invoke(daemon, {"tool": "read"}))[0] == 400
    assert (await invoke(daemon, {"tool": "session_status"}, token="wrong"))[0] == 401

    outcomes: list[tuple[int, Json]] = []

    async def rewrite() -> None:
        outcomes.append(await invoke(daemon, SOUL))

    for number, button in enumerate(("Deny", "Allow once"), start=1):
        async with anyio.create_task_group() as group:
            group.start_soon(rewrite)
            asked = (await questions(telegram, number))[-1]
            telegram.press(asked, button)
        assert (asked.chat, "SOUL.md" in asked.text) == (OWNER, True)
    assert [status for status, _ in outcomes] == [403, 200]
    assert (daemon.state_dir / "workspace" / "SOUL.md").read_text() == "Answer in verse."

    assert await daemon.stop() == 0
    traces = (await daemon.cli("trace", "list", "--json")).json()
    written = [each for each in traces if any(span.get("tool") == "write" for span in each["spans"])]
    assert [each["outcome"] for each in written] == ["answered", "refused"]
