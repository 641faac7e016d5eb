"""In the whole house, as it is told of itself."""

from pathlib import Path

import pytest

from openclaw.app import open_house
from openclaw.wiring.mind import agents_shown, model_of, nameplate, open_models
from tests.test_app import configured


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


AGENTS = {
    "defaults": {"model": "claude-haiku-4-5"},
    "list": [
        {"id": "clerk", "tier": "second"},
        {"id": "butler", "default": True, "tier": "first", "model": "claude-opus-4-6"},
    ],
}
KEY = {"providers": {"anthropic": {"apiKey": "sk-1"}}}


async def test_the_nameplate_bears_the_default_agents_model_and_files(state_dir: Path) -> None:
    async with open_house(configured(state_dir, {"agents": AGENTS, "models": KEY})) as house:
        plate = nameplate(house.core, house.models)

    assert (plate.default_agent, plate.model) == ("butler", "anthropic/claude-opus-4-6")
    assert plate.sessions_path == str(state_dir / "agents/butler/sessions/sessions.json")
    assert plate.context_tokens >= 200_000


async def test_each_agent_is_shown_with_what_it_answers_with(state_dir: Path) -> None:
    async with open_house(configured(state_dir, {"agents": AGENTS, "models": KEY})) as house:
        shown = agents_shown(house.core, house.models)
        owned = [model_of(agent, house.core) for agent in house.core.agents]

    assert [(row["id"], row["model"], row["tier"]) for row in shown] == [
        ("butler", "anthropic/claude-opus-4-6", "first"),
        ("clerk", "anthropic/claude-haiku-4-5", "second"),
    ]
    assert owned == ["claude-opus-4-6", "claude-haiku-4-5"]


async def test_keys_are_remembered_beside_the_default_agent(state_dir: Path) -> None:
    async with open_house(configured(state_dir, {"agents": AGENTS, "models": KEY})) as house:
        models = await open_models(house.core)
        (profile,) = models.key_states()
        await models.aclose()

    assert (profile["provider"], profile["state"]) == ("anthropic", "ok")
