"""The table of what a command may and may not, row by row, and a corpus of ways around it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.sandbox.base import MEBIBYTE, Limits, Order
from openclaw.agent.tools.exec.sandbox.bubblewrap import Bubblewrap, Machine, libraries, options
from openclaw.agent.tools.exec.sandbox.protection import FILES, Protection
from tests.agent.tools.exec.workshop import running, shell

ROOT = os.getuid() == 0


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/etc/passwd", "/root", "/home/ana", "/var", "/sys", "/srv", "/opt"]
)
def test_the_rest_of_the_machine_is_not_there(bubblewrap: Bubblewrap, workspace: Path, path: str) -> None:
    assert shell(bubblewrap, f"ls -d {path}", workspace).code != 0


@pytest.mark.parametrize(
    "path", ["/usr/x", "/x", "/home/agent/x", "/dev/x", "/etc/x", "/usr/bin/ls", "/proc/sys/x"]
)
def test_only_the_workspace_and_scratch_folders_can_be_written(
    bubblewrap: Bubblewrap, workspace: Path, path: str
) -> None:
    done = shell(bubblewrap, f"echo x > {path}", workspace)
    assert done.code != 0
    assert not Path(path).exists() or path == "/usr/bin/ls"


def test_the_workspace_can_be_written(bubblewrap: Bubblewrap, workspace: Path) -> None:
    assert (
        shell(bubblewrap, "pwd; echo mine > a; mkdir b; echo x > /tmp/x; cat /tmp/x", workspace).said
        == "/work\nx\n"
    )
    assert (workspace / "a").read_text() == "mine\n"
    assert (workspace / "b").is_dir()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def accepted(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_the_machines_own_ports_are_not_reached(
    bubblewrap: Bubblewrap, workspace: Path, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    done = shell(bubblewrap, f"echo hello > /dev/tcp/127.0.0.1/{port}; tail -n +3 /proc/net/dev", workspace)
    assert "refused" in done.said
    assert [line.split(":")[0].strip() for line in done.said.splitlines() if ":" in line][-1] == "lo"
    assert not accepted(listener)


def test_an_abstract_socket_is_not_reached_and_one_in_the_workspace_is(
    bubblewrap: Bubblewrap, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace)  # the path of a socket has little room
    with socket.socket(socket.AF_UNIX) as hidden, socket.socket(socket.AF_UNIX) as shown:
        hidden.bind("\0openclaw-test-socket")
        shown.bind("door")
        hidden.listen()
        shown.listen()
        script = """
import socket
for name in ("\\0openclaw-test-socket", "/work/door"):
    try:
        socket.socket(socket.AF_UNIX).connect(name)
        print("reached")
    except OSError as error:
        print(error.strerror)
"""
        done = shell(bubblewrap, f"python3 - <<'E'{script}E", workspace)
    assert done.said.splitlines() == ["Connection refused", "reached"]


def test_processes_of_the_machine_are_neither_seen_nor_reached(
    bubblewrap: Bubblewrap, workspace: Path
) -> None:
    with subprocess.Popen(["sleep", "300.25"]) as outside:
        done = shell(
            bubblewrap, f"grep -l 300.25 /proc/[0-9]*/cmdline; kill -9 {outside.pid} -1; echo", workspace
        )
        assert "300.25" not in done.said.replace("/proc/", "")
        assert outside.poll() is None
        outside.kill()


def test_nothing_of_our_environment_and_no_path_of_ours_is_inside(
    bubblewrap: Bubblewrap, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-invented")
    done = shell(bubblewrap, "env; cat /proc/1/environ /proc/1/cmdline | tr '\\0' '\\n'", workspace)
    assert "sk-invented" not in done.said
    assert str(workspace) not in done.said
    assert str(Path.cwd()) not in done.said
    assert {line.partition("=")[0] for line in done.said.splitlines() if "=" in line and line[0].isupper()} <= {
        "PATH", "HOME", "LANG", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"
    }  # fmt: skip


def test_no_descriptor_is_inherited(bubblewrap: Bubblewrap, workspace: Path) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    try:
        done = shell(bubblewrap, "exec ls /proc/self/fd", workspace)
    finally:
        os.close(reading)
        os.close(writing)
    # The fourth is that of the folder which is being listed.
    assert done.said.split() == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "attempt",
    [
        "unshare -Ur true", "unshare -m true", "nsenter -t 1 -m true", "mount -t tmpfs none /tmp",
        "umount /work/AGENTS.md", "umount -l /proc/sys", "mknod /tmp/disk b 8 0", "dmesg", "chroot / true",
        "hostname other", "date -s 2000-01-01",
        "swapoff -a", "renice -n -5 1", "chown 0:0 /tmp",
    ],
)  # fmt: skip
def test_privileged_calls_are_refused(bubblewrap: Bubblewrap, workspace: Path, attempt: str) -> None:
    assert shell(bubblewrap, attempt, workspace).code != 0


CALLS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
for name, arguments in {
    "ptrace": (0, 0, 0, 0), "unshare": (0x10000000,), "keyctl": None, "mount": (b"a", b"/tmp", b"tmpfs", 0, 0),
    "setns": (0, 0), "process_vm_readv": (1, 0, 0, 0, 0, 0),
}.items():
    if arguments is None:
        continue
    done = getattr(libc, name)(*arguments)
    print(name, done, errno.errorcode.get(ctypes.get_errno()))
"""


