"""Where a secret is put away: the system's keychain, or a file that nobody else may read. Blocks."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import orjson

from openclaw.files import alone_in, write_atomically
from openclaw.settings.paths import Paths
from openclaw.settings.sources.programs import Order, passed, printed
from openclaw.types.errors import OpenClawError, SecretError

Place = Literal["keychain", "file"]
SERVICE = "openclaw"


class Keeper(Protocol):
    def keep(self, name: str, value: str) -> str:
        """Returns the reference to it. Raises OpenClawError, and then nothing has changed."""


def keeper(place: Place | None, paths: Paths, environ: Mapping[str, str]) -> Keeper:
    """None: the keychain on a Mac. Elsewhere the file: a daemon that starts with the machine has no open keyring."""
    if place == "keychain" or (place is None and sys.platform == "darwin"):
        return Keychain(environ)
    return SecretsFile(secrets_file(paths))


def secrets_file(paths: Paths) -> Path:
    return paths.credentials / "secrets.json"


@dataclass(frozen=True, slots=True)
class SecretsFile:
    """`{name: value}`, 0600. One writer at a time, and always whole."""

    path: Path

    def keep(self, name: str, value: str) -> str:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone_in(self.path.parent):
            found = self._read()
            if found.get(name) != value or self.path.stat().st_mode & 0o077:
                data = orjson.dumps({**found, name: value}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
                write_atomically(self.path, data + b"\n")
        return self.reference(name)

    def reference(self, name: str) -> str:
        escaped = name.replace("~", "~0").replace("/", "~1")
        return f"file:{self.path}#/{escaped}"

    def names(self) -> tuple[str, ...]:
        """Raises OpenClawError."""
        return tuple(sorted(self._read()))

    def _read(self) -> dict[str, str]:
        try:
            found = orjson.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise OpenClawError(
                f"{self.path}: {error.strerror or error}. Check who may read and write it."
            ) from error
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            # Not chained: the parser's words may hold what it has read.
            raise OpenClawError(
                f"{self.path} does not hold names and texts. Mend it; it is not written over."
            ) from None
        return found


@dataclass(frozen=True, slots=True)
class Keychain:
    """macOS's keychain by `security`, elsewhere the desktop's secret service by `secret-tool`."""

    environ: Mapping[str, str] = field(repr=False)
    platform: str = sys.platform

    def keep(self, name: str, value: str) -> str:
        reference = f"keychain:{SERVICE}/{name}"
        program = "security" if self.platform == "darwin" else "secret-tool"
        if (path := shutil.which(program, path=self.environ.get("PATH"))) is None:
            raise OpenClawError(f"there is no {program} on this machine; use the file: --in file")
        command, told = self._order(path, name, value)
        # Never as an argument: every program on the machine sees those.
        try:
            printed(Order(command, reference, passed(self.environ), told, quoted=True))
        except SecretError as error:
            if error.state != "missing":  # it has nothing to say where all went well
                raise OpenClawError(
                    f"the keychain did not take it: {error} Or use the file: --in file"
                ) from None
        return reference

    def _order(self, path: str, name: str, value: str) -> tuple[list[str], bytes]:
        if self.platform != "darwin":
            label = f"--label=OpenClaw: {name}"
            return [path, "store", label, "service", SERVICE, "account", name], value.encode()
        entry = f"add-generic-password -U -s {SERVICE} -a {name} -X {value.encode().hex()}\n"
        return [path, "-i"], entry.encode()
