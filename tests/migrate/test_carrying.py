from pathlib import Path

import pytest

from openclaw.migrate.carrying import Carrier
from tests.migrate.houses import tree


@pytest.fixture
def carrier(tmp_path: Path) -> Carrier:
    made = Carrier(tmp_path)
    made.begin()
    return made


def test_a_file_is_written_once_and_never_over_another(carrier: Carrier) -> None:
    assert carrier.place("a/b/c", b"theirs") == "written"
    assert carrier.place("a/b/c", b"theirs") == "same"
    assert carrier.place("a/b/c", b"other") == "other"
    assert carrier.place("a/b/c", b"newer", over=True) == "written"
    carrier.end()

    assert tree(carrier.state) == {"a/b/c": b"newer"}


def test_only_the_owner_may_read_it(carrier: Carrier) -> None:
    carrier.place("plain", b"x")
    carrier.place("program", b"x", executable=True)

    assert [(carrier.state / name).stat().st_mode & 0o777 for name in ("plain", "program")] == [0o600, 0o700]


def test_what_is_on_its_way_is_never_seen_under_its_name(tmp_path: Path) -> None:
    seen: list[tuple[str, bool]] = []
    carrier = Carrier(tmp_path, passed=lambda step: seen.append((step, (tmp_path / "a").exists())))
    carrier.begin()

    carrier.place("a", b"theirs")

    assert seen == [("half of a", False), ("before a", False), ("after a", True)]


def test_what_a_killed_run_left_half_written_goes_away(carrier: Carrier) -> None:
    (carrier.state / ".migrating/file").write_bytes(b"ha")

    carrier.begin()
    carrier.place("a", b"whole")
    carrier.end()

    assert tree(carrier.state) == {"a": b"whole"}


def test_without_writing_everything_is_as_if(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path, writing=False)
    carrier.begin()

    assert carrier.place("a", b"x") == "written"
    carrier.end()

    assert list(tmp_path.iterdir()) == []


def test_a_take_over_keeps_what_it_found_first(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"theirs")
    carrier = Carrier(tmp_path, taking_over=True)
    carrier.begin()

    carrier.place("a", b"ours")
    carrier.place("a", b"ours, later")
    carrier.end()

    assert tree(tmp_path) == {"a": b"ours, later", "before-migration/a": b"theirs"}
