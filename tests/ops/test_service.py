import asyncio
import plistlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from openclaw.ops.service import Installation, bundled_plist, bundled_unit, render_plist, render_unit
from tests.fake.daemon import CHECKOUT, clean_environment, free_ports

MINE = Installation(
    ("/opt/my tools/openclaw", "serve"), Path("/home/ana"), {"OPENCLAW_STATE_DIR": "/srv/50% claw"}
)


def settings_of(unit: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))


def test_the_unit_restarts_for_ever_except_where_a_person_must_act() -> None:
    unit = settings_of(bundled_unit())
    assert (unit["Type"], unit["Restart"], unit["StartLimitIntervalSec"]) == ("notify", "always", "0")
    assert unit["RestartPreventExitStatus"] == "75 78"
    assert (unit["TimeoutStopSec"], unit["KillMode"]) == ("45", "mixed")
    assert "WatchdogSec" in unit


def test_the_unit_leaves_the_sandbox_its_namespaces() -> None:
    unit = settings_of(bundled_unit())
    forbidden = {
        "RestrictNamespaces",
        "PrivateUsers",
        "PrivateTmp",
        "ProtectSystem",
        "ProtectProc",
        "ProtectHome",
    }
    assert not forbidden & unit.keys()
    assert "AF_NETLINK" in unit["RestrictAddressFamilies"]


def test_a_rendered_unit_starts_this_program() -> None:
    unit = render_unit(bundled_unit(), MINE)
    assert 'ExecStart="/opt/my tools/openclaw" serve' in unit
    assert 'Environment="OPENCLAW_STATE_DIR=/srv/50%% claw"' in unit
    assert unit.count("ExecStart=") == 1


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "openclaw.service"
    unit.write_text(render_unit(bundled_unit(), Installation((sys.executable, "serve"), tmp_path)))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(unit)],
        env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    # Before 254 systemd does not know the growing delay and says so.
    complaints = [line for line in verified.stderr.splitlines() if "Restart" not in line]
    assert (verified.returncode, complaints) == (0, [])


def test_the_agent_is_kept_alive_and_given_time_to_drain() -> None:
    agent = plistlib.loads(bundled_plist())
    assert agent["Label"] == "ai.openclaw.gateway"
    assert agent["KeepAlive"] is True
    assert agent["RunAtLoad"] is True
    assert agent["ExitTimeOut"] == 45
    assert agent["ProcessType"] == "Interactive"
    assert agent["Umask"] == 0o077


def test_a_rendered_agent_starts_this_program_and_has_no_marks_left() -> None:
    rendered = render_plist(bundled_plist(), MINE)
    agent = plistlib.loads(rendered)
    assert agent["ProgramArguments"] == ["/opt/my tools/openclaw", "serve"]
    assert agent["EnvironmentVariables"]["OPENCLAW_STATE_DIR"] == "/srv/50% claw"
    assert agent["StandardOutPath"] == "/home/ana/Library/Logs/openclaw.log"
    assert b"__HOME__" not in rendered


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[tuple[str, "asyncio.Queue[str]"]]:
    """The service manager's end of NOTIFY_SOCKET."""
    path, told = str(tmp_path / "notify"), asyncio.Queue[str]()

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            told.put_nowait(data.decode())

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.setblocking(False)
    listener.bind(path)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Listener, sock=listener)
    yield path, told
    transport.close()


async def heard(told: "asyncio.Queue[str]", message: str) -> None:
    with anyio.fail_after(20):
        while message not in (await told.get()).splitlines():
            pass


def installed(home: Path) -> None:
    """The program where the unit looks for it."""
    program = home / ".local" / "bin" / "openclaw"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m openclaw "$@"\n')
    program.chmod(0o755)


@pytest.fixture
def unit() -> dict[str, str]:
    return settings_of(bundled_unit())


async def test_the_units_own_command_starts_a_daemon_that_says_how_it_goes(
    tmp_path: Path, unit: dict[str, str], manager: tuple[str, "asyncio.Queue[str]"]
) -> None:
    notify_socket, told = manager
    home = tmp_path / "home"
    installed(home)
    port, webhook_port = free_ports(2)
    environment = clean_environment(
        home,
        OPENCLAW_GATEWAY_PORT=str(port),
        OPENCLAW__WEBHOOKS__PORT=str(webhook_port),
        NOTIFY_SOCKET=notify_socket,
        WATCHDOG_USEC="400000",
    )
    command = unit["ExecStart"].replace("%h", str(home))

    process = await asyncio.create_subprocess_exec(
        *shlex.split(command), env=environment, cwd=CHECKOUT, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await heard(told, "READY=1")
        await heard(told, "WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        await heard(told, "STOPPING=1")
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
