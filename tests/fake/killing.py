"""A process that does something and is killed on its way: at a change of a folder, an opening of a file, a database."""

import os
import signal
import sys
from collections.abc import Callable

CHANGES = frozenset({"os.link", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect"})


def killed_before(number: int, work: Callable[[], object], changes: frozenset[str] = CHANGES) -> bool:
    """By SIGKILL, before its n-th change; False: it came to its end. Only where no event loop runs."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the work failed"
        return os.WIFSIGNALED(status)
    try:
        _arm(number, changes)
        work()
        os._exit(0)
    finally:
        os._exit(1)


def _arm(number: int, changes: frozenset[str]) -> None:
    left = number

    def hook(event: str, _: object) -> None:
        nonlocal left
        left -= event in changes
        if left == 0:
            left = -1  # killing is an event too
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
