"""Linux: a command in namespaces of its own, with the workspace as the only thing it can write."""

import logging
import os
import re
import select
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec import tree
from openclaw.agent.tools.exec.sandbox import cgroups
from openclaw.agent.tools.exec.sandbox.base import Launch, Limits, Order
from openclaw.agent.tools.exec.sandbox.cgroups import Groups, Hierarchy
from openclaw.agent.tools.exec.sandbox.protection import REPLACED, Hold, Protection

logger = logging.getLogger(__name__)

ROOT = "/work"
HOME = "/home/agent"
SCRATCH, SHARED_MEMORY = "/tmp", "/dev/shm"  # noqa: S108 - folders of the sandbox's own
PATH = "/usr/local/bin:/usr/bin:/bin"
HOST_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}

SELF_COVERED = ("sys", "fs", "driver", "acpi", "asound", "pressure", "scsi", "tty")
"""Folders of /proc that stay readable and become read-only.

The kernel's own settings are writable for whoever is user 0 outside, whatever the namespace and the capabilities.
"""
HIDDEN = (
    "kcore", "kmsg", "kallsyms", "keys", "key-users", "kpagecount", "kpageflags", "kpagecgroup", "latency_stats",
    "mtrr", "pagetypeinfo", "sched_debug", "slabinfo", "sysrq-trigger", "timer_list", "vmallocinfo",
)  # fmt: skip
LIBRARIES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
NAMESPACES = (
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
    "--uid", "65534", "--gid", "65534", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
    "--hostname", "sandbox",
)  # fmt: skip
READABLE = ("/etc/ssl/certs", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")

DEATH_SECONDS = 5.0
TOO_MANY = "it started more than {most} processes"
TOO_MUCH = "its processes together took more than {most} MiB of memory"


@dataclass(frozen=True, slots=True)
class Machine:
    """What the probe found here."""

    bwrap: str
    prlimit: str
    links: tuple[str, ...]
    """The options for /bin, /lib and so on: links into /usr, or folders of their own."""
    proc: frozenset[str]
    """What there is in /proc."""
    filter: bytes
    refuses_namespaces: bool = True
    """This bwrap knows `--disable-userns`; the filter refuses new namespaces in any case."""
    hierarchies: tuple[Hierarchy, ...] = ()
    is_root: bool = False


def libraries(root: Path = Path("/")) -> tuple[str, ...]:
    """How /bin and its like look inside. Blocks."""
    options: list[str] = []
    for name in LIBRARIES:
        path = root / name
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), f"/{name}"]
        elif path.is_dir():
            options += ["--ro-bind", str(path), f"/{name}"]
    return tuple(options)


@dataclass(slots=True)
class Cell:
    launch: Launch
    limits: Limits
    hold: Hold
    protection: Protection
    groups: Groups | None
    _info: int
    """Where bwrap writes who the first process inside is."""
    _passed: list[int] = field(default_factory=list)

    def started(self) -> None:
        for descriptor in self._passed:
            os.close(descriptor)
        self._passed.clear()

    def trouble(self, pid: int) -> str:
        if name := self.hold.replaced():
            return REPLACED.format(name=name)
        if self.groups is not None:
            return ""
        most = self.limits.processes + cgroups.OWN_PROCESSES
        weight = tree.weight(pid, most)
        if weight.processes > most:
            return TOO_MANY.format(most=self.limits.processes)
        if weight.bytes > self.limits.memory_bytes:
            return TOO_MUCH.format(most=self.limits.memory_bytes >> 20)
        return ""

    def close(self) -> None:
        self.started()
        # What is bound read-only may be taken away only from the dead.
        _see_dead(self._info)
        os.close(self._info)
        self.protection.release(self.hold)
        if self.groups is not None:
            self.groups.close()


class Bubblewrap:
    name = "bubblewrap"
    root = ROOT

    def __init__(self, machine: Machine, readable: Sequence[Path] = ()) -> None:
        """`readable`: shown inside under their own names, to be read."""
        self._machine = machine
        self._readable = tuple(readable)
        self._protection = Protection()

    def prepare(self, order: Order) -> Cell:
        workspace = _own_folder(order)
        try:
            hold = self._protection.hold(workspace)
        except OSError as error:
            raise ToolError(f"the workspace cannot be made ready: {error.strerror}") from error
        descriptors: list[int] = []
        groups: Groups | None = None
        try:
            owner = _owner(workspace) if self._machine.is_root else None
            if self._machine.hierarchies and owner is None:
                groups = cgroups.make(self._machine.hierarchies, order.limits)
            described = options(self._machine, order, hold, self._readable)
            descriptors.append(_memory_file("options", b"".join(f"{each}\0".encode() for each in described)))
            descriptors.append(_memory_file("filter", self._machine.filter))
            descriptors.append(_memory_file("info", b""))
            launch = Launch(
                _argv(self._machine, order, descriptors, groups),
                HOST_ENVIRONMENT,
                None,
                tuple(descriptors),
                owner,
            )
        except OSError as error:
            self._give_back(hold, groups, descriptors)
            raise ToolError(f"the sandbox cannot be made ready: {error.strerror}") from error
        except BaseException:
            self._give_back(hold, groups, descriptors)
            raise
        *passed, info = descriptors
        return Cell(launch, order.limits, hold, self._protection, groups, info, passed)

    def _give_back(self, hold: Hold, groups: Groups | None, descriptors: Sequence[int]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)
        if groups is not None:
            groups.close()
        self._protection.release(hold)


