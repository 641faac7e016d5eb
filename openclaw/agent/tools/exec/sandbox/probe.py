"""Which sandbox works on this machine: tried out, not guessed."""

import logging
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.sandbox import cgroups, seccomp
from openclaw.agent.tools.exec.sandbox.base import Order, Sandbox, Unavailable
from openclaw.agent.tools.exec.sandbox.bubblewrap import Bubblewrap, Machine, libraries
from openclaw.agent.tools.exec.sandbox.seatbelt import PROGRAM, Seatbelt

logger = logging.getLogger(__name__)

PLACES = ("/usr/bin", "/bin", "/usr/local/bin")
OLDEST = (0, 6)
DISABLES_USERNS = (0, 8)
SECONDS = 10.0
NO_BUBBLEWRAP = (
    "bubblewrap is not installed: `apt install bubblewrap` (Debian, Ubuntu), `dnf install bubblewrap` (Fedora), "
    "`apk add bubblewrap` (Alpine), then restart"
)
APPARMOR = (
    "this kernel lets no ordinary user make namespaces. Ubuntu since 24.04 wants an AppArmor profile for bwrap: "
    "write `abi <abi/4.0>, include <tunables/global> profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }` "
    "to /etc/apparmor.d/bwrap and run `systemctl reload apparmor`. In a container, allow user namespaces there"
)
CHECK = """
cd /work && echo mine > probe && echo written
cat /proc/self/status
echo interfaces $(tail -n +3 /proc/net/dev | wc -l)
[ -e /etc/shadow ] || [ -e /root ] || echo hidden
[ -w /proc/sys/kernel/core_pattern ] || [ -w AGENTS.md ] || echo sealed
"""
EXPECTED = (
    "written", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "interfaces 1", "hidden", "sealed",
)  # fmt: skip
"""All of it must be in what the check says."""


def probe(readable: Sequence[Path] = ()) -> Sandbox | Unavailable:
    """Blocks for some milliseconds; call it off the loop. `readable`: folders that commands may read as well."""
    if sys.platform == "darwin":
        if not Path(PROGRAM).exists():
            return Unavailable(f"{PROGRAM} is missing")
        return _tried(Seatbelt(tuple(readable)), "echo written", ("written",))
    if sys.platform != "linux":
        return Unavailable(f"there is no sandbox for {sys.platform}")
    return _bubblewrap(tuple(readable))


def _bubblewrap(readable: tuple[Path, ...]) -> Sandbox | Unavailable:
    bwrap, prlimit, architecture = _program("bwrap"), _program("prlimit"), os.uname().machine
    if bwrap is None:
        return Unavailable(NO_BUBBLEWRAP)
    if prlimit is None:
        return Unavailable("prlimit is missing; it belongs to util-linux")
    if architecture not in seccomp.MACHINES:
        return Unavailable(f"the system calls of {architecture} are not known here, so none could be refused")
    version = _version(bwrap)
    if version < OLDEST:
        return Unavailable(f"{bwrap} is too old: it must be {'.'.join(map(str, OLDEST))} or newer")
    found = cgroups.hierarchies(_membership()) if os.getuid() == 0 else ()
    cgroups.sweep(found)
    machine = Machine(
        bwrap,
        prlimit,
        libraries(),
        frozenset(path.name for path in Path("/proc").iterdir()),
        seccomp.program(seccomp.MACHINES[architecture]),
        version >= DISABLES_USERNS,
        found,
        os.getuid() == 0,
    )
    return _tried(Bubblewrap(machine, readable), CHECK, EXPECTED)


def _tried(sandbox: Sandbox, script: str, expected: Sequence[str]) -> Sandbox | Unavailable:
    with tempfile.TemporaryDirectory(prefix="openclaw-probe-") as folder:
        try:
            said, problem = _said(sandbox, Order(("/bin/sh", "-c", script), Path(folder)))
        except (OSError, ToolError, subprocess.TimeoutExpired) as error:
            return Unavailable(f"{sandbox.name} cannot be started: {error}")
    missing = [each for each in expected if each not in said]
    if not missing:
        return sandbox
    if re.search(
        r"setting up uid map|RTM_NEWADDR|namespace|Operation not permitted|Permission denied", problem
    ):
        return Unavailable(f"{sandbox.name} failed ({problem}): {APPARMOR}")
    return Unavailable(f"{sandbox.name} does not keep commands in as it should: {problem or missing[0]!r}")


def _said(sandbox: Sandbox, order: Order) -> tuple[str, str]:
    cell = sandbox.prepare(order)
    try:
        done = subprocess.run(  # noqa: S603 - argv is our own
            cell.launch.argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=dict(cell.launch.env),
            cwd=cell.launch.cwd,
            pass_fds=cell.launch.descriptors,
            start_new_session=True,
            timeout=SECONDS,
            check=False,
        )
    finally:
        cell.close()
    problem = done.stderr.decode(errors="replace").strip().splitlines()
    return done.stdout.decode(errors="replace"), problem[0] if problem else ""


def _program(name: str) -> str | None:
    """Only where root alone puts programs: never by PATH."""
    for place in PLACES:
        path = Path(place, name)
        with suppress(OSError):
            found = path.stat()
            if stat.S_ISREG(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022:
                return str(path)
    return None


def _version(bwrap: str) -> tuple[int, ...]:
    try:
        done = subprocess.run([bwrap, "--version"], capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(rb"(\d+)\.(\d+)", done.stdout)
    return tuple(map(int, found.groups())) if found else (0,)


def _membership() -> str:
    try:
        return Path("/proc/self/cgroup").read_text()
    except OSError:
        return ""
