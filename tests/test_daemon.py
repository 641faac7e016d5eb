import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from openclaw.daemon import STUCK_MS, _greeting, _proofs, _watch_storage
from openclaw.web.health import Readiness
from tests.conftest import MakeDaemon
from tests.fakes import fetch
from tests.gateway.harness import House, open_house, said
from tests.web.fake_house import FakeHouse


def parts(house: House) -> Any:
    return SimpleNamespace(core=SimpleNamespace(ledger=house.ledger, clock=house.clock))


async def test_it_says_when_it_is_ready_and_stops_in_order(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon({})
    await daemon.start()

    await daemon.wait_said("/#code=")
    ready, link = daemon.output
    assert ready == f"openclaw ready on {daemon.url} (channels: none; model: offline/offline)"
    assert link.startswith(f"open {daemon.url}/#code=")
    assert (await fetch("GET", f"{daemon.url}/readyz"))[0] == 200
    assert await daemon.stop() == 0
    assert any("SIGTERM: stopping" in str(line) for line in daemon.log_lines())


@pytest.mark.parametrize(
    ("is_first", "has_page", "offers"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_link_is_offered_at_the_first_start_where_there_is_a_page(
    is_first: bool, has_page: bool, offers: bool
) -> None:
    ui = SimpleNamespace(control_ui=SimpleNamespace(enabled=has_page))
    core = SimpleNamespace(loaded=SimpleNamespace(settings=SimpleNamespace(gateway=ui)))
    house: Any = FakeHouse()
    house.core, house.channels = core, {("telegram", "default"): None}

    ready, *link = _greeting(house, 18789, is_first).splitlines()

    assert (
        ready
        == "openclaw ready on http://127.0.0.1:18789 (channels: telegram; model: anthropic/claude-opus-4-6)"
    )
    assert bool(link) is offers
    assert all(line.startswith("open http://127.0.0.1:18789/#code=") for line in link)


async def test_a_second_one_over_the_same_state_is_refused(make_daemon: MakeDaemon, tmp_path: Path) -> None:
    first = make_daemon({}, home=tmp_path / "home")
    await first.start()
    second = make_daemon({}, home=tmp_path / "home")
    await second.start(ready=False)

    assert await second.wait_exit() == 75
    assert str(first.pid) in "\n".join(second.output)


async def test_control_c_ends_it_too(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon({})
    await daemon.start()
    daemon.signal(signal.SIGINT)

    assert await daemon.wait_exit() == 0


# -- what the service manager is told ---------------------------------------------------------------------


async def test_it_gets_on_while_new_messages_are_looked_at(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        proofs = _proofs(parts(house))
        assert await proofs["inbox"]()
        await house.receive(said("hi"))
        assert await proofs["inbox"]()

        house.clock.advance(STUCK_MS / 1000)
        assert not await proofs["inbox"]()

        house.database.full = True
        assert await proofs["inbox"](), "a restart makes no room"


async def test_a_full_disk_is_no_reason_for_a_restart(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        house.database.no_room = True
        assert await _proofs(parts(house))["ledger"]()


async def test_while_the_disk_is_full_nothing_new_is_accepted(
    state_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    readiness = Readiness()
    async with open_house(state_dir) as house, anyio.create_task_group() as group:
        house.database.full = house.database.no_room = True
        group.start_soon(_watch_storage, house.ledger, readiness)
        with anyio.fail_after(5):
            while readiness.ready:
                await anyio.lowlevel.checkpoint()
        assert set(readiness.reasons) == {"storage_full"}

        house.database.no_room = False
        with anyio.fail_after(5):
            while not readiness.ready:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
