"""The original's own command line, as its npm package brings it, against our daemon."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon

PACKAGES = "openclaw@2026.9.6 node@26.10.0"
SECONDS = 60.0


@dataclass
class Original:
    """Its commands, in a home of its own: all it knows of us is where we listen, and the token."""

    home: Path
    daemon: Daemon
    program: tuple[str, str]

    async def run(self, *words: str) -> str:
        node, script = self.program
        environment = {
            "HOME": str(self.home),
            "PATH": f"{Path(node).parent}:/usr/bin:/bin",
            "NO_COLOR": "1",
            "OPENCLAW_STATE_DIR": str(self.home / ".openclaw"),
        }
        with anyio.fail_after(SECONDS):
            done = await anyio.run_process([node, script, *words], env=environment, check=False)
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout.decode()

    async def json(self, *words: str) -> Any:
        return json.loads(await self.run(*words, "--json"))


def installed() -> tuple[str, str]:
    """Node and the command line; the test is skipped where they are not installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openclaw-tests" / "original"
    node, script = cache / "node_modules/node/bin/node", cache / "node_modules/openclaw/openclaw.mjs"
    if node.exists() and script.exists():
        return str(node), str(script)
    missing = (
        f"the original's command line is missing: npm install --prefix {cache} --ignore-scripts --omit=optional "
        f"--omit=peer {PACKAGES} && npm rebuild --prefix {cache} node"
    )
    if os.environ.get("OPENCLAW_REQUIRE_ORIGINAL"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
async def original(make_daemon: MakeDaemon, tmp_path: Path) -> Original:
    program = installed()
    daemon = make_daemon()
    await daemon.start()
    home = tmp_path / "elsewhere"
    (home / ".openclaw").mkdir(parents=True, mode=0o700)
    port = int(daemon.url.rpartition(":")[2])
    config = {"gateway": {"mode": "local", "port": port, "auth": {"mode": "token", "token": daemon.token}}}
    (home / ".openclaw" / "openclaw.json").write_text(json.dumps(config))
    return Original(home, daemon, program)


@pytest.mark.timeout(180)
async def test_it_asks_us_as_it_asks_its_own_gateway(original: Original) -> None:
    """Each command is a process of Node's that takes over a second: side by side they take half as long."""
    answers: dict[str, Any] = {}

    async def ask(name: str, *words: str) -> None:
        answers[name] = await original.json(*words)

    message = {"sessionKey": "main", "message": "hello", "idempotencyKey": "run-1"}
    async with anyio.create_task_group() as group:
        group.start_soon(ask, "health", "health")
        group.start_soon(ask, "status", "status")
        group.start_soon(ask, "sent", "gateway", "call", "chat.send", "--params", json.dumps(message))
    assert answers["health"]["ok"] is True
    assert answers["status"]["gateway"]["reachable"] is True
    assert answers["status"]["sessions"]["defaults"]["model"] == "offline/offline"
    assert answers["sent"] == {"runId": "run-1", "status": "started"}

    answered = await original.json("agent", "--agent", "main", "--message", "are you there?")
    assert answered["status"] == "ok"
    assert "are you there?" in answered["result"]["payloads"][0]["text"]

    async with anyio.create_task_group() as group:
        group.start_soon(ask, "rpc", "gateway", "call", "sessions.list")
        # It lists what lies in its own state directory, and does so without a word against us.
        group.start_soon(ask, "sessions", "sessions", "list")
    assert [row["key"] for row in answers["rpc"]["sessions"]] == ["agent:main:main"]
    assert answers["sessions"]["count"] == 0
    said = [line["content"] for line in original.daemon.transcript() if line.get("role") == "user"]
    assert said == ["hello", "are you there?"]
