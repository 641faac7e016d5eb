"""What breaks in a house, one thing after the other, and what the doctor makes of it."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from tests.conftest import MakeDaemon
from tests.fake.daemon import clean_environment
from tests.fake.nursery import Nursery
from tests.fake.terminal import Terminal
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, FakeWhatsApp
from tests.journeys.test_full_disk import MOUNT
from tests.journeys.test_full_disk import _private_mounts as private_mounts


async def asked(daemon: Daemon, *words: str) -> dict[str, dict[str, Any]]:
    """What the doctor tells, by the finding's id."""
    result = await daemon.cli("doctor", "--json", *words)
    found = {each["id"]: each for each in result.json() if not each["mended"]}
    worst = {each["level"] for each in found.values()}
    assert result.code == (2 if "error" in worst else 1 if "warn" in worst else 0), result.stderr
    assert result.stderr == ""
    return found


async def fixed(daemon: Daemon) -> set[str]:
    """What was mended."""
    result = await daemon.cli("doctor", "--json", "--fix")
    return {each["id"] for each in result.json() if each["mended"]}


async def onboarded(
    daemon: Daemon, nursery: Nursery, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    """From nothing, in a terminal."""
    daemon.home.mkdir(parents=True)
    daemon.env = {
        "ANTHROPIC_BASE_URL": anthropic.url,
        "OPENCLAW__CHANNELS__TELEGRAM__APIROOT": telegram.url,
        "OPENCLAW__TOOLS__EXEC__SECURITY": "deny",
        "OPENCLAW__BUDGETS__PERDAY": "5",
    }
    async with Terminal(nursery) as terminal:
        await terminal.run(("onboard",), clean_environment(daemon.home, **daemon.env), daemon.home)
        await terminal.answer("[offline]:", anthropic.key)
        await terminal.answer("name [later]:", "Ana")
        await terminal.answer("[none]:", telegram.token)
        word = re.search(r"hello \d{6}", await terminal.expect("I wait for that."))
        assert word is not None
        telegram.say(word[0])
        await terminal.answer("[~/.openclaw/workspace]:")
        await terminal.expect("5 of 5")
        terminal.type("\n")
        await terminal.expect("as soon as it runs")
        assert await terminal.ended() == 0


async def test_ten_things_break_one_after_the_other(
    make_daemon: MakeDaemon, nursery: Nursery, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(None)
    await onboarded(daemon, nursery, telegram, anthropic)
    await daemon.start()
    telegram.say("hi")
    await telegram.wait_sent(2)
    assert await asked(daemon) == {}, "while it runs all is well"

    kept = daemon.state_dir / "credentials" / "secrets.json"
    secrets = kept.read_text()
    anthropic.refused_keys.add(anthropic.key)  # a bad key
    kept.write_text(secrets.replace(telegram.token, "8000001:a-token-of-the-past"))  # a dead channel
    (daemon.state_dir / "openclaw.json").chmod(0o644)  # wrong permissions
    assert set(await asked(daemon)) == {"keys.refused", "channels.refused", "state.permissions"}
    assert await fixed(daemon) == {"state.permissions"}
    anthropic.refused_keys.clear()
    kept.write_text(secrets)

    await daemon.kill()  # a stale lock
    assert set(await asked(daemon)) == {"lock.stale"}
    assert await fixed(daemon) == {"lock.stale"}
    await it_is_off_and_its_files_break(daemon)

    await daemon.start()
    telegram.say("still there?")
    await telegram.wait_sent(3)
    assert "hi" in str(anthropic.requests[-1].body["messages"]), "it goes on with what was said before"
    assert await asked(daemon) == {}


async def it_is_off_and_its_files_break(daemon: Daemon) -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", daemon.port):
        busy = (await asked(daemon))["ports.busy"]
    assert str(os.getpid()) in busy["what"]

    sessions = daemon.state_dir / "agents" / "main" / "sessions"
    (transcript,) = sessions.glob("*.jsonl")
    whole = transcript.read_bytes()
    transcript.write_bytes(whole + b'{"role":"assist')
    (sessions / "sessions.json").write_bytes(b"{")
    (sessions / "sessions.json").chmod(0o600)
    config = daemon.state_dir / "openclaw.json"
    config.write_text(config.read_text().replace("{", '{ "qqqq": 1, ', 1))
    torn = {"transcripts.hurt", "sessions.unreadable_index", "config.unknown_key"}
    assert set(await asked(daemon)) == torn
    assert await fixed(daemon) == torn
    assert transcript.read_bytes() == whole

    config.write_text(config.read_text()[:500])
    (daemon.state_dir / "ledger.sqlite").write_bytes(os.urandom(1 << 16))
    for beside in daemon.state_dir.glob("ledger.sqlite-*"):
        beside.unlink()
    found = await asked(daemon)
    assert {found[name]["level"] for name in ("config.unreadable", "ledger.damaged")} == {"error"}
    assert await fixed(daemon) >= {"config.unreadable", "ledger.damaged"}
    assert await fixed(daemon) == set(), "there is nothing left to mend"


async def test_an_expired_secret_is_named(make_daemon: MakeDaemon) -> None:
    async with FakeWhatsApp() as meta:
        daemon = make_daemon({"channels": {"whatsapp": meta.config(accessToken="expired")}})

        found = await asked(daemon)

    assert "channels.whatsapp.accessToken" in found["channels.refused"]["command"]


async def test_a_full_disk_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    state = home / ".openclaw"
    state.mkdir(parents=True, mode=0o700)
    (state / "openclaw.json").write_text("{}")
    program = (sys.executable, "-m", "openclaw", "doctor", "--json", "--offline")

    doctor = await asyncio.create_subprocess_exec(
        *(*private_mounts(), "sh", "-ec", MOUNT, str(state), *program),
        env=clean_environment(home), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await doctor.communicate()

    full = next(each for each in json.loads(out) if each["id"] == "disk.full")
    assert (full["level"], doctor.returncode) == ("error", 2)


async def test_a_fresh_house_is_silent(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(None, env={"OPENCLAW__TOOLS__EXEC__SECURITY": "deny"})
    await daemon.start()
    assert (await daemon.cli("doctor")).stdout == "All is well.\n"
    await daemon.stop()

    told = await daemon.cli("doctor")

    assert told.stdout == "All is well. The assistant is not running; it starts with: openclaw serve\n"
    assert told.code == 0