def test_the_filter_stands_before_the_kernel(bubblewrap: Bubblewrap, workspace: Path) -> None:
    done = shell(bubblewrap, f"python3 - <<'E'{CALLS}E", workspace)
    assert len(done.said.splitlines()) == 5
    assert {line.partition(" ")[2] for line in done.said.splitlines()} == {"-1 EPERM"}
    status = shell(bubblewrap, "cat /proc/self/status", workspace).said
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status


def test_the_kernels_settings_are_sealed_for_roots_own_commands_too(
    bubblewrap: Bubblewrap, workspace: Path
) -> None:
    script = "find /proc -writable -type f -not -path '/proc/[0-9]*' -not -path '*self/*' 2>/dev/null"
    done = shell(bubblewrap, f"{script} | while read f; do (: > $f) 2>/dev/null && echo $f; done", workspace)
    assert done.said == ""
    value = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    done = shell(
        bubblewrap, f"cd /proc/sys/kernel && cat core_pattern && echo '{value}' > core_pattern", workspace
    )
    assert done.code != 0
    assert done.said.splitlines()[0] == value


FORKS = """
import os, signal
n = 0
try:
    while n < 500:
        if os.fork() == 0:
            signal.pause()
        n += 1
except OSError:
    pass
print(n)
"""


def test_the_number_of_processes_is_bounded(bubblewrap: Bubblewrap, workspace: Path) -> None:
    done = shell(bubblewrap, f"python3 - <<'E'{FORKS}E", workspace)
    assert 20 <= int(done.said) <= 32


@pytest.mark.skipif(not ROOT, reason="only root can give a workspace to somebody else")
def test_a_workspace_of_another_user_is_run_in_as_that_user(bubblewrap: Bubblewrap) -> None:
    folder = Path("/tmp") / f"openclaw-test-{os.getpid()}"  # where that user may pass
    folder.mkdir(mode=0o700)
    try:
        os.chown(folder, 12345, 12345)
        done = shell(bubblewrap, f"echo x > mine; python3 - <<'E'{FORKS}E", folder)
        assert 20 <= int(done.said) <= 32
        assert (folder / "mine").stat().st_uid == 12345
    finally:
        shutil.rmtree(folder)


def test_memory_is_bounded(bubblewrap: Bubblewrap, workspace: Path) -> None:
    assert "MemoryError" in shell(bubblewrap, "python3 -c 'bytearray(3 << 30)'", workspace).said


def test_processor_time_is_bounded(bubblewrap: Bubblewrap, workspace: Path) -> None:
    done = shell(bubblewrap, "while :; do :; done", workspace, Limits(cpu_seconds=1))
    assert done.code == 128 + 24


def test_files_and_scratch_folders_are_bounded(bubblewrap: Bubblewrap, workspace: Path) -> None:
    limits = Limits(file_bytes=MEBIBYTE, scratch_bytes=2 * MEBIBYTE)
    script = (
        "head -c 20M /dev/zero > big; for n in 1 2 3 4 5; do head -c 900K /dev/zero > /tmp/$n; done;"
        "for n in 1 2 3 4 5; do head -c 900K /dev/zero > /dev/shm/$n; done; du -sk /tmp /dev/shm; ulimit -c"
    )
    done = shell(bubblewrap, script, workspace, limits)
    assert (workspace / "big").stat().st_size == MEBIBYTE
    assert done.said.count("No space left") >= 4
    sizes = [int(line.split()[0]) for line in done.said.splitlines() if line.endswith(("/tmp", "/dev/shm"))]
    assert len(sizes) == 2
    assert max(sizes) <= 2048
    assert done.said.splitlines()[-1] == "0"


def test_whoever_left_the_session_is_gone_when_the_command_ends(
    bubblewrap: Bubblewrap, workspace: Path
) -> None:
    script = (
        "trap '' TERM HUP; setsid -f sleep 4711.5 >/dev/null 2>&1 </dev/null; nohup sleep 4711.5 >/dev/null 2>&1 &"
        "(setsid sleep 4711.5 >/dev/null 2>&1 &) ; sleep 0.1; grep -l 4711.5 /proc/[0-9]*/cmdline | wc -l"
    )
    done = shell(bubblewrap, script, workspace)
    assert int(done.said.split()[-1]) >= 3
    assert running("4711.5") == []


