from pathlib import Path

import pytest

from openclaw.ops.supervisor.condition import condition, launchd_facts
from openclaw.ops.supervisor.install import install
from tests.fake.supervisor import change
from tests.fake.supervisor_program import PID, PRINTED
from tests.ops.supervisor.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def problems(place: Place) -> list[str]:
    return [each for each in condition(place.around()).problems if "tidied up" not in each]


def test_what_is_not_installed_is_no_trouble(place: Place) -> None:
    found = condition(place.around())
    assert (found.manager, found.installed, found.running, found.problems) == ("systemd", False, False, ())


def test_where_there_is_no_manager_it_says_why(place: Place) -> None:
    found = condition(place.around(manager=None, obstacle="no systemd here"))  # type: ignore[arg-type]
    assert (found.manager, found.problems) == ("", ("no systemd here",))


def test_a_service_that_runs_says_since_when_and_starts_with_the_machine(place: Place) -> None:
    install(place.around(), tell=place.said.append)
    found = condition(place.around())
    assert (found.running, found.state, found.pid) == (True, "active (running)", PID)
    assert (found.starts_with_machine, found.restarts) == (True, 2)
    assert found.since == "Sat 2026-02-28 09:00:00 UTC"
    assert problems(place) == []


def test_without_lingering_it_does_not_start_with_the_machine(tmp_path: Path) -> None:
    place = Place(tmp_path, {"polkit": False})
    install(place.around(), tell=place.said.append)
    assert condition(place.around()).starts_with_machine is False
    assert problems(place) == ["it stops when you log out: sudo loginctl enable-linger ana"]


def test_a_program_that_has_gone_is_found(place: Place) -> None:
    install(place.around(), tell=place.said.append)
    place.program.unlink()
    (problem,) = problems(place)
    assert problem == (
        f"it starts {place.program}, which is not there any more; write it anew with: openclaw service install"
    )


def test_a_file_that_starts_another_program_or_was_changed_is_told(place: Place) -> None:
    install(place.around(), tell=place.said.append)
    found = condition(place.around(program=("/opt/openclaw",))).problems[0]
    assert found.startswith(f"it starts {place.program} serve, and you have called /opt/openclaw")

    place.unit.write_text(place.unit.read_text().replace("WatchdogSec=60", "WatchdogSec=90"))
    changed, unread = problems(place)
    assert "is not what this version would write" in changed
    assert unread.endswith("systemctl --user daemon-reload")

    place.unit.write_text("[Service]\n")
    assert "does not say what it starts" in problems(place)[0]


@pytest.mark.parametrize(("code", "words"), [(75, "another openclaw holds"), (78, "openclaw config check")])
def test_an_end_that_a_person_must_mend_is_explained(tmp_path: Path, code: int, words: str) -> None:
    place = Place(tmp_path)
    install(place.around(), tell=place.said.append)
    change(place.manager, active=False, exit=code)
    found = condition(place.around())
    assert (found.running, found.last_exit) == (False, code)
    assert words in problems(place)[0]


def test_launchd_is_asked_in_its_own_words(place: Place) -> None:
    around = place.around("launchd")
    assert not condition(around).installed
    install(around, tell=place.said.append)
    found = condition(around)
    assert (found.running, found.pid, found.restarts, found.last_exit) == (True, PID, 3, 0)
    assert found.starts_with_machine is False, "an agent starts when its user logs in"


def test_of_what_launchd_prints_only_the_outermost_counts() -> None:
    assert launchd_facts(PRINTED % ("t", "/p", 1))["state"] == "running"
    assert launchd_facts("nonsense") == {}
