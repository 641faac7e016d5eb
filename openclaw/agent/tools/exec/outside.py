"""`tools.exec.host: gateway`: on the machine itself, because its owner wrote so into the file."""

import os
import shutil
from collections.abc import Mapping

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.sandbox.base import Launch, Order, PlainCell, entered

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SHELL", "XDG_RUNTIME_DIR")
"""Of our own environment. Keys and tokens are not among it."""
PATH = "/usr/local/bin:/usr/bin:/bin"
NOT_AS_ROOT = (
    "the assistant runs as root, and as root nothing runs outside the sandbox; start it as a user of its own"
)


class Outside:
    name = "the machine itself"
    root = ""

    def __init__(self, environ: Mapping[str, str], uid: int) -> None:
        self._environment = {"PATH": PATH} | {name: environ[name] for name in PASSED_ON if environ.get(name)}
        self._uid = uid

    def prepare(self, order: Order) -> PlainCell:
        if self._uid == 0:
            raise ToolError(NOT_AS_ROOT)
        _, folder = entered(order)
        return PlainCell(Launch((*_leash(), *order.argv), self._environment | dict(order.env), folder))


def _leash() -> tuple[str, ...]:
    """Where there is setpriv, the command does not outlive a daemon that is killed."""
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    # macOS has a program of no such name, and the one of BusyBox knows no such option.
    if setpriv is None or os.path.realpath(setpriv).endswith("busybox"):
        return ()
    return (setpriv, "--pdeathsig", "KILL", "--")
