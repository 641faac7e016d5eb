import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw.agent.tools.exec import tree

pytestmark = pytest.mark.skipif(
    not tree.PROC.joinpath("self").exists(), reason="only Linux tells of its processes"
)

FAMILY = "sleep 99.5 & (setsid sleep 99.5 & sleep 99.5) & echo up; wait"


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["bash", "-c", FAMILY], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(tree.descendants(process.pid)) < 4:
            pass
        yield process
        tree.kill(process.pid)


def test_everyone_below_is_found_also_in_sessions_of_their_own(parent: subprocess.Popen[bytes]) -> None:
    found = tree.descendants(parent.pid)
    assert len(found) == 4
    assert len(tree.descendants(parent.pid, most=2)) == 2
    weight = tree.weight(parent.pid, most=50)
    assert weight.processes == 5
    assert 100_000 < weight.bytes < 500_000_000


def test_a_kill_reaches_everyone(parent: subprocess.Popen[bytes]) -> None:
    everyone = tree.descendants(parent.pid)
    tree.kill(parent.pid)
    assert parent.wait(5) == -signal.SIGKILL
    for pid in everyone:
        state = _state(pid)
        assert state in {"Z", "X", ""}, f"{pid} is {state}"


def _state(pid: int) -> str:
    """Waits for the end of a process that is not ours to wait for."""
    for _ in range(2000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return ""
        if state in {"Z", "X"}:
            return state
    return state


def test_who_is_gone_weighs_nothing_and_needs_no_killing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert tree.descendants(process.pid) == []
    assert tree.weight(process.pid, 5).bytes == 0
    tree.kill(process.pid)
    tree.interrupt(process.pid, signal.SIGINT)


def test_an_interrupt_goes_to_the_command() -> None:
    with subprocess.Popen(["sleep", "99.75"], start_new_session=True) as process:
        tree.interrupt(process.pid, signal.SIGINT)
        assert process.wait(5) == -signal.SIGINT
