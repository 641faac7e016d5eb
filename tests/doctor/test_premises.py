from pathlib import Path

from openclaw.doctor.premises import Disk, disk_of
from openclaw.ops.state_lock import StateLock
from tests.doctor.home import House, without_anything


def test_a_config_that_cannot_be_read_leaves_the_defaults_and_the_reason(house: House) -> None:
    house.config.write_text("{ nothing")
    (house.state / "openclaw.last-good.json").unlink()

    premises = house.premises()

    assert premises.loaded is None
    assert premises.trouble is not None
    assert premises.settings.gateway.port == 18789


def test_who_holds_the_house_is_known(house: House) -> None:
    with StateLock(house.state):
        held = house.premises()

    assert held.is_running
    assert not house.premises().is_running


def test_where_there_is_nothing_nothing_is_made(tmp_path: Path) -> None:
    premises = without_anything(tmp_path / "home").premises()

    assert not premises.exists
    assert not premises.paths.state.exists()


def test_secrets_of_the_environment_do_not_print(house: House) -> None:
    house.environ["ANTHROPIC_API_KEY"] = "sk-ant-very-secret"

    assert "very-secret" not in repr(house.premises())
    assert "very-secret" not in repr(house.visit())


def test_a_real_disk_has_some_size(tmp_path: Path) -> None:
    found = disk_of(tmp_path)

    assert isinstance(found, Disk)
    assert 0 <= found.free <= found.total