def test_tools_of_the_trade_work(bubblewrap: Bubblewrap, workspace: Path) -> None:
    script = (
        "python3 -c 'import threading as t; x = t.Thread(target=print, args=(1,)); x.start(); x.join()' && "
        "git init -q repo && cd repo && echo x > f && git add f && "
        "git -c user.name=a -c user.email=a@example.org commit -qm x && git log --oneline | wc -l && "
        "echo a | sed s/a/b/"
    )
    assert shell(bubblewrap, script, workspace).said.split() == ["1", "1", "b"]


# -- instructions -----------------------------------------------------------------------------------------------


def test_instructions_can_be_read_and_not_written(bubblewrap: Bubblewrap, workspace: Path) -> None:
    tries = " ".join(
        f"(echo x > {name}) ;"
        for name in (*FILES, "memory/x", "skills/x", ".agents/x", "memory/2026-02-27.md")
    )
    done = shell(bubblewrap, f"cat AGENTS.md; {tries} ls", workspace)
    assert done.said.startswith("Be kind.")
    assert done.said.count("Read-only file system") == 12
    assert sorted(path.name for path in workspace.iterdir()) == ["AGENTS.md", "MEMORY.md", "memory", "skills"]
    assert (workspace / "AGENTS.md").read_text() == "Be kind.\n"


def test_a_command_ends_when_an_instruction_file_is_replaced_under_it(
    bubblewrap: Bubblewrap, workspace: Path
) -> None:
    cell = bubblewrap.prepare(Order(("true",), workspace))
    assert cell.trouble(os.getpid()) == ""
    (workspace / "new").write_text("- likes coffee\n")
    (workspace / "new").replace(workspace / "MEMORY.md")
    assert cell.trouble(os.getpid()).startswith("MEMORY.md of the workspace was replaced")
    cell.close()


# -- what it is told --------------------------------------------------------------------------------------------


def machine(bubblewrap: Bubblewrap, **changed: object) -> Bubblewrap:
    return Bubblewrap(replace(bubblewrap._machine, **changed))  # type: ignore[arg-type]


def test_without_groups_whatever_grows_too_much_is_noticed(bubblewrap: Bubblewrap, workspace: Path) -> None:
    alone = machine(bubblewrap, hierarchies=())
    order = Order(("/bin/bash", "-c", "for n in 1 2 3 4 5 6 7 8; do sleep 60 & done; echo; wait"), workspace)
    for limits, told in (
        (Limits(), ""),
        (Limits(processes=3), "it started more than 3 processes"),
        (Limits(memory_bytes=MEBIBYTE), "its processes together took more than 1 MiB of memory"),
    ):
        cell = alone.prepare(order)
        process = subprocess.Popen(
            cell.launch.argv, stdout=subprocess.PIPE, pass_fds=cell.launch.descriptors, start_new_session=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        judged = replace(cell, limits=limits).trouble(process.pid)
        process.kill()
        process.communicate()
        cell.close()
        assert judged == told


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    ("folder", "problem"), [("missing", "cannot be entered"), ("AGENTS.md", "is no folder")]
)
def test_a_folder_that_is_none_is_told_and_nothing_is_left_behind(
    bubblewrap: Bubblewrap, workspace: Path, folder: str, problem: str
) -> None:
    before = sorted(workspace.iterdir()), descriptors()
    with pytest.raises(ToolError, match=problem):
        bubblewrap.prepare(Order(("true",), workspace, folder))
    (workspace / "HEARTBEAT.md").symlink_to("/etc/hostname")
    with pytest.raises(ToolError, match=r"HEARTBEAT\.md in the workspace is a link"):
        bubblewrap.prepare(Order(("true",), workspace))
    (workspace / "HEARTBEAT.md").unlink()
    assert (sorted(workspace.iterdir()), descriptors()) == before


def test_options_name_the_folder_and_the_variables(workspace: Path) -> None:
    bare = Machine("/usr/bin/bwrap", "/usr/bin/prlimit", (), frozenset({"sys", "kcore"}), b"")
    protection = Protection()
    hold = protection.hold(workspace)
    told = options(bare, Order(("true",), workspace, "a/b", {"COLOUR": "red"}), hold, [Path("/opt/skills")])
    protection.release(hold)
    lines = " ".join(told)
    assert "--chdir /work/a/b" in lines
    assert lines.endswith("--setenv COLOUR red")
    assert "--ro-bind-try /opt/skills /opt/skills" in lines
    assert "--ro-bind /proc/sys /proc/sys --ro-bind /dev/null /proc/kcore" in lines
    assert "--disable-userns" in told
    assert "--share-net" not in told
    assert told.index("--clearenv") > max(place for place, word in enumerate(told) if word == "--ro-bind")
    older = options(replace(bare, refuses_namespaces=False), Order(("true",), workspace), hold)
    assert "--disable-userns" not in older
    assert "--chdir /work --clearenv" in " ".join(older)


def test_programs_lie_in_links_or_in_folders_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "usr" / "lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "bin").mkdir()
    assert libraries(tmp_path) == (
        *("--ro-bind", str(tmp_path / "bin"), "/bin"),
        *("--symlink", "usr/lib", "/lib"),
    )
