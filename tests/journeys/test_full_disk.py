"""A disk without room: nothing is acknowledged that is not recorded, and everything goes on once there is room."""

import json
import resource
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, fetch
from tests.journeys.watching import eventually, lines_with, user_texts, wait_output, wait_readyz

Json = dict[str, Any]
MOUNT = """
config=$(cat "$0/openclaw.json"); umask 077
mount -t tmpfs -o size=4m,mode=700 tmpfs "$0"
printf %s "$config" >"$0/openclaw.json"
exec "$@"
"""
"""`$0` becomes a small disk that only this process and its children see."""


async def test_a_full_disk_is_waited_out(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    tmp_path: Path,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    state = tmp_path / "home" / ".openclaw"
    daemon = make_daemon(daemon_config, prefix=(*_private_mounts(), "sh", "-ec", MOUNT, str(state)))
    await daemon.start()
    seen = Path(f"/proc/{daemon.pid}/root{state}")
    telegram.say("before")
    await telegram.wait_sent(1)
    under_way = anthropic.hold()
    telegram.say("under way")
    await under_way.entered.wait()
    _fill(seen / "filler")
    under_way.release()
    waiting = [telegram.say("one"), telegram.say("two")]

    told = await wait_output(daemon, "updates wait")
    assert "free some space" in told
    assert "storage_full" in await wait_readyz(daemon, 503)
    assert (await fetch("GET", f"{daemon.url}/healthz"))[0] == 200
    assert [update["update_id"] for update in telegram.updates] == waiting
    telegram.say("three")
    assert len(lines_with(daemon, "updates wait")) == 1
    _, alert = [sent.text for sent in await telegram.wait_sent(2)]
    assert alert.startswith("⚠️ The disk")
    assert telegram.texts() == ["ok: before", alert]
    assert daemon.running

    (seen / "filler").unlink()
    await telegram.wait_sent(6)
    await wait_readyz(daemon, 200)
    assert telegram.texts() == ["ok: before", alert, "ok: under way", "ok: one", "ok: two", "ok: three"]
    assert user_texts(anthropic.requests[-1]) == ["before", "under way", "one", "two", "three"]
    await wait_output(daemon, "there is room again")
    await eventually(lambda: _lines(seen) == 11, lambda: f"the transcript has {_lines(seen)} lines")
    assert await daemon.stop() == 0


def _lines(state: Path) -> int:
    (transcript,) = state.glob("agents/main/sessions/*.jsonl")
    return transcript.read_bytes().count(b"\n")


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


@cache
def _private_mounts() -> tuple[str, ...]:
    """A command that gives its child mounts of its own; skips where the kernel allows none."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare(1) is not here")
    for flags in ("-m", "-rm"):
        command = (unshare, flags, "--propagation", "private")
        tried = subprocess.run(
            (*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"), capture_output=True, text=True, check=False
        )
        if tried.returncode == 0:
            return command
    pytest.skip(f"no small disk can be made here: {tried.stderr.strip()}")


async def test_a_webhook_is_refused_while_the_ledger_cannot_grow(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram
) -> None:
    """The limit of a file's size stands for a quota, and needs no rights."""
    secret = "a-webhook-secret-of-32-characters"
    daemon_config["channels"]["telegram"] |= {
        "webhookUrl": "https://bot.example.org/webhooks/telegram",
        "webhookSecret": secret,
    }
    daemon = make_daemon(daemon_config)
    await daemon.start()
    await telegram.wait_calls("setWebhook")
    url = f"{daemon.webhook_url}/webhooks/telegram"
    update = telegram.message("hello")
    _limit_files(daemon, (daemon.state_dir / "ledger.sqlite-wal").stat().st_size)
    for _ in range(3):
        assert await telegram.post_update(url, update, secret) == 503
    await wait_readyz(daemon, 503)
    (alert,) = [sent.text for sent in await telegram.wait_sent(1)]

    _limit_files(daemon, resource.RLIM_INFINITY)
    assert await telegram.post_update(url, update, secret) == 200
    assert await telegram.post_update(url, update, secret) == 200
    await telegram.wait_sent(2)
    await wait_readyz(daemon, 200)
    assert await daemon.stop() == 0
    assert telegram.texts() == [alert, "ok: hello"]


async def test_a_transcript_without_room_gets_its_lines_later(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """Answers go on meanwhile, and over a SIGKILL: the ledger keeps the lines."""
    daemon = make_daemon(daemon_config)
    path = _long_transcript(daemon)
    size = path.stat().st_size
    await daemon.start()
    _limit_files(daemon, size + 100)  # in the middle of the next line
    for number in range(3):
        telegram.say(f"message {number}")
        await telegram.wait_sent(number + 1)
    assert len(lines_with(daemon, "the ledger keeps the lines")) == 1
    assert path.stat().st_size == size, "no half of a line stays"
    _limit_files(daemon, resource.RLIM_INFINITY)
    await eventually(lambda: path.stat().st_size > size, lambda: f"{size} bytes")
    _limit_files(daemon, path.stat().st_size)
    telegram.say("message 3")
    await telegram.wait_sent(4)
    asked = anthropic.hold()
    telegram.say("message 4")
    await asked.entered.wait()
    await daemon.kill()

    await daemon.start()
    await telegram.wait_sent(5)
    assert await daemon.stop() == 0
    said = [f"message {number}" for number in range(5)]
    assert telegram.texts() == [f"ok: {text}" for text in said]
    lines = daemon.transcript()
    assert [line["content"] for line in lines if line.get("role") == "user"] == said
    assert user_texts(anthropic.requests[-1]) == said
    assert len({line["id"] for line in lines}) == len(lines) == 2 + 2 * len(said)


def _long_transcript(daemon: Daemon) -> Path:
    """Longer than the ledger and the log become, by a line of another program."""
    folder = daemon.state_dir / "agents" / "main" / "sessions"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "sessions.json").write_text('{"agent:main:main": {"sessionId": "ses_long", "updatedAt": 1}}')
    path = folder / "ses_long.jsonl"
    header = {"type": "session", "version": 1, "id": "ses_long", "key": "agent:main:main", "agent": "main"}
    lines = [header, {"type": "custom", "id": "c1", "data": "x" * 3_000_000}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def _limit_files(daemon: Daemon, size: int) -> None:
    _, hard = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (size, hard))
