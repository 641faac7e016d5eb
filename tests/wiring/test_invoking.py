"""In the whole house: the agent's own toolbox, the file's rules and the gate."""

from pathlib import Path

import pytest

from openclaw.app import open_house
from openclaw.gateway.invocation import Foreseen, Invocation, Invoked, NoSuchToolError
from openclaw.gateway.policy_table import Ask
from tests.test_app import configured


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


async def test_a_direct_call_has_the_agents_tools_within_the_files_rules(state_dir: Path) -> None:
    config = {
        "tools": {"deny": ["sessions_list"]},
        "gateway": {"tools": {"allow": ["cron"], "deny": ["agents_list"]}},
    }
    async with open_house(configured(state_dir, config)) as house:
        told = await house.invoking.invoke(Invocation("session_status"))
        jobs = await house.invoking.invoke(Invocation("cron", {"action": "list"}))
        soul = {"path": "SOUL.md", "content": "x"}
        foreseen = await house.invoking.invoke(Invocation("write", soul, dry_run=True))
        for denied in ("sessions_list", "agents_list", "exec"):
            with pytest.raises(NoSuchToolError):
                await house.invoking.invoke(Invocation(denied))

    assert isinstance(told, Invoked)
    assert "Conversation: agent:main:main" in told.text
    assert isinstance(jobs, Invoked)
    assert isinstance(foreseen, Foreseen)
    assert isinstance(foreseen.verdict, Ask)
