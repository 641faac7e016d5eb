"""macOS: a command under `sandbox-exec`. Other processes are visible there; they cannot be signalled."""

import re
from pathlib import Path

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.sandbox.base import Launch, Limits, Order, PlainCell, entered
from openclaw.agent.tools.exec.sandbox.protection import FILES, FOLDERS

PROGRAM = "/usr/bin/sandbox-exec"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
READABLE = (
    "/usr", "/bin", "/sbin", "/System", "/Library", "/opt/homebrew", "/private/etc/ssl", "/private/var/db/dyld",
    "/private/var/db/timezone", "/private/etc/localtime",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty")


def profile(workspace: Path, readable: tuple[Path, ...] = ()) -> str:
    """The last rule that matches decides. Raises ToolError for a path that cannot be written into a profile."""
    work = _quoted(workspace)
    readings = " ".join(f"(subpath {_quoted(path)})" for path in (*map(Path, READABLE), *readable))
    devices = " ".join(f'(literal "{path}")' for path in DEVICES)
    return "\n".join(
        (
            "(version 1)",
            "(deny default)",
            "(allow process-fork)",
            "(allow process-exec)",
            "(allow process-info* (target same-sandbox))",
            "(allow signal (target same-sandbox))",
            "(allow sysctl-read)",
            "(allow file-read-metadata)",
            f'(allow file-read* (literal "/") {readings} {devices} (subpath {work}))',
            f"(allow file-ioctl {devices})",
            f"(allow file-write* {devices} (subpath {work}))",
            f'(deny file-write* (regex #"{_protected(workspace)}"))',
            "(deny network*)",
            "",
        )
    )


def _protected(workspace: Path) -> str:
    """The file system ignores case, so the pattern does."""
    names = [*map(_any_case, FILES), *(f"{_any_case(name)}(/.*)?" for name in FOLDERS)]
    return f"^{_escaped(str(workspace))}/({'|'.join(names)})$"


def _any_case(name: str) -> str:
    return "".join(
        f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else _escaped(letter) for letter in name
    )


def _escaped(text: str) -> str:
    return re.sub(r"([.^$*+?()\[\]{}|])", r"\\\1", text)


def _quoted(path: Path) -> str:
    text = str(path)
    if not text.isprintable() or '"' in text or "\\" in text:
        raise ToolError(f"the folder {text!r} has characters in its name that the sandbox cannot take")
    return f'"{text}"'


def ulimits(limits: Limits) -> str:
    """Of processes there is no bound by command: macOS counts all that the user has."""
    return (
        f"ulimit -t {limits.cpu_seconds}; ulimit -n {limits.open_files}; "
        f'ulimit -f {limits.file_bytes // 512}; ulimit -c 0; exec "$@"'
    )


class Seatbelt:
    name = "sandbox-exec"
    root = ""

    def __init__(self, readable: tuple[Path, ...] = ()) -> None:
        self._readable = readable

    def prepare(self, order: Order) -> PlainCell:
        # The kernel compares real paths: /tmp is /private/tmp there.
        workspace, folder = entered(order)
        rules = profile(workspace, self._readable)
        argv = (PROGRAM, "-p", rules, "/bin/sh", "-c", ulimits(order.limits), "sh", *order.argv)
        own = {"PATH": PATH, "HOME": str(workspace), "LANG": "C.UTF-8", "TMPDIR": str(workspace)}
        return PlainCell(Launch(argv, own | dict(order.env), folder))
