"""The day when a disk fails, or an upgrade is regretted."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from openclaw.store.migrations import STEPS
from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram
from tests.store.past import left_by

Json = dict[str, Any]


@pytest.fixture
async def daemon(
    make_daemon: MakeDaemon, daemon_config: Json, anthropic: FakeAnthropic, telegram: FakeTelegram
) -> Daemon:
    """It has answered one message."""
    made = make_daemon(daemon_config)
    await made.start()
    anthropic.reply("first answer")
    telegram.say("first")
    await telegram.wait_sent(1)
    return made


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as tx:
        return tx.execute(sql).fetchall()


def said(daemon: Daemon) -> list[str]:
    return [str(line["content"]) for line in daemon.transcript() if "role" in line]


async def test_a_backup_of_a_running_house_brings_it_back(
    daemon: Daemon, anthropic: FakeAnthropic, telegram: FakeTelegram
) -> None:
    made = await daemon.cli("backup", "create", "--json")
    assert made.code == 0, made.stderr
    anthropic.reply("second answer")
    telegram.say("second")
    await telegram.wait_sent(2)
    refused = await daemon.cli("backup", "restore", "latest", "--yes")
    assert (refused.code, "stop it first" in refused.stderr) == (1, True)
    await daemon.stop()

    restored = await daemon.cli("backup", "restore", "latest", "--yes")
    assert restored.code == 0, restored.stderr
    assert said(daemon) == ["first", "first answer"]

    await daemon.start()
    anthropic.reply("third answer")
    telegram.say("third")
    await telegram.wait_sent(3)
    assert telegram.texts() == ["first answer", "second answer", "third answer"], "nobody is answered twice"
    await daemon.stop()
    assert said(daemon) == ["first", "first answer", "third", "third answer"]


async def test_a_damaged_ledger_is_replaced_at_the_start_and_its_owner_told(
    daemon: Daemon, anthropic: FakeAnthropic, telegram: FakeTelegram
) -> None:
    await daemon.stop()
    ledger = daemon.state_dir / "ledger.sqlite"
    ledger.write_bytes(b"\xa5" * ledger.stat().st_size)

    await daemon.start()
    await telegram.wait_sent(2)
    anthropic.reply("second answer")
    telegram.say("second")
    await telegram.wait_sent(3)

    first, told, second = telegram.texts()
    assert (first, second) == ("first answer", "second answer")
    assert "The ledger was damaged (file is not a database). There was no copy" in told
    (kept,) = daemon.state_dir.glob("ledger.sqlite.damaged-*Z")
    assert str(kept) in told
    await daemon.stop()
    assert said(daemon) == ["first", "first answer", "second", "second answer"]


async def test_an_upgrade_takes_a_copy_and_a_restore_that_was_cut_off_is_taken_up(
    make_daemon: MakeDaemon,
) -> None:
    daemon = make_daemon()
    state, staged = daemon.state_dir, daemon.state_dir / ".restoring-x" / "openclaw.json"
    staged.parent.mkdir(parents=True)
    daemon.home.chmod(0o700)
    state.chmod(0o700)
    with closing(sqlite3.connect(left_by(len(STEPS) - 1, state / "ledger.sqlite"))) as tx:
        tx.execute("UPDATE inbox SET state = 'answered', finished_at = '2026-02-27T09:00:01.000Z'")
        tx.commit()
    staged.write_text('{ gateway: { auth: { token: "of the backup" } } }')
    staged.chmod(0o600)
    move = {"staged": str(staged), "target": str(state / "openclaw.json"), "aside": str(state / "before-x/c")}
    (state / "restore.json").write_text(json.dumps({"staging": str(staged.parent), "moves": [move]}))

    await daemon.start()

    assert daemon.token == "of the backup"
    assert not (state / "restore.json").exists()
    assert query(state / "ledger.sqlite", "PRAGMA user_version") == [(len(STEPS),)]
    (copy,) = (state / "backups/ledger").glob(f"*-before-v{len(STEPS)}.sqlite")
    assert query(copy, "SELECT state FROM inbox") == [("answered",)]


async def test_a_config_of_a_newer_version_bricks_nothing(
    make_daemon: MakeDaemon, daemon_config: Json, anthropic: FakeAnthropic, telegram: FakeTelegram
) -> None:
    newer = {
        **daemon_config,
        "meta": {"lastTouchedVersion": "2099.1.0"},
        "holograms": {"enabled": True},
        "session": {"dmScope": "per-planet"},
        "backup": {"ledger": {"everyMinutes": "at noon"}, "orbit": "low"},
        "logging": {"level": "telepathic"},
    }
    daemon = make_daemon(newer)
    await daemon.start()
    anthropic.reply("still here")
    telegram.say("hello")
    (answer,) = await telegram.wait_sent(1)
    assert answer.text == "still here"
    assert daemon.said("holograms")
    assert daemon.said("per-planet")
