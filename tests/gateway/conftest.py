from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.harness import House, Plan, open_house


@pytest.fixture
def plan() -> Plan:
    """Overridden by what a test needs otherwise."""
    return Plan()


@pytest.fixture
async def house(state_dir: Path, plan: Plan) -> AsyncIterator[House]:
    async with open_house(state_dir, plan) as built:
        async with built.working():
            yield built
