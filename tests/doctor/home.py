"""A house for the doctor to look at: made as the first start makes it, then hurt by a test."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openclaw.agent.tools.exec.sandbox.seatbelt import Seatbelt
from openclaw.doctor.checking import Check, apart, examine
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Daemon, Machine, Premises, Visit
from openclaw.doctor.registry import CHECKS
from openclaw.sessions.lines import encode, header
from openclaw.settings.loading import Loaded, load_to_serve
from openclaw.store import echoes
from openclaw.store.database import Transaction, open_database
from openclaw.types.clock import SystemClock
from openclaw.types.conversation import Entry
from tests.sessions.made import NOW, asked, said

Json = dict[str, Any]
TURN: tuple[Entry, ...] = (asked("m_1", "hello"), said("m_2"))
KEY = "agent:main:main"


@dataclass
class House:
    home: Path
    daemon: Daemon = None
    machine: Machine = field(default_factory=lambda: Machine(sandbox=lambda: Seatbelt(())))
    environ: dict[str, str] = field(default_factory=dict)
    offline: bool = False

    @property
    def state(self) -> Path:
        return self.home / ".openclaw"

    @property
    def config(self) -> Path:
        return self.state / "openclaw.json"

    @property
    def sessions(self) -> Path:
        return self.state / "agents" / "main" / "sessions"

    @property
    def ledger(self) -> Path:
        return self.state / "ledger.sqlite"

    def environment(self) -> dict[str, str]:
        path = os.environ.get("PATH", "")
        return {"HOME": str(self.home), "PATH": path, "OPENCLAW_GATEWAY_PORT": str(PORT), **self.environ}

    def visit(self) -> Visit:
        def who_answers(_: Loaded | None) -> Daemon:
            return self.daemon

        return Visit(
            self.environment(), SystemClock(), who_answers, offline=self.offline, machine=self.machine
        )

    def premises(self) -> Premises:
        return self.visit().premises()

    def write_config(self, config: Mapping[str, Any], *, keep: bool = True) -> None:
        """`keep`: with the token that the first start made."""
        token = {"gateway": {"auth": {"token": "t" * 64}}} if keep else {}
        merged = {**token, **config}
        if keep and "gateway" in config:
            merged["gateway"] = {**token["gateway"], **config["gateway"]}
        self.config.write_text(json.dumps(merged))
        self.config.chmod(0o600)

    def write_transcript(self, data: bytes | None = None, *, name: str = "ses_1", key: str = KEY) -> Path:
        whole = header(name, key, "main", NOW) + b"".join(map(encode, TURN))
        return self._in_sessions(f"{name}.jsonl", whole if data is None else data)

    def write_index(self, entries: Mapping[str, Any] | None = None) -> Path:
        listed = {KEY: {"sessionId": "ses_1", "updatedAt": NOW, "totalTokens": 12}}
        return self._in_sessions("sessions.json", json.dumps(listed if entries is None else entries).encode())

    def _in_sessions(self, name: str, data: bytes) -> Path:
        path = self.sessions / name
        with private():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return path

    async def write_ledger(self, *statements: str) -> None:
        def work(tx: Transaction) -> None:
            for statement in statements:
                tx.execute(statement)

        with private():
            async with open_database(self.ledger) as database:
                await database.write(work)

    async def owe(self, lines: str, key: str = KEY) -> None:
        with private():
            async with open_database(self.ledger) as database:
                await database.write(lambda tx: echoes.insert(tx, echoes.Echo("transcript", key, lines)))

    def set_machine(self, **changes: Any) -> None:
        self.machine = replace(self.machine, **changes)


PORT = 20_000 + os.getpid() % 10_000
"""Below those that the system hands out: nobody takes it by chance while a test looks whether it is free."""


@contextmanager
def private() -> Iterator[None]:
    """As the daemon makes its files."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def fresh(home: Path) -> House:
    """As after the first start."""
    home.mkdir(parents=True, exist_ok=True)
    house = House(home)
    load_to_serve(house.environment())
    return house


def without_anything(home: Path) -> House:
    home.mkdir(parents=True, exist_ok=True)
    return House(home)


def named(*names: str) -> tuple[Check, ...]:
    chosen = tuple(check for check in CHECKS if check.name in names)
    assert len(chosen) == len(names), f"{names} are not all checks"
    return chosen


async def found(house: House, *names: str) -> list[Finding]:
    """By the checks of these names; without one, by all."""
    premises = await apart(house.premises)
    try:
        checks = named(*names) if names else CHECKS
        return [each for each in await examine(checks, premises) if each.level != "ok"]
    finally:
        await premises.asking.aclose()


def forget(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
