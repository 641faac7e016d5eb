"""Who is connected to the control plane, as the original's clients show it."""

import platform
import socket
from collections.abc import Callable, Mapping
from typing import Any

Entry = Mapping[str, object]


class PresenceBook:
    def __init__(self, version: str, now: Callable[[], int]) -> None:
        self._now = now
        self._gateway = _gateway(version, now())
        self._connected: dict[str, Entry] = {}
        self.version = 1
        """Goes up with every change."""

    def enter(self, connection: str, entry: Entry) -> None:
        self._connected[connection] = entry
        self.version += 1

    def leave(self, connection: str) -> None:
        if self._connected.pop(connection, None) is not None:
            self.version += 1

    def listing(self) -> list[Entry]:
        """The gateway itself first."""
        return [{**self._gateway, "ts": self._now()}, *self._connected.values()]


def _gateway(version: str, now: int) -> dict[str, Any]:
    host, system = socket.gethostname(), platform.system()
    return {
        "host": host,
        "version": version,
        "platform": f"{system.lower()} {platform.release()}",
        "deviceFamily": {"Darwin": "Mac"}.get(system, system),
        "mode": "gateway",
        "reason": "self",
        "text": f"Gateway: {host} · app {version} · mode gateway · reason self",
        "ts": now,
    }
