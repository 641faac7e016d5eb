"""A house at work, whose file is edited."""

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from openclaw.app import House, build
from openclaw.bus import Subscription
from openclaw.logs import Redactor
from openclaw.types.events import ConfigChanged
from openclaw.wiring.doors import DoorParts, PublicDoors
from openclaw.wiring.life import ConfigLife, Pace
from tests.test_app import configured

SOUND = {"gateway": {"reload": {"debounceMs": 10}}, "budgets": {"perDay": 1}}


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


@dataclass(frozen=True, slots=True)
class Edited:
    house: House
    told: Subscription

    @property
    def file(self) -> Path:
        return self.house.core.loaded.paths.config

    async def save(self, config: object) -> ConfigChanged:
        """What is told of it."""
        new = self.file.with_name("new")
        new.write_text(config if isinstance(config, str) else json.dumps(config))
        new.chmod(0o600)
        new.replace(self.file)
        return await self.next()

    async def next(self) -> ConfigChanged:
        with anyio.fail_after(20):
            event = await self.told.next()
        assert isinstance(event, ConfigChanged)
        return event


async def refused(*_: str) -> None:
    raise AssertionError("nobody calls")


@asynccontextmanager
async def living(state: Path) -> AsyncIterator[Edited]:
    async with build(configured(state, SOUND), Redactor(), with_channels=True) as house:
        doors = PublicDoors(DoorParts(house.core, house.channels, house.hooks, house.intake.deliver, refused))
        life = ConfigLife(house.renewal, doors, Pace(0.01, 0.01, 0.01))
        with house.bus.subscribe(ConfigChanged, lossless=True) as told:
            async with anyio.create_task_group() as group:
                await doors.open(group)
                await group.start(life.run)
                yield Edited(house, told)
                doors.close()
                group.cancel_scope.cancel()


async def test_what_is_changed_holds_and_is_told_by_name_alone(state_dir: Path) -> None:
    async with living(state_dir) as edited:
        told = await edited.save({**SOUND, "budgets": {"perDay": 5}, "webhooks": {"maxBodyBytes": 5000}})
        core = edited.house.core

        assert told == ConfigChanged(("budgets.perDay",), ("webhooks.maxBodyBytes",))
        assert [row["limit"] for row in core.budgets.state()] == [5]
        assert core.loaded.settings.webhooks.max_body_bytes == 1_048_576
        assert core.condition.names() == ["webhooks.maxBodyBytes"]
        assert core.loaded.paths.last_good.read_text() == edited.file.read_text()


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("{ budgets: {perDay: 2}", "line 1, column 1: the object that opens here has no closing }"),
        ({**SOUND, "budgets": {"perDay": "much"}}, "budgets.perDay: 'much'"),
        ({**SOUND, "gateway": {"bind": "lan"}}, "gateway.auth.token: it is not set"),
    ],
    ids=["broken", "wrong", "unsafe"],
)
async def test_an_edit_that_cannot_be_used_changes_nothing(state_dir: Path, config: object, why: str) -> None:
    async with living(state_dir) as edited:
        before = edited.house.core.loaded

        told = await edited.save(config)
        assert told.fault.startswith(why)
        assert (told.changed, told.waiting) == ((), ())
        assert edited.house.core.loaded is before
        assert edited.house.core.condition.words() == [f"the config file is not taken over: {told.fault}"]

        again = await edited.save({**SOUND, "budgets": {"perDay": 2}})
        assert again == ConfigChanged(("budgets.perDay",))
        assert edited.house.core.condition.words() == []


async def test_a_file_that_is_gone_is_told_and_changes_nothing(state_dir: Path) -> None:
    async with living(state_dir) as edited:
        edited.file.unlink()

        assert (await edited.next()).fault == "it is gone"


async def test_a_remark_is_taken_over_without_a_word(state_dir: Path) -> None:
    async with living(state_dir) as edited:
        remark = edited.file.read_text() + "// a remark"
        edited.file.write_text(remark)
        told = await edited.save({**SOUND, "budgets": {"perDay": 2}})

        assert told == ConfigChanged(("budgets.perDay",))


async def test_who_hangs_up_has_all_of_it_read_anew(state_dir: Path) -> None:
    async with living(state_dir) as edited:
        os.kill(os.getpid(), signal.SIGHUP)

        assert await edited.next() == ConfigChanged()


async def test_a_variable_of_the_house_counts_as_the_file_does(state_dir: Path) -> None:
    async with living(state_dir) as edited:
        (state_dir / ".env").write_text("SPENT=7\n")
        assert await edited.next() == ConfigChanged()

        told = await edited.save({**SOUND, "budgets": {"perDay": "${SPENT}"}})
        assert told == ConfigChanged(("budgets.perDay",))
        assert [row["limit"] for row in edited.house.core.budgets.state()] == [7]


async def test_where_nobody_is_to_look_the_file_waits_for_a_hangup(state_dir: Path) -> None:
    async with living(state_dir) as edited:
        off = {**SOUND, "gateway": {"reload": {"debounceMs": 10, "mode": "off"}}}
        await edited.save(off)
        edited.file.write_text(json.dumps({**off, "budgets": {"perDay": 9}}))
        with anyio.move_on_after(0.1) as waited:
            await edited.told.next()
        os.kill(os.getpid(), signal.SIGHUP)

        assert waited.cancelled_caught
        assert await edited.next() == ConfigChanged(("budgets.perDay",))
