import plistlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from openclaw.ops.supervisor.install import planned
from openclaw.ops.supervisor.plan import command_in
from tests.ops.supervisor.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_users_unit_starts_this_program_with_peoples_own_programs_in_reach(place: Place) -> None:
    made = planned(place.around(environment={"OPENCLAW_STATE_DIR": "/srv/claw"}))
    lines = made.content.decode().splitlines()
    assert made.file == place.unit
    assert f"ExecStart={place.program} serve" in lines
    assert "Environment=OPENCLAW_STATE_DIR=/srv/claw" in lines
    assert f"Environment=PATH={place.program.parent}:/usr/local/sbin" in made.content.decode()
    assert made.start() == (
        ("systemctl", "--user", "daemon-reload"),
        ("systemctl", "--user", "enable", "openclaw.service"),
        ("systemctl", "--user", "restart", "openclaw.service"),
    )


def test_a_service_of_the_machine_runs_as_a_person_and_starts_with_the_machine(place: Place) -> None:
    made = planned(place.around(), system=True, user="bert")
    lines = made.content.decode().splitlines()
    assert made.file == Path("/etc/systemd/system/openclaw.service")
    assert "User=bert" in lines
    assert "WantedBy=multi-user.target" in lines
    assert "by hand" not in made.content.decode()
    assert made.start()[1] == ("systemctl", "enable", "openclaw.service")
    assert made.logs(5, follow=False)[:3] == ("journalctl", "-u", "openclaw.service")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("system", [False, True])
def test_systemd_takes_what_is_written(place: Place, tmp_path: Path, system: bool) -> None:
    made = planned(
        place.around(environment={"OPENCLAW_STATE_DIR": "/srv/50% claw"}), system=system, user="root"
    )
    unit = tmp_path / "openclaw.service"
    unit.write_bytes(made.content)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--system" if system else "--user", str(unit)],
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    # Before 254 systemd does not know the growing delay and says so.
    complaints = [
        line for line in verified.stderr.splitlines() if unit.name in line and "Restart" not in line
    ]
    assert (verified.returncode, complaints) == (0, [])


def test_an_agent_of_launchd_has_the_label_and_the_program(place: Place) -> None:
    made = planned(place.around("launchd"))
    agent = plistlib.loads(made.content)
    assert made.file == place.agent
    assert (agent["Label"], made.target) == ("ai.openclaw.gateway", "gui/1000/ai.openclaw.gateway")
    assert agent["ProgramArguments"] == [str(place.program), "serve"]
    assert "/opt/homebrew/bin" in agent["EnvironmentVariables"]["PATH"]
    assert made.restart() == ("launchctl", "kickstart", "-k", made.target)
    assert made.logs(9, follow=True) == (
        "tail",
        "-n",
        "9",
        "-F",
        str(place.home / "Library/Logs/openclaw.log"),
    )


def test_a_daemon_of_launchd_runs_as_a_person(place: Place) -> None:
    made = planned(place.around("launchd"), system=True, user="bert")
    assert made.file == Path("/Library/LaunchDaemons/ai.openclaw.gateway.plist")
    assert (plistlib.loads(made.content)["UserName"], made.domain) == ("bert", "system")


@pytest.mark.parametrize("manager", ["systemd", "launchd"])
@pytest.mark.parametrize("program", ["/opt/my tools/open$claw", "/opt/50%/openclaw", '/opt/b"q\\/openclaw'])
def test_what_a_file_starts_is_read_as_it_was_written(place: Place, manager: str, program: str) -> None:
    made = planned(replace(place.around(manager), program=(program,)))
    assert command_in(made.content, made.manager) == (program, "serve")


@pytest.mark.parametrize("file", [b"", b"\xff", b"[Service]\nExecStart='\n", b"ExecStart=/a\nExecStart=/b\n"])
def test_a_file_that_cannot_be_read_starts_nothing(file: bytes) -> None:
    assert command_in(file, "systemd") == ()
    assert command_in(file, "launchd") == ()
