import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from openclaw.cli.status import day_zone
from openclaw.ops.state_lock import StateLock
from openclaw.store.database import open_database
from tests.cli.gateway import Terminal, no_gateway, point_at, running
from tests.cli.test_glance import RUNNING
from tests.store.made import NOW
from tests.store.test_glance import came, fill


def test_status_tells_how_a_running_house_is(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        assert json.loads(terminal.run("status", "--json")[1])["gateway"] == "running"

        async def facts() -> dict[str, object]:
            return {key: value for key, value in RUNNING.items() if key != "gateway"}

        plane.house.desk.status = facts  # type: ignore[method-assign]
        shown = terminal.lines("status")
    assert shown[:3] == [
        "● OpenClaw 2026.11.0 has been running for 3 h 12 min",
        "",
        "  model       anthropic/claude-opus-4-6",
    ]


async def _leave_a_message(path: Path) -> None:
    async with open_database(path) as database:
        await fill(database, "inbox", came(1, "telegram", NOW, state="queued"))


def test_without_a_gateway_status_tells_what_the_ledger_holds_and_leaves_nothing_behind(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(_leave_a_message, state_dir / "ledger.sqlite")
    point_at(state_dir, 1, monkeypatch)
    before = sorted(state_dir.iterdir())

    told = json.loads(Terminal(capsys).run("status", "--json")[1])
    lines = Terminal(capsys).lines("status")

    assert (told["gateway"], told["queue"], told["holder"]) == ("stopped", {"waiting": 1}, None)
    assert lines[0].endswith("is not running  → openclaw serve")
    assert any(line.split()[:4] == ["●", "messages", "1", "waiting,"] for line in lines)
    assert sorted(state_dir.iterdir()) == before


@pytest.mark.parametrize("zone", ["Europe/Vienna", "Nowhere/Else", None])
def test_a_day_begins_where_the_owner_is_or_here(zone: str | None) -> None:
    assert (str(day_zone(zone)) == "Europe/Vienna") is (zone == "Europe/Vienna")


def test_health_fails_when_no_gateway_runs_or_it_is_not_well(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        assert terminal.lines("health")[:3] == [
            "● OpenClaw is well", "", "● telegram  connected",
        ]  # fmt: skip

        async def unwell() -> dict[str, object]:
            return {"ok": False, "problems": ["the ledger's disk is full"]}

        plane.house.desk.health = unwell  # type: ignore[method-assign]
        code, out, _ = terminal.run("health")
        assert code == 1
        assert out.startswith("● OpenClaw is not well\n")
        assert "● problem   the ledger's disk is full  → openclaw doctor" in out
    no_gateway(state_dir, monkeypatch)
    code, _, said = terminal.run("health")
    assert (code, "start it with: openclaw serve" in said) == (1, True)
    with StateLock(state_dir):
        code, _, said = terminal.run("health")
    assert (code, "does not answer on port 1; see: openclaw doctor" in said) == (1, True)


def test_a_look_at_a_house_that_stands_still_loads_nothing_heavy(state_dir: Path) -> None:
    script = (
        "import sys; from openclaw.cli.main import run; run(['status']);"
        " heavy = {'pydantic', 'rich', 'anyio', 'asyncio', 'websockets', 'aiosqlite'} & set(sys.modules);"
        " sys.exit(' '.join(heavy) or 0)"
    )
    environ = {"HOME": str(state_dir), "OPENCLAW_STATE_DIR": str(state_dir), "OPENCLAW_GATEWAY_PORT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "is not running" in done.stdout
