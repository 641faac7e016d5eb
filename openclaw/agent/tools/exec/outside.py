"""`tools.exec.host: gateway`: on the machine itself, because its owner wrote so into the file."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.sandbox.base import Launch, Order

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SHELL", "XDG_RUNTIME_DIR")
"""Of our own environment. Keys and tokens are not among it."""
PATH = "/usr/local/bin:/usr/bin:/bin"
NOT_AS_ROOT = (
    "the assistant runs as root, and as root nothing runs outside the sandbox; start it as a user of its own"
)


@dataclass(frozen=True, slots=True)
class Cell:
    launch: Launch

    def started(self) -> None:
        """Nothing was handed over."""

    def trouble(self, pid: int) -> str:
        return ""

    def close(self) -> None:
        """Nothing was made."""


class Outside:
    name = "the machine itself"
    root = ""

    def __init__(self, environ: Mapping[str, str], uid: int) -> None:
        self._environment = {"PATH": PATH} | {name: environ[name] for name in PASSED_ON if environ.get(name)}
        self._uid = uid

    def prepare(self, order: Order) -> Cell:
        if self._uid == 0:
            raise ToolError(NOT_AS_ROOT)
        try:
            order.workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
            workspace = order.workspace.resolve(strict=True)
            folder = (workspace / order.folder).resolve(strict=True)
        except OSError as error:
            raise ToolError(
                f"{order.folder or 'the workspace'} cannot be entered: {error.strerror}"
            ) from error
        if folder != workspace and workspace not in folder.parents:
            raise ToolError(f"{order.folder} leads out of the workspace")
        return Cell(Launch((*_leash(), *order.argv), self._environment | dict(order.env), folder))


def _leash() -> tuple[str, ...]:
    """Where there is setpriv, the command does not outlive a daemon that is killed."""
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    # macOS has a program of no such name, and the one of BusyBox knows no such option.
    if setpriv is None or os.path.realpath(setpriv).endswith("busybox"):
        return ()
    return (setpriv, "--pdeathsig", "KILL", "--")
