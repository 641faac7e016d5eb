from pathlib import Path

import pytest

from openclaw.ops.state_lock import StateLock
from openclaw.ops.supervisor.install import install, is_running, planned, restart, uninstall
from openclaw.ops.supervisor.programs import ServiceError, call
from tests.ops.supervisor.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_is_written_started_and_started_again_with_the_machine(place: Place) -> None:
    done = install(place.around(), tell=place.said.append)

    assert (done.done, done.changed, done.lingers) == (True, True, True)
    known = place.known()
    assert (known["active"], known["enabled"], known["lingers"]) == (True, "default.target", True)
    assert place.unit.stat().st_mode & 0o777 == 0o644
    assert f"wrote {place.unit}" in place.said
    assert f"  starts {place.program} serve, as ana" in place.said
    assert "lingering is on" in place.said[-1]


def test_again_changes_nothing_and_leaves_the_daemon_alone(place: Place) -> None:
    install(place.around(), tell=place.said.append)
    before = place.unit.stat().st_mtime_ns

    done = install(place.around(), tell=place.said.append)

    assert not done.changed
    assert place.known()["starts"] == 1
    assert place.unit.stat().st_mtime_ns == before
    assert "it runs already; nothing had to be done" in place.said


def test_a_program_that_has_moved_is_followed_and_the_old_file_kept(place: Place) -> None:
    install(place.around(), tell=place.said.append)
    moved = place.home / "openclaw"
    place.program.rename(moved)

    install(place.around(program=(str(moved),)), tell=place.said.append)

    assert f"ExecStart={moved} serve" in place.unit.read_text()
    assert {f"  -ExecStart={place.program} serve", f"  +ExecStart={moved} serve"} <= set(place.said)
    assert f"ExecStart={place.program} serve" in place.unit.with_name("openclaw.service.before").read_text()
    assert place.known()["starts"] == 2
    assert place.known()["loaded"] == place.unit.read_text()


def test_a_daemon_that_does_not_come_up_is_told_with_where_to_look(tmp_path: Path) -> None:
    place = Place(tmp_path, {"exit": 78})
    with pytest.raises(ServiceError, match=r"Job for openclaw.service failed .* openclaw service logs"):
        install(place.around(), tell=place.said.append)


def test_lingering_that_only_root_may_switch_on_is_explained(tmp_path: Path) -> None:
    place = Place(tmp_path, {"polkit": False})
    done = install(place.around(), tell=place.said.append)
    assert done.lingers is False
    assert place.said[-1].endswith("always: sudo loginctl enable-linger ana")


def test_lingering_is_left_alone_when_it_is_not_wanted(place: Place) -> None:
    assert install(place.around(), tell=place.said.append, linger=False).lingers is False
    assert "loginctl enable-linger ana" not in place.calls()


def test_variables_and_places_that_do_not_last_are_warned_of(place: Place) -> None:
    install(place.around(forgotten=("ANTHROPIC_API_KEY",)), tell=place.said.append)
    (fleeting, forgotten) = [line for line in place.said if line.startswith("warning: ")]
    assert "pipx install" in fleeting, "tests run below /tmp"
    assert "ANTHROPIC_API_KEY" in forgotten
    assert str(place.state / ".env") in forgotten


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"manager": None, "obstacle": "no systemd here; run: openclaw serve"}, "run: openclaw serve"),
        ({"obstacle": "your own systemd is not reached"}, "not reached"),
        ({"uid": 0, "environ": {"SUDO_USER": "ana"}}, "run it without sudo"),
    ],
)
def test_where_it_cannot_be_it_says_what_can(place: Place, more: dict[str, object], words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        install(place.around(**{"manager": "systemd", **more}), tell=place.said.append)  # type: ignore[arg-type]
    assert not place.unit.exists()


def test_a_daemon_started_by_hand_has_to_end_first(place: Place) -> None:
    with StateLock(place.state), pytest.raises(ServiceError, match=r"runs already \(pid \d+\): stop it"):
        install(place.around(), tell=place.said.append)
    assert not place.unit.exists()


def test_a_service_of_the_machine_is_roots_to_write(place: Place) -> None:
    done = install(place.around(), tell=place.said.append, system=True)
    assert not done.done
    assert done.plan.file == Path("/etc/systemd/system/openclaw.service")
    assert place.calls() == []


def test_a_service_of_the_machine_never_runs_as_root(place: Place) -> None:
    with pytest.raises(ServiceError, match="--user NAME"):
        install(place.around(uid=0), tell=place.said.append, system=True)


def test_it_is_taken_out_and_the_house_stays(place: Place) -> None:
    install(place.around(), tell=place.said.append)
    assert uninstall(place.around(), tell=place.said.append)

    assert not place.unit.exists()
    known = place.known()
    assert (known["active"], known["enabled"], known["loaded"]) == (False, False, None)
    assert place.state.is_dir()
    assert not uninstall(place.around(), tell=place.said.append)


def test_it_is_started_anew(place: Place) -> None:
    with pytest.raises(ServiceError, match="install it with: openclaw service install"):
        restart(place.around())
    install(place.around(), tell=place.said.append)
    restart(place.around())
    assert place.known()["starts"] == 2


def test_launchd_lets_go_of_the_old_agent_before_it_takes_the_new_one(place: Place) -> None:
    around = place.around("launchd")
    install(around, tell=place.said.append)
    place.agent.write_bytes(place.agent.read_bytes().replace(b"Interactive", b"Background"))

    install(around, tell=place.said.append)

    assert is_running(planned(around), around)
    orders = [line.split()[1] for line in place.calls() if "print" not in line]
    assert orders == ["enable", "bootstrap", "bootout", "enable", "bootstrap"]
    restart(around)
    call(planned(around).stop(), around.environ)
    restart(around)
    assert is_running(planned(around), around)
    assert uninstall(around, tell=place.said.append)
    assert not is_running(planned(around), around)
    assert not place.agent.exists()
