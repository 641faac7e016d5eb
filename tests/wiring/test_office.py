from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from openclaw.channels.runner import ChannelRunner
from openclaw.gateway.lanes import Lanes
from openclaw.logs import Redactor
from openclaw.types.messages import Address
from openclaw.types.sending import ALLOW, Purpose, Verdict
from openclaw.web.devices.records import DeviceFacts
from openclaw.wiring.foundation import open_core
from openclaw.wiring.mind import open_models
from openclaw.wiring.office import OfficeParts, open_office
from tests.test_app import configured


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


async def nothing(key: str) -> bool:
    return False


async def foresee(to: Address, text: str, purpose: Purpose) -> Verdict:
    return ALLOW


async def test_everything_lies_where_the_contract_says(state_dir: Path) -> None:
    loaded = configured(
        state_dir,
        {"agents": {"list": [{"id": "main"}, {"id": "aurora"}]}, "channels": {"quo": {"enabled": False}}},
    )
    async with AsyncExitStack() as stack:
        core = await open_core(stack, loaded, Redactor(), only=None)
        models = await open_models(core)
        stack.push_async_callback(models.aclose)
        office = open_office(
            OfficeParts(core, {}, models, Lanes(nothing, at_once=1), foresee, ChannelRunner(core.clock))
        )

        await office.devices.pair_silently(DeviceFacts("d1", "key"), "operator", [])
        assert (state_dir / "devices" / "paired.json").exists()
        assert office.agents == ("main", "aurora")
        files: Any = await office.files.listing("aurora")
        assert files["workspace"] == str(state_dir / "workspace-aurora")
        skills: Any = await office.skills.status(None)
        assert "weather" in {row["name"] for row in skills["skills"] if row["eligible"]}
        assert str(office.log.path) == str(state_dir / "logs" / "gateway.log")
        assert await office.heartbeats.last() is None
        assert [(row["channel"], row["condition"]) for row in office.channels.idle()] == [("quo", "disabled")]
        assert (await office.config.file())["exists"] is True

        await core.sessions.change("agent:main:x", "main", {"label": "x"})
        told: Any = await office.sessions.patch("agent:main:x", {"thinkingLevel": "low"})
        assert told["resolved"]["model"]
        await office.sessions.delete("agent:main:x")
        assert await core.ledger.every_session() == []
