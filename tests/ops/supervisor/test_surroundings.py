from pathlib import Path

import pytest

from openclaw.ops.supervisor.programs import NOT_FOUND, Said, ServiceError
from openclaw.ops.supervisor.surroundings import (
    forgotten,
    is_fleeting,
    is_program,
    look,
    passed_on,
    program,
    systemd,
    with_runtime_folder,
)
from openclaw.settings.paths import Paths
from tests.ops.supervisor.place import Place

NOT_BOOTED = Said(1, "offline\n", "System has not been booted with systemd as init system (PID 1).\n")


@pytest.mark.parametrize("state", ["running", "degraded", "starting"])
def test_a_systemd_that_answers_is_ours_to_use(state: str) -> None:
    assert systemd(Said(1, f"{state}\n", ""), container=True) == ("systemd", "")


@pytest.mark.parametrize("said", [NOT_BOOTED, Said(NOT_FOUND, "", "there is no systemctl on this machine")])
def test_a_container_without_systemd_is_told_what_to_do_instead(said: Said) -> None:
    manager, obstacle = systemd(said, container=True)
    assert manager is None
    assert "docker run --restart" in obstacle
    assert "openclaw serve" in obstacle
    assert "docker" not in systemd(said, container=False)[1]


def test_a_systemd_out_of_reach_still_has_services_of_the_whole_machine() -> None:
    manager, obstacle = systemd(Said(1, "", "Failed to connect to bus: No medium found\n"), container=False)
    assert manager == "systemd"
    assert "Failed to connect to bus" in obstacle
    assert "--system" in obstacle


def test_the_program_is_the_one_that_was_called_with_its_links() -> None:
    there = {Path("/home/ana/.local/bin/openclaw"), Path("/venv/bin/openclaw")}
    found = program("/home/ana/.local/bin/openclaw", "/venv/bin/python", there.__contains__)
    assert found == ("/home/ana/.local/bin/openclaw",)
    assert program("/x/pytest", "/venv/bin/python", there.__contains__) == ("/venv/bin/openclaw",)
    assert program("-c", "/usr/bin/python3", there.__contains__) == ("/usr/bin/python3", "-m", "openclaw")


def test_only_what_can_be_executed_is_a_program(tmp_path: Path) -> None:
    file = tmp_path / "openclaw"
    file.write_text("#!/bin/sh\n")
    file.chmod(0o644)
    assert not is_program(file)
    file.chmod(0o755)
    assert is_program(file)
    assert not is_program(tmp_path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/ana/.cache/uv/archive-v0/x/bin/openclaw", True),
        ("/tmp/venv/bin/openclaw", True),
        ("/home/ana/.local/bin/openclaw", False),
    ],
)
def test_a_place_that_is_tidied_up_is_known(path: str, expected: bool) -> None:
    assert is_fleeting(path) is expected


def test_the_service_is_told_where_the_house_is_and_no_secret() -> None:
    environ = {
        "OPENCLAW_STATE_DIR": "~/claw",
        "OPENCLAW_GATEWAY_TOKEN": "s",
        "ANTHROPIC_API_KEY": "k",
        "X": "y",
    }
    paths = Paths(Path("/home/ana/claw"), Path("/home/ana/claw/openclaw.json"))
    assert passed_on(environ, paths, Path("/home/ana")) == {"OPENCLAW_STATE_DIR": "/home/ana/claw"}


def test_variables_that_the_service_will_not_have_are_named_unless_the_env_file_has_them() -> None:
    environ = {
        "ANTHROPIC_API_KEY": "k",
        "OPENCLAW__WEBHOOKS__PORT": "1",
        "PATH": "/bin",
        "TELEGRAM_BOT_TOKEN": "t",
    }
    assert forgotten(environ, {"TELEGRAM_BOT_TOKEN": "t"}) == (
        "ANTHROPIC_API_KEY",
        "OPENCLAW__WEBHOOKS__PORT",
    )


def test_a_runtime_folder_that_is_set_stays_and_one_that_is_not_there_is_not_invented() -> None:
    assert with_runtime_folder({"XDG_RUNTIME_DIR": "/x"}, 0) == {"XDG_RUNTIME_DIR": "/x"}
    assert with_runtime_folder({}, 4_000_000) == {}


def test_this_machine_is_looked_at(tmp_path: Path) -> None:
    place = Place(tmp_path)
    around = look(place.environ, platform="linux")
    assert (around.manager, around.obstacle, around.state) == ("systemd", "", place.state)
    assert look(place.environ, platform="darwin").manager == "launchd"
    assert "not on win32" in look(place.environ, platform="win32").obstacle


def test_another_users_home_is_looked_up(tmp_path: Path) -> None:
    assert look(Place(tmp_path).environ, user="root", platform="linux").home == Path("/root")
    with pytest.raises(ServiceError, match="there is no user nobody-of-that-name"):
        look({}, user="nobody-of-that-name")
