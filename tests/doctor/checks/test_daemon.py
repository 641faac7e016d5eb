import socket

import pytest

from openclaw.doctor.checking import apart, examine
from openclaw.doctor.checks.daemon import busy
from openclaw.doctor.premises import Alive
from openclaw.ops.state_lock import StateLock
from tests.doctor.home import PORT, House, found, named
from tests.fakes import free_ports


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.doctor.checks.daemon.SETTLE_SECONDS", 0)


async def test_a_command_that_had_the_house_for_a_moment_is_no_daemon(house: House) -> None:
    with StateLock(house.state):
        premises = await apart(house.premises)

    assert premises.is_running
    assert [each.id for each in await examine(named("the running assistant"), premises)] == ["checked"]


async def test_a_daemon_that_holds_the_house_and_does_not_answer_is_told(house: House) -> None:
    with StateLock(house.state):
        (finding,) = await found(house, "the running assistant", "the lock", "the ports")

    assert (finding.id, finding.level) == ("daemon.silent", "error")
    assert str(PORT) in finding.what


async def test_a_daemon_of_this_version_and_home_is_no_news(house: House) -> None:
    from openclaw import __version__

    house.daemon = Alive(version=__version__, state_dir=str(house.state))

    assert await found(house, "the running assistant") == []


async def test_a_failing_channel_is_told_with_the_channels_and_not_here(house: House) -> None:
    failing = {"condition": "failing", "reason": "no network"}
    house.daemon = Alive(channels={"telegram:work": failing}, problems=["telegram:work: no network"])

    findings = await found(house, "the running assistant", "how the channels work")

    assert [each.id for each in findings] == ["channels.failing"]


async def test_a_lock_that_somebody_holds_is_not_stale(house: House) -> None:
    with StateLock(house.state):
        assert await found(house, "the lock") == []
    assert await found(house, "the lock") == []


async def test_the_public_port_matters_only_where_somebody_outside_calls(house: House) -> None:
    (public,) = free_ports(1)
    with socket.create_server(("127.0.0.1", public)):
        house.write_config({"webhooks": {"port": public}})
        without = await found(house, "the ports")
        house.write_config(
            {"webhooks": {"port": public}, "channels": {"sms": {"fromNumber": "+12015550100"}}}
        )
        with_texts = await found(house, "the ports")

    assert without == []
    assert [each.id for each in with_texts] == ["ports.busy"]


def test_a_free_port_and_one_that_the_system_chooses_are_nobodys() -> None:
    (port,) = free_ports(1)

    assert busy("127.0.0.1", port) is None
    assert busy("127.0.0.1", 0) is None
    assert busy("203.0.113.7", port) is None
