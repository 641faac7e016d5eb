"""A whole move: whose home it is, whether it may be done now, and then step by step."""

import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from openclaw.migrate.carrying import Carrier
from openclaw.migrate.looking import homes, is_still_theirs, kind_of, name_of
from openclaw.migrate.original.home import OriginalReader
from openclaw.migrate.peers import hermes, nanobot
from openclaw.migrate.performing import Performer
from openclaw.migrate.records import Findings, Home, MigrationError, Told
from openclaw.migrate.transcripts import Progress
from openclaw.ops.state_lock import AlreadyRunningError, StateLock
from openclaw.settings.checking.safety import refuse_open_folder
from openclaw.settings.paths import Paths
from openclaw.store.database import open_database
from openclaw.types.clock import Clock

DEFAULT_PORT = 18789


@dataclass(frozen=True, slots=True)
class Move:
    home: Home
    paths: Paths
    """Ours."""
    environ: Mapping[str, str]
    clock: Clock
    dry: bool = False
    take_over: bool = False
    """Theirs is our own state directory, and the original will not run there any more."""

    @property
    def in_place(self) -> bool:
        return self.home.root.resolve() == self.paths.state.resolve()

    def refuse(self) -> None:
        """Raises MigrationError."""
        ours, theirs = self.paths.state.resolve(), self.home.root.resolve()
        if self.in_place:
            self._refuse_sharing()
        elif is_still_theirs(self.paths.state, self.paths.ledger):
            raise MigrationError(
                f"our state directory {ours} holds conversations of the original OpenClaw: move those in first with"
                " openclaw migrate --take-over, or give us a place of our own with OPENCLAW_STATE_DIR"
            )
        elif ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
            raise MigrationError(
                f"{theirs} and our state directory {ours} lie inside one another: give ours a place of its own"
                " with OPENCLAW_STATE_DIR"
            )

    def _refuse_sharing(self) -> None:
        if self.home.kind != "openclaw":
            raise MigrationError(f"{self.home.root} is where this assistant keeps its own state")
        if not self.take_over and not self.dry:
            beside = f"{self.paths.state}-python"
            raise MigrationError(
                f"{self.home.root} is our own state directory too, and two programs cannot write the same"
                " conversations. Keep the original as it is and move beside it: OPENCLAW_STATE_DIR="
                f"{beside} openclaw migrate {self.home.root} (then serve with the same OPENCLAW_STATE_DIR). Or, if"
                " the original is not to run again: openclaw migrate --take-over, which puts aside what it replaces"
            )
        if self.take_over and not self.dry and _answers(_port(self.home)):
            raise MigrationError(
                f"something answers on port {_port(self.home)}: stop the original, then run this again"
            )


def _port(home: Home) -> int:
    from openclaw.settings.file import UnreadableError, read_config

    try:
        gateway = read_config(home.root / "openclaw.json").tree.get("gateway")
    except (OSError, UnreadableError):
        return DEFAULT_PORT
    port = gateway.get("port") if isinstance(gateway, dict) else None
    return port if isinstance(port, int) and 0 < port < 65536 else DEFAULT_PORT


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def choose(root: Path | None, environ: Mapping[str, str]) -> Home:
    """Raises MigrationError: nothing is there, or several are and one must be named."""
    if root is not None:
        kind = kind_of(root)
        if kind is None:
            why = (
                "there is no such directory"
                if not root.is_dir()
                else "no assistant that is known here lives there"
            )
            raise MigrationError(f"{root}: {why}. Known are OpenClaw, nanobot and Hermes.")
        return Home(kind, root.absolute())
    found = homes(environ)
    if not found:
        raise MigrationError(
            "no other assistant was found in your home directory; name its directory: openclaw migrate FROM"
        )
    if len(found) > 1:
        listed = ", ".join(f"{each.root} ({name_of(each)})" for each in found)
        raise MigrationError(f"there are several: {listed}. Name one: openclaw migrate {found[0].root}")
    return found[0]


def carried_out(move: Move, progress: Progress, carrier: Carrier | None = None) -> Iterator[Told]:
    """Each line when it is so. Raises MigrationError before anything was done, OSError when our disk is full."""
    move.refuse()
    ours = carrier or Carrier(move.paths.state, writing=not move.dry, taking_over=move.in_place)
    with _held(move), tempfile.TemporaryDirectory(prefix="openclaw-migrate-") as copies:
        findings = _read(move, Path(copies))
        yield from Performer(findings, move.paths, ours, move.environ, move.clock, progress).run()
        if move.in_place and not move.dry:
            _settle(move.paths.ledger)


def _settle(ledger: Path) -> None:
    """Everything has come over, so the home is ours, whatever of theirs still lies there: a ledger says so."""

    async def make() -> None:
        async with open_database(ledger):
            pass

    if not ledger.exists():
        anyio.run(make)


def _read(move: Move, copies: Path) -> Findings:
    match move.home.kind:
        case "openclaw":
            return OriginalReader(move.home, move.paths.state, copies).read()
        case "nanobot":
            return nanobot.read(move.home)
        case "hermes":
            return hermes.read(move.home, copies)


@contextmanager
def _held(move: Move) -> Iterator[None]:
    """Nobody else writes here meanwhile."""
    if move.dry:
        yield
        return
    refuse_open_folder(move.paths.state)
    before = os.umask(0o077)  # the ledger's own files and every folder on the way too
    try:
        move.paths.state.mkdir(parents=True, exist_ok=True)
        with StateLock(move.paths.state):
            yield
    except AlreadyRunningError as error:
        holder = f" (pid {error.pid})" if error.pid else ""
        raise MigrationError(
            f"the assistant is running{holder} and uses {move.paths.state}: stop it, run this again, start it"
        ) from None
    finally:
        os.umask(before)
