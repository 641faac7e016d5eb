"""A gateway for commands to talk to: the real control plane over a fake house, in a thread of its own."""

import json
import sys
import types
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from openclaw.cli.main import run
from tests.web.conftest import TOKEN, Plane, serving
from tests.web.fake_house import FakeDesk, FakeHouse


@dataclass
class Terminal:
    """Where commands are typed."""

    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        code = run(list(words))
        seen = self.capsys.readouterr()
        return code, seen.out, seen.err

    def lines(self, *words: str) -> list[str]:
        code, out, err = self.run(*words)
        assert code == 0, err
        return out.splitlines()


@contextmanager
def running(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plane]:
    """A gateway that the commands of this process find."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serving(folder=state / "house")) as plane,
    ):
        point_at(state, plane.port, monkeypatch)
        yield plane


def point_at(state: Path, port: int, monkeypatch: pytest.MonkeyPatch, *, token: str = TOKEN) -> None:
    config = state / "openclaw.json"
    config.write_text(json.dumps({"gateway": {"port": port, "auth": {"token": token}}}))
    config.chmod(0o600)
    monkeypatch.setenv("HOME", str(state.parent))
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state))


def no_gateway(state: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHouse:
    """No gateway runs; the commands open this house themselves."""
    house = FakeHouse(state / "house")

    @asynccontextmanager
    async def open_house(_: object) -> AsyncIterator[FakeHouse]:
        async with anyio.create_task_group():
            yield house

    app = types.ModuleType("openclaw.app")
    app.open_house = open_house  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "openclaw.app", app)
    # Port 1 is nobody's.
    point_at(state, 1, monkeypatch)
    return house


async def weather(desk: FakeDesk, run_id: str) -> None:
    await desk.answer(run_id, "It is ", "22 °C.", tool="get_weather")


async def nothing(desk: FakeDesk, run_id: str) -> None:
    await desk.end(run_id, error="no model answers; see openclaw status")
