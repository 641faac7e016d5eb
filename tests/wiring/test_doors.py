"""The doors of a house at work: what may be called from outside follows the config."""

import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.app import House, build
from openclaw.logs import Redactor
from openclaw.settings.life.effects import in_force
from openclaw.settings.loading import load
from openclaw.wiring.doors import DoorParts, PublicDoors
from tests.fakes import fetch, free_ports
from tests.test_app import configured

TOKEN = "of-the-owners-automations"
HOOKS = {"hooks": {"token": TOKEN}}


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


@dataclass(slots=True)
class Open:
    house: House
    port: int
    refused: list[tuple[str, ...]] = field(default_factory=list)
    doors: PublicDoors = field(init=False)

    def __post_init__(self) -> None:
        house = self.house

        async def refused(*told: str) -> None:
            self.refused.append(told)

        self.doors = PublicDoors(
            DoorParts(house.core, house.channels, house.hooks, house.intake.deliver, refused)
        )

    async def renewed(self, config: dict[str, Any]) -> None:
        loaded = self.house.core.loaded
        loaded.paths.config.write_text(json.dumps({"webhooks": {"port": self.port}, **config}))
        await self.house.renewal.renew(in_force(loaded, load(loaded.start.environ)))
        await self.doors.renew()

    async def is_there(self) -> bool:
        try:
            await self.wake()
        except OSError:
            return False
        return True

    async def wake(self, path: str = "/hooks/wake") -> int:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        code, _ = await fetch("POST", f"http://127.0.0.1:{self.port}{path}", body=b"{}", headers=headers)
        return code


@pytest.fixture
async def opened(state_dir: Path) -> AsyncIterator[Open]:
    (port,) = free_ports(1)
    loaded = configured(state_dir, {"webhooks": {"port": port}})
    async with build(loaded, Redactor(), with_channels=True) as house:
        opened = Open(house, port)
        async with anyio.create_task_group() as serving:
            await opened.doors.open(serving)
            async with anyio.create_task_group() as beside:
                beside.start_soon(house.hooks.run)
                yield opened
                beside.cancel_scope.cancel()
            opened.doors.close()


async def test_a_door_is_there_only_while_something_is_served_behind_it(opened: Open) -> None:
    assert not await opened.is_there()

    await opened.renewed(HOOKS)
    served = await opened.wake()
    await opened.renewed({**HOOKS, "hooks": {"token": TOKEN, "path": "/automations"}})
    moved = await opened.wake("/automations/wake"), await opened.wake()

    assert served == 400  # the body says nothing
    assert moved == (400, 404)
    await opened.renewed({})
    while await opened.is_there():  # uvicorn takes a moment to leave
        pass


async def test_who_has_no_token_is_refused_and_the_house_is_told(opened: Open) -> None:
    await opened.renewed(HOOKS)
    await fetch("POST", f"http://127.0.0.1:{opened.port}/hooks/wake", body=b"{}")

    assert [told[:2] for told in opened.refused] == [("hooks", "/hooks/wake")]


async def test_a_port_that_somebody_else_has_costs_only_that_door(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", opened.port))
        other.listen()

        await opened.renewed(HOOKS)

    assert "no webhook is served there" in caplog.text
    await opened.renewed(HOOKS)
    assert await opened.wake() == 400
