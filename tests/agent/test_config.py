from pathlib import Path

import pytest
from pydantic import ValidationError

from openclaw.agent.config import AgentsConfig, HumanDelayConfig, SkillsConfig, roster
from openclaw.agent.policy.rules import ToolRules
from openclaw.agent.profile import AgentProfile, Identity, ModelPin

STATE = Path("/state")


def agents(*entries: dict[str, object], **defaults: object) -> tuple[AgentProfile, ...]:
    return roster(AgentsConfig.model_validate({"defaults": defaults, "list": entries}), STATE)


def test_without_any_entry_there_is_the_agent_main() -> None:
    assert agents() == (AgentProfile("main", STATE / "workspace", default=True),)


@pytest.mark.parametrize(
    ("entries", "ids"),
    [
        ([{"id": "aurora"}, {"id": "basil"}], ["aurora", "basil"]),
        ([{"id": "aurora"}, {"id": "basil", "default": True}], ["basil", "aurora"]),
        ([{"id": "a"}, {"id": "b", "default": True}, {"id": "c", "default": True}], ["b", "a", "c"]),
        ([{"id": "Aurora"}, {"id": "aurora"}], ["aurora"]),
    ],
)
def test_the_default_agent_comes_first(entries: list[dict[str, object]], ids: list[str]) -> None:
    profiles = agents(*entries)

    assert [profile.id for profile in profiles] == ids
    assert [profile.default for profile in profiles] == [True] + [False] * (len(ids) - 1)


def test_each_agent_has_a_workspace_of_its_own() -> None:
    first, second, third = agents(
        {"id": "main"}, {"id": "Aurora X"}, {"id": "c", "workspace": "/srv/c"}, workspace="/srv/home"
    )

    assert first.workspace == Path("/srv/home")
    assert second.workspace == STATE / "workspace-aurora-x"
    assert third.workspace == Path("/srv/c")


def test_an_entry_carries_its_model_identity_tools_and_tier() -> None:
    (profile,) = agents(
        {
            "id": "aurora",
            "name": "Aurora",
            "model": "anthropic/claude-haiku-4-5",
            "identity": {"emoji": "🌅"},
            "skills": ["weather"],
            "tools": {"deny": ["exec"], "profile": "messaging"},
            "tier": "basic",
        }
    )

    assert profile.identity == Identity(name="Aurora", emoji="🌅")
    assert profile.model == ModelPin("anthropic/claude-haiku-4-5")
    assert profile.skills == frozenset({"weather"})
    assert profile.tools == ToolRules("messaging", (), ("exec",))
    assert profile.tier == "basic"


def test_a_model_with_stand_ins_is_read() -> None:
    (profile,) = agents({"id": "a", "model": {"primary": "x/y", "fallbacks": []}})

    assert profile.model == ModelPin("x/y", ())


def test_a_skills_secret_does_not_show() -> None:
    config = SkillsConfig.model_validate({"entries": {"x": {"apiKey": "sk-live-1234", "config": {"a": 1}}}})

    assert "sk-live" not in repr(config)
    assert config.entry("x").config == {"a": 1}
    assert config.entry("unknown").enabled


def test_a_pin_is_a_sha256() -> None:
    with pytest.raises(ValidationError):
        SkillsConfig.model_validate({"entries": {"x": {"sha256": "latest"}}})


@pytest.mark.parametrize(
    ("written", "range_ms"),
    [
        ({}, (0, 0)),
        ({"mode": "natural", "minMs": 1}, (800, 2500)),
        ({"mode": "custom", "minMs": 100, "maxMs": 200}, (100, 200)),
        ({"mode": "custom", "minMs": 900, "maxMs": 200}, (200, 200)),
    ],
)
def test_a_human_delay_is_a_range_of_milliseconds(
    written: dict[str, object], range_ms: tuple[int, int]
) -> None:
    assert HumanDelayConfig.model_validate(written).range_ms == range_ms
