import pytest

from openclaw.agent.policy.rules import (
    SHUT,
    GroupRules,
    SubagentToolsConfig,
    ToolPolicyConfig,
    ToolRules,
    group_problems,
    group_rules,
    tool_rules,
)


def test_rules_are_read_with_all_that_hangs_below_them() -> None:
    config = ToolPolicyConfig.model_validate(
        {
            "profile": "coding",
            "alsoAllow": "cron",
            "deny": ["exec"],
            "byProvider": {"openai": {"profile": "minimal"}},
            "toolsBySender": {"id:7": {"allow": ["read"]}},
        }
    )

    assert tool_rules(config) == ToolRules(
        "coding",
        deny=("exec",),
        also_allow=("cron",),
        by_provider=(("openai", ToolRules("minimal")),),
        by_sender=(("id:7", ToolRules(allow=("read",))),),
    )
    assert tool_rules(SubagentToolsConfig(allow=("read",))) == ToolRules(allow=("read",))


def test_a_group_keeps_its_rules_and_one_that_cannot_be_read_is_shut() -> None:
    groups = {
        "-100": {"requireMention": True, "tools": {"deny": ["exec"]}, "toolsBySender": {"*": {}}},
        "-200": {"tools": {"deny": {"no": "list"}}},
        "-300": "nonsense",
        "-400": None,
    }

    assert group_rules(groups) == {
        "-100": GroupRules(ToolRules(deny=("exec",)), (("*", ToolRules()),)),
        "-200": GroupRules(SHUT),
        "-300": GroupRules(SHUT),
    }
    told = list(group_problems("channels.telegram.groups", groups))
    assert [words.partition(" ")[0] for words in told] == [
        'channels.telegram.groups["-200"].tools.deny',
        'channels.telegram.groups["-300"]',
    ]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"allow": ["read"], "alsoAllow": ["exec"]}, "tools.alsoAllow"),
        ({"byProvider": {"x": {"allow": ["a"], "alsoAllow": ["b"]}}}, 'tools.byProvider["x"].alsoAllow'),
        ({"toolsBySender": {"username:ana": {}}}, 'tools.toolsBySender["username:ana"]'),
        ({"toolsBySender": {"Name:Ana": {}}}, 'tools.toolsBySender["Name:Ana"]'),
        ({"toolsBySender": {"id:7": {"allow": ["read"]}}}, None),
    ],
)
def test_what_was_hardly_meant_is_told(config: dict[str, object], told: str | None) -> None:
    problems = list(ToolPolicyConfig.model_validate(config).problems("tools"))

    assert [words.partition(" ")[0] for words in problems] == ([told] if told else [])
