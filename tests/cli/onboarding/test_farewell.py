import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from openclaw.cli.onboarding import farewell
from openclaw.cli.onboarding.farewell import Met, greeting, meet
from openclaw.ops.state_lock import AlreadyRunningError
from openclaw.settings.file import fingerprint
from tests.cli.gateway import no_gateway, nothing, point_at, running, weather


def test_who_runs_already_is_asked_and_gives_the_link(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.reply = weather
        met = meet(greeting("Ana"), started=False)
        assert capsys.readouterr().out == "It is 22 °C.\n"
        assert plane.house.desk.questions[0].message.startswith("Hello, I am Ana.")
        assert met.running
        assert met.link.startswith(f"http://127.0.0.1:{plane.port}/#code=")

        plane.house.desk.reply = nothing
        assert meet("hello", started=False).trouble == "no model answers; see openclaw status"
        asked = len(plane.house.desk.questions)
        assert meet("", started=False).trouble == ""
        assert len(plane.house.desk.questions) == asked


def test_an_assistant_that_goes_by_what_was_before_is_waited_for_and_then_told(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farewell, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(farewell, "READ_SECONDS", 0.1)
    with running(state_dir, monkeypatch) as plane:
        mark = "of before"
        plane.house.desk.config = lambda: {"hash": mark}  # type: ignore[method-assign]
        assert meet("", started=False).is_behind
        mark = fingerprint((state_dir / "openclaw.json").read_bytes())
        assert not meet("", started=False).is_behind


def test_where_nobody_runs_the_house_is_opened_here_and_its_link_waits(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = no_gateway(state_dir, monkeypatch)
    house.desk.reply = weather
    met = meet(greeting(""), started=False)
    assert capsys.readouterr().out == "It is 22 °C.\n"
    assert (met.running, met.trouble) == (False, "")
    assert met.link.startswith("http://127.0.0.1:1/#code=")

    house.desk.reply = nothing
    assert meet("hello", started=False).trouble == "no model answers; see openclaw status"


def test_a_service_that_is_just_starting_is_waited_for(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = no_gateway(state_dir, monkeypatch)
    waited = []

    class Clock:
        def __init__(self) -> None:
            self.now = 0.0

        def monotonic(self) -> float:
            self.now += 9.0
            waited.append(self.now)
            return self.now

    monkeypatch.setattr(farewell, "time", Clock())
    monkeypatch.setattr(farewell, "_PAUSE_SECONDS", 0.0)
    assert meet("hello", started=True) == Met(False)
    assert len(waited) == 4
    # Opened here, the house would be shut to the service.
    assert house.desk.questions == []


def test_a_house_that_somebody_else_holds_is_told_not_fallen_over(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_gateway(state_dir, monkeypatch)

    @asynccontextmanager
    async def held(_: object) -> AsyncIterator[None]:
        raise AlreadyRunningError(state_dir, 4711)
        yield

    monkeypatch.setattr(sys.modules["openclaw.app"], "open_house", held)
    met = meet("hello", started=False)
    assert not met.running
    assert met.trouble.startswith("another openclaw (pid 4711) holds")


def test_without_the_page_there_is_no_link(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_gateway(state_dir, monkeypatch)
    monkeypatch.setenv("OPENCLAW__GATEWAY__CONTROLUI__ENABLED", "false")
    point_at(state_dir, 1, monkeypatch)
    assert meet("", started=False) == Met(False)
