"""Opened as every house opens it."""

import stat
from pathlib import Path

import pytest

from openclaw.app import open_house
from tests.test_app import configured


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


async def test_the_installations_key_is_made_once_and_nobody_elses(state_dir: Path) -> None:
    loaded = configured(state_dir)
    key = state_dir / "credentials/installation.key"
    async with open_house(loaded):
        first = key.read_bytes()
    async with open_house(loaded):
        assert key.read_bytes() == first
    assert len(first) == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


async def test_agents_and_their_zone_are_known_before_anything_else(state_dir: Path) -> None:
    agents = {
        "defaults": {"userTimezone": "Europe/Budapest"},
        "list": [{"id": "Butler"}, {"id": "clerk", "default": True}],
    }
    async with open_house(configured(state_dir, {"agents": agents})) as house:
        assert [agent.id for agent in house.core.agents] == ["clerk", "butler"]
        assert house.core.timezone == "Europe/Budapest"
