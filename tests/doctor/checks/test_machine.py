from pathlib import Path

import pytest

from openclaw.doctor.asking import Heard
from openclaw.doctor.checks.machine import EMPTY, GROWN, LOW, grown, room, size_of, skewed
from openclaw.doctor.premises import Disk
from tests.doctor.home import House, found

STATE = Path("/state")


@pytest.mark.parametrize(
    ("disk", "told"),
    [
        (Disk(1 << 40, LOW, 0), []),
        (Disk(1 << 40, LOW - 1, 0), [("disk.low", "warn")]),
        (Disk(1 << 40, EMPTY - 1, 0), [("disk.full", "error")]),
        (Disk(1 << 40, LOW, 10), [("disk.low", "warn")]),
        (Disk(1 << 40, LOW, 1_000_000), []),
    ],
)
def test_how_much_room_there_is(disk: Disk, told: list[tuple[str, str]]) -> None:
    assert [(each.id, each.level) for each in room(disk, STATE)] == told


def test_a_state_that_has_grown_is_worth_a_note() -> None:
    assert list(grown(GROWN, STATE)) == []
    assert [each.id for each in grown(GROWN + 1, STATE)] == ["disk.state_large"]


def test_the_size_of_a_folder_is_that_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x" * 1000)

    assert size_of(tmp_path) >= 1000


def heard(*seconds: float) -> list[Heard]:
    """By how much our clock is ahead of each."""
    return [Heard("x.example.org", 0, round(each * 1000)) for each in seconds]


@pytest.mark.parametrize(
    ("clocks", "told"),
    [
        ([], [("clock.unknown", "ok")]),
        ([1.0], []),
        ([-45.0], [("clock.skew", "warn")]),
        ([3_600.0], [("clock.skew", "error")]),
        ([3_600.0, 2.0], []),
        ([-3_600.0, -400.0], [("clock.skew", "error")]),
    ],
)
def test_the_nearest_clock_decides(clocks: list[float], told: list[tuple[str, str]]) -> None:
    assert [(each.id, each.level) for each in skewed(heard(*clocks))] == told


def test_it_is_said_which_way_the_clock_is_wrong() -> None:
    (ahead,) = skewed(heard(3_600))
    (behind,) = skewed(heard(-100))

    assert "60 minutes ahead of that of x.example.org." in ahead.what
    assert "100 seconds behind" in behind.what


@pytest.mark.parametrize("rules", [{"security": "deny"}, {"host": "gateway"}])
async def test_who_runs_no_commands_in_a_sandbox_needs_none(house: House, rules: dict[str, str]) -> None:
    from openclaw.agent.tools.exec.sandbox.base import Unavailable

    house.set_machine(sandbox=lambda: Unavailable("none"))
    house.write_config({"tools": {"exec": rules}})

    assert await found(house, "the sandbox") == []