def options(machine: Machine, order: Order, hold: Hold, readable: Sequence[Path] = ()) -> tuple[str, ...]:
    """What bwrap reads from a file of ours: on its command line they would be there to be read inside."""
    return (
        *NAMESPACES,
        *(["--disable-userns"] if machine.refuses_namespaces else []),
        *_file_systems(machine, order.limits, readable),
        *_workspace(order, hold),
        *("--remount-ro", "/", "--remount-ro", "/dev"),
        "--chdir",
        f"{ROOT}/{order.folder}".rstrip("/"),
        "--clearenv",
        *_environment(order),
    )


def _file_systems(machine: Machine, limits: Limits, readable: Sequence[Path]) -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr", *machine.links)
    for path in READABLE:
        yield from ("--ro-bind-try", path, path)
    yield from ("--proc", "/proc")
    for name in SELF_COVERED:
        if name in machine.proc:
            yield from ("--ro-bind", f"/proc/{name}", f"/proc/{name}")
    for name in HIDDEN:
        if name in machine.proc:
            yield from ("--ro-bind", "/dev/null", f"/proc/{name}")
    yield from ("--dev", "/dev")
    for path, size in (
        (SCRATCH, limits.scratch_bytes),
        ("/run", 1 << 20),
        (SHARED_MEMORY, limits.scratch_bytes),
    ):
        yield from ("--size", str(size), "--tmpfs", path)
    yield from ("--dir", HOME)
    for folder in readable:
        yield from ("--ro-bind-try", str(folder), str(folder))


def _workspace(order: Order, hold: Hold) -> Iterator[str]:
    yield from ("--bind", str(hold.workspace), ROOT)
    for name in hold.names:
        yield from ("--ro-bind", str(hold.workspace / name), f"{ROOT}/{name}")


def _environment(order: Order) -> Iterator[str]:
    own = {"PATH": PATH, "HOME": HOME, "LANG": "C.UTF-8", "TMPDIR": SCRATCH}
    for name, value in (own | dict(order.env)).items():
        yield from ("--setenv", name, value)


def _argv(
    machine: Machine, order: Order, descriptors: Sequence[int], groups: Groups | None
) -> tuple[str, ...]:
    limits, (described, filtered, info) = order.limits, map(str, descriptors)
    return (
        *_into(groups),
        *(machine.bwrap, "--args", described, "--seccomp", filtered, "--info-fd", info, "--"),
        # Inside, where the user namespace counts its own processes, and not all that its user has elsewhere.
        machine.prlimit,
        f"--nproc={limits.processes}",
        f"--nofile={limits.open_files}",
        f"--fsize={limits.file_bytes}",
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 5}",
        "--core=0",
        f"--as={limits.memory_bytes}",
        "--",
        *order.argv,
    )


def _into(groups: Groups | None) -> tuple[str, ...]:
    """Whatever is started from there is in the groups from its first instruction on."""
    if groups is None:
        return ()
    steps = "".join('echo 0 >"$1" || exit 125; shift; ' for _ in groups.doors)
    # A shell tells its children where it is, which is nothing that anybody inside has to know.
    return ("/bin/sh", "-c", f'{steps}unset PWD; exec "$@"', "sh", *groups.doors)


def _memory_file(name: str, content: bytes) -> int:
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _see_dead(info: int) -> None:
    """Returns when nothing lives inside any more: all go before the first process is gone."""
    found = re.search(rb'"child-pid": *(\d+)', os.pread(info, 4096, 0))
    if found is None:
        return
    try:
        first = os.pidfd_open(int(found[1]))
    except ProcessLookupError:
        return
    try:
        waiting = select.poll()
        waiting.register(first, select.POLLIN)
        if not waiting.poll(DEATH_SECONDS * 1000):
            logger.error("a process in the sandbox does not end: %s", found[1].decode())
    finally:
        os.close(first)


def _own_folder(order: Order) -> Path:
    """The workspace by its real name. Raises ToolError."""
    try:
        order.workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
        workspace = order.workspace.resolve(strict=True)
        inside = stat.S_ISDIR((workspace / order.folder).stat().st_mode)
    except OSError as error:
        raise ToolError(f"{order.folder or 'the workspace'} cannot be entered: {error.strerror}") from error
    if not inside:
        raise ToolError(f"{order.folder} is no folder")
    return workspace


def _owner(workspace: Path) -> tuple[int, int] | None:
    """Inside, one user is known, and to all others' files not even root has a key."""
    found = workspace.stat()
    return (found.st_uid, found.st_gid) if found.st_uid != os.getuid() else None
