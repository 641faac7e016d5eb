import json
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw.cli.service import told
from openclaw.ops.supervisor.condition import Condition
from tests.cli.gateway import Terminal
from tests.fake.supervisor import change
from tests.ops.supervisor.place import Place

RUNNING = Condition(
    "systemd", "/u", installed=True, running=True, state="active (running)", pid=7, since="Monday", restarts=2,
    last_exit=0, starts_with_machine=False, problems=("it stops when you log out",),
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    for name in ("OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "XDG_CONFIG_HOME", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", [str(made.program)])
    monkeypatch.setattr(sys, "platform", "linux")
    return made


def test_it_is_installed_looked_at_started_anew_and_taken_out(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    assert terminal.run("service", "status")[:2] == (
        1,
        "service: not installed\ninstall it with: openclaw service install\n",
    )
    assert f"wrote {place.unit}" in terminal.lines("service", "install")
    code, out, _ = terminal.run("service", "status", "--json")
    assert (code, json.loads(out)["running"]) == (0, True)
    assert terminal.lines("service", "restart") == ["started anew by systemd"]
    assert terminal.lines("service", "uninstall")[0].startswith("stopped, and removed ")


def test_a_dry_run_shows_the_file_and_the_calls(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Terminal(capsys).lines("service", "install", "--dry-run")
    assert lines[0] == f"# {place.unit}"
    assert lines[-1] == "systemctl --user restart openclaw.service"
    assert not place.unit.exists()


def test_logs_come_from_the_service_manager(place: Place) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from openclaw.cli.main import main; main(['service', 'logs', '-n', '3'])"],
        env=place.environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "openclaw ready (--user -u openclaw.service -n 3 --no-pager -o cat)\n"


def test_in_a_container_it_says_what_to_do_instead(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    change(place.manager, booted=False)
    code, _, err = Terminal(capsys).run("service", "install")
    assert code == 1
    assert err.startswith("openclaw: no service is installed: no systemd starts programs in this ")
    assert "openclaw serve" in err


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (Condition("", "", installed=False, problems=("why",)), ["service: none here", "! why"]),
        (
            RUNNING,
            [
                "service: active (running) since Monday, pid 7",
                "starts with the machine: no",
                "restarts by systemd: 2",
                "file: /u",
                "! it stops when you log out",
            ],
        ),
        (
            Condition("launchd", "/a", installed=True, state="waiting", last_exit=1),
            ["service: waiting", "last exit code: 1", "file: /a"],
        ),
    ],
)
def test_a_condition_is_told_in_a_few_lines(found: Condition, lines: list[str]) -> None:
    assert told(found) == lines
