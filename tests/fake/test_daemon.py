"""The harness around the real daemon."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import DidNotStartError, FakeTelegram, fetch


async def test_a_daemon_starts_answers_and_stops(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    await daemon.start()
    assert (await fetch("GET", f"{daemon.url}/healthz"))[0] == 200
    assert len(daemon.token) >= 16
    assert await daemon.stop() == 0
    assert not daemon.running


async def test_a_killed_daemon_can_be_started_again_on_the_same_state(
    make_daemon: MakeDaemon, daemon_config: dict[str, Any], telegram: FakeTelegram
) -> None:
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_calls("getUpdates")
    assert await daemon.kill() == -signal.SIGKILL

    telegram.say("while you were away")
    await daemon.start()
    (sent,) = await telegram.wait_sent(1)

    assert sent.text == "ok: while you were away"
    assert await daemon.stop() == 0
    assert [line["content"] for line in daemon.transcript() if line.get("role") == "user"] == [
        "while you were away"
    ]
    assert len(daemon.sessions_json()) == 1


async def test_a_command_runs_against_the_same_state(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon()
    shown = await daemon.cli("--version")
    assert (shown.code, shown.stdout.split()[0], shown.stderr) == (0, "openclaw", "")


async def test_a_daemon_that_cannot_start_says_why(make_daemon: MakeDaemon, tmp_path: Path) -> None:
    daemon = make_daemon(home=tmp_path / "home", args=("--no-such-option",))
    with pytest.raises(DidNotStartError, match="no-such-option"):
        await daemon.start()
