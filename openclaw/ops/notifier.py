"""What the service manager is told, over systemd's notification socket."""

import logging
import os
import socket
from collections.abc import Mapping

logger = logging.getLogger(__name__)


class Notifier:
    """Says nothing where no service manager listens. Never raises: a daemon does not die of talking about itself."""

    def __init__(self, address: str | None) -> None:
        self._address = _socket_address(address) if address else None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Notifier":
        return cls(environ.get("NOTIFY_SOCKET"))

    @property
    def listening(self) -> bool:
        return self._address is not None

    def ready(self, status: str) -> None:
        self._tell("READY=1", f"STATUS={_line(status)}")

    def stopping(self, status: str = "stopping") -> None:
        self._tell("STOPPING=1", f"STATUS={_line(status)}")

    def status(self, text: str) -> None:
        self._tell(f"STATUS={_line(text)}")

    def alive(self) -> None:
        self._tell("WATCHDOG=1")

    def _tell(self, *assignments: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.setblocking(False)
                channel.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            logger.warning("the service manager was not told %s: %s", assignments[0], error)


def watchdog_seconds(environ: Mapping[str, str], pid: int | None = None) -> float | None:
    """How often the service manager wants to hear from this process; None: never."""
    meant_for = environ.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(pid or os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdigit() and int(microseconds) else None


def _socket_address(address: str) -> str:
    """A leading @ stands for the NUL byte of Linux' abstract sockets."""
    return "\0" + address[1:] if address.startswith("@") else address


def _line(text: str) -> str:
    return " ".join(text.split())
