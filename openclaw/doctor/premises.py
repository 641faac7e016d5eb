"""The house as the doctor finds it: what every check looks at, read once."""

import os
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openclaw.agent.config import roster
from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.exec.sandbox.base import Sandbox, Unavailable
from openclaw.agent.tools.exec.sandbox.probe import probe
from openclaw.doctor.asking import Asking
from openclaw.logs import Redactor
from openclaw.ops.secrets import SecretResolver
from openclaw.ops.state_lock import holder
from openclaw.settings.loading import Loaded, load
from openclaw.settings.model import Settings
from openclaw.settings.paths import Paths, find_paths
from openclaw.types.clock import Clock
from openclaw.types.errors import ConfigError
from openclaw.types.secrets import Resolver

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alive:
    """What the running daemon says of itself."""

    version: str = ""
    state_dir: str = ""
    channels: Mapping[str, Json] = field(default_factory=dict)
    """By name: `condition`, `reason` …"""
    keys: Sequence[Json] = ()
    """Every key of a provider: `id`, `provider`, `state`, `until`, `reason`."""
    webhooks: Sequence[Json] = ()
    """The public paths, as `webhooks.list` has them."""
    servers: Sequence[Json] = ()
    """The MCP servers."""
    problems: Sequence[str] = ()
    """What keeps it from being whole, in its own words."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Somebody is there, and cannot be asked."""

    why: str


Daemon = Alive | Mute | None
"""None: nobody answers on the port."""


@dataclass(frozen=True, slots=True)
class Disk:
    total: int
    free: int
    files_free: int
    """How many more files it takes; 0 where it does not count them."""


def disk_of(folder: Path) -> Disk:
    """Raises OSError."""
    found = os.statvfs(folder)
    return Disk(
        found.f_blocks * found.f_frsize,
        found.f_bavail * found.f_frsize,
        found.f_favail if found.f_files else 0,
    )


@dataclass(frozen=True, slots=True)
class Machine:
    platform: str = sys.platform
    uid: int = field(default_factory=os.getuid)
    sqlite: tuple[int, ...] = sqlite3.sqlite_version_info
    disk: Callable[[Path], Disk] = disk_of
    sandbox: Callable[[], Sandbox | Unavailable] = probe


@dataclass(frozen=True, slots=True)
class Premises:
    paths: Paths
    environ: Mapping[str, str] = field(repr=False)
    clock: Clock
    loaded: Loaded | None
    """None: the config cannot be read, and there is no copy that could be."""
    trouble: ConfigError | None
    """Why it cannot be."""
    holder: int | None
    """The process that holds the state directory."""
    daemon: Daemon
    asking: Asking
    resolver: Resolver
    machine: Machine = Machine()

    @property
    def settings(self) -> Settings:
        return self.loaded.settings if self.loaded is not None else Settings()

    @property
    def exists(self) -> bool:
        return self.paths.state.is_dir()

    @property
    def is_running(self) -> bool:
        return self.holder is not None

    def agents(self) -> tuple[AgentProfile, ...]:
        return roster(self.settings.agents, self.paths.state)


@dataclass(frozen=True, slots=True)
class Visit:
    """What stays the same when the house is looked at again after it was mended."""

    environ: Mapping[str, str] = field(repr=False)
    clock: Clock
    daemon: Callable[[Loaded | None], Daemon]
    """Asks who answers on the port. Blocks."""
    config: Path | None = None
    offline: bool = False
    """No provider is asked."""
    machine: Machine = Machine()

    def premises(self) -> Premises:
        """Blocks."""
        paths = find_paths(self.environ, self.config)
        loaded: Loaded | None = None
        trouble: ConfigError | None = None
        try:
            loaded = load(self.environ, config_path=self.config)
        except ConfigError as error:
            trouble = error
        environ = loaded.environ if loaded is not None else self.environ
        redactor = Redactor()
        return Premises(
            paths,
            environ,
            self.clock,
            loaded,
            trouble,
            _holder(paths),
            self.daemon(loaded),
            Asking(self.clock, allowed=not self.offline),
            SecretResolver(environ, self.clock, redactor),
            self.machine,
        )


def _holder(paths: Paths) -> int | None:
    try:
        return holder(paths.state)
    except OSError:
        return None
