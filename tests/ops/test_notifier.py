import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw.ops.notifier import Notifier, watchdog_seconds


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """What NOTIFY_SOCKET says, and the service manager's end of it."""
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("only Linux has abstract sockets")
    name = f"@openclaw-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        listener.settimeout(5)
        yield name, listener


async def test_the_service_manager_hears_how_it_goes(manager: tuple[str, socket.socket]) -> None:
    name, listener = manager
    notifier = Notifier.of({"NOTIFY_SOCKET": name})
    notifier.ready("2 channels\nand a model")
    notifier.alive()
    notifier.status("drained")
    notifier.stopping()

    assert [listener.recv(500).decode() for _ in range(4)] == [
        "READY=1\nSTATUS=2 channels and a model",
        "WATCHDOG=1",
        "STATUS=drained",
        "STOPPING=1\nSTATUS=stopping",
    ]


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}])
def test_without_a_service_manager_nothing_is_said(environ: dict[str, str]) -> None:
    notifier = Notifier.of(environ)
    assert not notifier.listening
    notifier.ready("up")


def test_a_service_manager_that_is_gone_is_logged_and_hurts_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Notifier(str(tmp_path / "gone")).ready("up")
    assert "was not told READY=1" in caplog.text


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "42"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "43"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdogs_interval_counts_for_the_process_it_is_meant_for(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert watchdog_seconds(environ, pid=42) == seconds
