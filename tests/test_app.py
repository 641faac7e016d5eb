import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.app import House, build, open_house
from openclaw.logs import Redactor
from openclaw.ops.state_lock import AlreadyRunningError
from openclaw.settings.loading import Loaded, load
from openclaw.types.errors import ConfigError
from openclaw.web.desk import Question, RunState
from openclaw.web.rpc.runs import end_of
from tests.gateway.harness import said
from tests.gateway.scripted import NOW
from tests.migrate.houses import original, tree


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


def configured(state: Path, config: dict[str, Any] | None = None) -> Loaded:
    if config is not None:
        (state / "openclaw.json").write_text(json.dumps(config))
        (state / "openclaw.json").chmod(0o600)
    return load({"HOME": str(state.parent), "OPENCLAW_STATE_DIR": str(state)})


async def asked(house: House, run_id: str, text: str, session: str = "main") -> RunState:
    await house.desk.ask(Question(run_id, text, session_key=session))
    state = await end_of(house, run_id, 20)
    assert state is not None
    return state


async def test_with_nothing_configured_it_answers_without_a_model(state_dir: Path) -> None:
    async with open_house(configured(state_dir)) as house:
        state = await asked(house, "r1", "hello there")

        assert (state.status, state.session_key) == ("ok", "agent:main:main")
        assert "hello there" in state.text


async def test_what_was_said_is_there_in_the_next_life(state_dir: Path) -> None:
    loaded = configured(state_dir)
    async with open_house(loaded) as house:
        await asked(house, "r1", "one")
    async with open_house(loaded) as house:
        await asked(house, "r2", "two")

    (path,) = (state_dir / "agents/main/sessions").glob("*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["content"] for line in lines if line.get("role") == "user"] == ["one", "two"]


async def test_sessions_are_answered_side_by_side_and_each_in_order(state_dir: Path) -> None:
    async with open_house(configured(state_dir)) as house:
        async with anyio.create_task_group() as group:
            for number in range(12):
                group.start_soon(asked, house, f"r{number}", f"word {number}", f"s{number % 3}")

        states = [house.desk.run(f"r{number}") for number in range(12)]
        assert {state.status for state in states if state} == {"ok"}
    for path in (state_dir / "agents/main/sessions").glob("*.jsonl"):
        roles = [json.loads(line).get("role") for line in path.read_text().splitlines()[1:]]
        assert roles[0] == "user"
        assert roles.count("user") == 4


async def test_a_home_of_the_original_is_left_as_it_is(state_dir: Path) -> None:
    loaded = configured(state_dir)
    original(state_dir)
    before = tree(state_dir)
    with pytest.raises(ConfigError, match="openclaw migrate --take-over"):
        async with open_house(loaded):
            raise AssertionError("two programs in one home")
    assert tree(state_dir) == before


async def test_one_house_at_a_time(state_dir: Path) -> None:
    loaded = configured(state_dir)
    async with open_house(loaded):
        with pytest.raises(AlreadyRunningError):
            async with open_house(loaded):
                raise AssertionError("two houses over one ledger")


async def test_a_command_leaves_the_channels_messages_to_the_daemon(state_dir: Path) -> None:
    loaded = configured(state_dir)
    async with open_house(loaded) as house:
        await house.intake.deliver([said("hi", sent_at=NOW)])
        await asked(house, "r1", "hello")
        waiting, _ = await house.core.ledger.counts()
        assert waiting == {"accepted": 1}
    async with build(loaded, Redactor(), with_channels=True) as house:
        assert [row.event.text for row in await house.core.ledger.accepted(10)] == ["hi"]


async def test_what_is_configured_reaches_its_part(state_dir: Path) -> None:
    config = {
        "messages": {"queue": {"mode": "collect", "debounceMs": 0}},
        "budgets": {"perDay": 5},
        "agents": {"list": [{"id": "butler"}, {"id": "clerk"}]},
    }
    async with open_house(configured(state_dir, config)) as house:
        plate = house.desk.nameplate()
        assert (plate.default_agent, plate.model) == ("butler", "offline/offline")
        assert house.core.budgets.state()[0]["limit"] == 5
        assert (await asked(house, "r1", "hello")).session_key == "agent:butler:main"
