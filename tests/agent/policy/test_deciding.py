from typing import Any

import pytest

from openclaw.agent.policy.deciding import Policy, Who, decide, idle_lists
from openclaw.agent.policy.names import MCP, ToolName
from openclaw.agent.policy.rules import ToolPolicyConfig, ToolRules, group_rules, named_rules, tool_rules

PRESENT = frozenset({"exec", "read", "write", "cron", "message", "get_weather", "mcp__home__light"})
ANA = Who(channel="telegram", sender="821071207", role="member")


def rules(**keys: object) -> ToolRules:
    return tool_rules(ToolPolicyConfig.model_validate(keys))


def policy(tools: dict[str, Any] | None = None, **more: Any) -> Policy:
    """`agents` and `by_channel` as the file has them, `groups` those of telegram."""
    return Policy(
        rules(**(tools or {})),
        {name: rules(**each) for name, each in more.get("agents", {}).items()},
        {name: rules(**each) for name, each in more.get("by_channel", {}).items()},
        {("telegram", "default"): group_rules(more.get("groups", {}))},
        rules(**more.get("subagents", {})),
        more.get("spawn_depth", 1),
    )


def told(name: str, who: Who, rules: Policy) -> str:
    """`+` or `-`, and the rule."""
    origin = "mcp" if name.startswith(MCP) else "skills" if name == "get_weather" else "openclaw"
    ruling = decide(ToolName(name, origin), who, rules, PRESENT)  # type: ignore[arg-type]
    return f"{'+' if ruling.allowed else '-'} {ruling.rule}"


OWNER = Who()
GROUP = Who(channel="telegram", chat="-100", chat_type="group", sender="821071207", role="member")
OWNER_IN_GROUP = Who(channel="telegram", chat="-100", chat_type="group", sender="821071206")


@pytest.mark.parametrize(
    ("name", "who", "tools", "expected"),
    [
        # Without a rule.
        ("exec", OWNER, {}, "+ profile full of the owner"),
        ("mcp__home__light", OWNER, {}, "+ profile full of the owner"),
        ("exec", ANA, {}, "- profile messaging of members does not name exec"),
        ("read", ANA, {}, "+ profile messaging of members"),
        ("get_weather", ANA, {}, "+ profile messaging of members"),
        ("mcp__home__light", ANA, {}, "- profile messaging of members does not name mcp__home__light"),
        ("exec", Who(role="stranger"), {}, "- profile messaging of strangers does not name exec"),
        # The common profile.
        ("message", OWNER, {"profile": "coding"}, '- tools.profile "coding" does not name message'),
        ("exec", OWNER, {"profile": "coding"}, '+ tools.profile "coding"'),
        ("get_weather", OWNER, {"profile": "minimal"}, '- tools.profile "minimal" does not name get_weather'),
        ("cron", OWNER, {"profile": "coding", "alsoAllow": ["cron"]}, '+ tools.profile "coding"'),
        ("exec", ANA, {"profile": "full"}, "- profile messaging of members does not name exec"),
        ("exec", ANA, {"alsoAllow": ["exec"]}, "- profile messaging of members does not name exec"),
        ("read", ANA, {"profile": "minimal"}, '- tools.profile "minimal" does not name read'),
        # Common lists.
        ("exec", OWNER, {"deny": ["group:runtime"]}, '- tools.deny: "group:runtime"'),
        ("exec", OWNER, {"deny": ["Bash"], "allow": ["exec"]}, '- tools.deny: "Bash"'),
        ("exec", OWNER, {"allow": ["group:fs"]}, "- tools.allow does not name exec"),
        ("read", OWNER, {"allow": ["group:fs"]}, '+ tools.allow: "group:fs"'),
        ("exec", OWNER, {"allow": ["read"], "alsoAllow": ["exec"]}, '+ tools.allow: "exec"'),
        ("exec", OWNER, {"allow": ["-"]}, "- tools.allow does not name exec"),
        ("exec", OWNER, {"allow": ["mcp__gone__*"]}, "- tools.allow does not name exec"),
        # A list that names nothing is passed over for the owner alone.
        ("exec", OWNER, {"allow": ["exce"]}, "+ profile full of the owner"),
        ("read", ANA, {"allow": ["raed"]}, "- tools.allow does not name read"),
        # Senders.
        ("exec", ANA, {"toolsBySender": {"id:821071207": {"profile": "coding"}}},
         '+ tools.toolsBySender["id:821071207"].profile "coding"'),
        ("exec", ANA, {"toolsBySender": {"821071207": {"alsoAllow": ["exec"]}}}, "+ profile messaging of members"),
        ("exec", ANA, {"toolsBySender": {"username:ana": {"profile": "full"}, "name:ana": {"profile": "full"}}},
         "- profile messaging of members does not name exec"),
        ("exec", ANA, {"toolsBySender": {"*": {}, "role:member": {"profile": "full"}}},
         '+ tools.toolsBySender["role:member"].profile "full"'),
        ("gateway", ANA, {"toolsBySender": {"*": {"profile": "full"}}}, "- only the owner"),
        ("exec", ANA, {"deny": ["exec"], "toolsBySender": {"*": {"alsoAllow": ["exec"]}}}, '- tools.deny: "exec"'),
        ("read", ANA, {"toolsBySender": {"channel:telegram:821071207": {"deny": ["read"]}, "id:821071207": {}}},
         '- tools.toolsBySender["channel:telegram:821071207"].deny: "read"'),
        ("exec", OWNER, {"toolsBySender": {"role:owner": {"profile": "messaging"}}},
         '- tools.toolsBySender["role:owner"].profile "messaging" does not name exec'),
    ],
)  # fmt: skip
def test_which_common_rule_decides(name: str, who: Who, tools: dict[str, Any], expected: str) -> None:
    assert told(name, who, policy(tools)) == expected


def test_a_number_is_a_senders_name_where_the_channel_knows_people_by_numbers() -> None:
    who = Who(channel="sms", sender="+12015550123", role="stranger")
    by_sender = {"e164:+12015550123": {"deny": ["*"]}}

    assert told("read", who, policy({"toolsBySender": by_sender})).startswith('- tools.toolsBySender["e164:')
    assert told("read", Who(role="stranger"), policy({"toolsBySender": by_sender})).startswith("+")


def test_an_agents_profile_stands_in_the_place_of_the_common_one_and_its_lists_beside_it() -> None:
    agents = {"aurora": {"profile": "coding", "deny": ["exec"], "toolsBySender": {"*": {"deny": ["write"]}}}}
    made = policy({"profile": "minimal", "toolsBySender": {"*": {"deny": ["read"]}}}, agents=agents)
    aurora = Who("aurora")

    assert told("read", aurora, made) == '+ agents.list[aurora].tools.profile "coding"'
    assert told("exec", aurora, made) == '- agents.list[aurora].tools.deny: "exec"'
    assert told("write", aurora, made) == '- agents.list[aurora].tools.toolsBySender["*"].deny: "write"'
    assert told("cron", aurora, made) == '- agents.list[aurora].tools.profile "coding" does not name cron'
    assert told("exec", OWNER, made) == '- tools.profile "minimal" does not name exec'


@pytest.mark.parametrize(
    ("model", "name", "expected"),
    [
        ("openai/gpt-5", "exec", '- tools.byProvider["openai/gpt-5"].deny: "exec"'),
        ("OpenAI/gpt-6", "exec", '- tools.byProvider["openai"].profile "minimal" does not name exec'),
        ("anthropic/claude-opus-4-6", "exec", "+ profile full of the owner"),
        ("", "exec", "+ profile full of the owner"),
    ],
)
def test_rules_for_the_model_that_answers(model: str, name: str, expected: str) -> None:
    by_provider = {"openai": {"profile": "minimal"}, "openai/gpt-5": {"deny": ["exec"]}}

    assert told(name, Who(model=model), policy({"byProvider": by_provider})) == expected


def test_an_agents_rules_for_a_provider_hold_besides_the_common_ones() -> None:
    made = policy(
        {"byProvider": {"openai": {"deny": ["exec"]}}},
        agents={"main": {"byProvider": {"openai": {"allow": ["exec", "read"]}}}},
    )
    who = Who(model="openai/gpt-5")

    assert told("exec", who, made) == '- tools.byProvider["openai"].deny: "exec"'
    assert told("read", who, made) == '+ agents.list[main].tools.byProvider["openai"].allow: "read"'
    assert told("write", who, made).startswith(
        '- agents.list[main].tools.byProvider["openai"].allow does not'
    )


GROUPS = {
    "-100": {
        "tools": {"deny": ["read"]},
        "toolsBySender": {"id:821071206": {"deny": ["write"]}, "id:9": {"alsoAllow": ["cron"]}},
    },
    "*": {"tools": {"deny": ["message"]}},
}


@pytest.mark.parametrize(
    ("name", "who", "expected"),
    [
        ("read", GROUP, '- channels.telegram.groups["-100"].tools.deny: "read"'),
        ("message", GROUP, "+ profile messaging of members"),
        ("read", OWNER_IN_GROUP, "+ profile full of the owner"),
        ("write", OWNER_IN_GROUP, '- channels.telegram.groups["-100"].toolsBySender["id:821071206"].deny: "write"'),
        ("message", Who(channel="telegram", chat="-7", chat_type="group"),
         '- channels.telegram.groups["*"].tools.deny: "message"'),
        ("message", Who(channel="telegram", chat="-7"), "+ profile full of the owner"),
        ("message", Who(channel="telegram", account="work", chat="-7", chat_type="group"),
         "+ profile full of the owner"),
        ("cron", Who(channel="telegram", chat="-100", chat_type="group", sender="9", role="member"),
         "+ profile messaging of members"),
    ],
)  # fmt: skip
def test_which_rule_of_a_group_decides(name: str, who: Who, expected: str) -> None:
    assert told(name, who, policy(groups=GROUPS)) == expected


def test_a_channel_has_rules_of_its_own() -> None:
    made = policy(
        by_channel={"sms": {"deny": ["read"]}, "quo": {"profile": "minimal", "alsoAllow": ["cron"]}}
    )

    assert told("read", Who(channel="sms"), made) == '- tools.byChannel.sms.deny: "read"'
    assert told("read", Who(channel="telegram"), made) == "+ profile full of the owner"
    assert (
        told("cron", Who(channel="quo", role="stranger"), made) == '+ tools.byChannel.quo.profile "minimal"'
    )
    assert told("read", Who(channel="quo", role="stranger"), made).startswith("- tools.byChannel.quo.profile")


@pytest.mark.parametrize(
    ("name", "depth", "most", "expected"),
    [
        ("cron", 1, 1, "- no subagent has it"),
        ("memory_search", 1, 3, "- no subagent has it"),
        ("sessions_spawn", 1, 1, "- no subagent has it that has none of its own"),
        ("sessions_spawn", 1, 2, "+ profile full of the owner"),
        ("sessions_spawn", 2, 2, "- no subagent has it that has none of its own"),
        ("sessions_spawn", 0, 1, "+ profile full of the owner"),
        ("exec", 1, 1, '- tools.subagents.tools.deny: "exec"'),
        ("exec", 0, 1, "+ profile full of the owner"),
    ],
)
def test_what_subagents_never_have(name: str, depth: int, most: int, expected: str) -> None:
    made = policy(subagents={"deny": ["exec"]}, spawn_depth=most)

    assert told(name, Who(depth=depth), made) == expected


def test_no_rule_below_lets_through_what_one_above_denies() -> None:
    open_below = {"alsoAllow": ["*"], "allow": ["*"], "profile": "full"}
    made = policy(
        {"deny": ["exec"], "toolsBySender": {"*": open_below}},
        agents={"main": open_below},
        by_channel={"telegram": open_below},
        groups={"-100": {"tools": open_below}},
    )

    assert told("exec", GROUP, made) == '- tools.deny: "exec"'
    assert told("exec", OWNER_IN_GROUP, made) == '- tools.deny: "exec"'


def test_lists_that_name_nothing_are_found_wherever_they_stand() -> None:
    made = Policy(
        rules(allow=["exce"], byProvider={"openai": {"allow": ["raed"]}}),
        {"aurora": rules(allow=["read"])},
        dict(named_rules({"sms": ToolPolicyConfig(allow=("nothing",))})),
        {("telegram", "default"): group_rules({"-100": {"toolsBySender": {"*": {"allow": ["x"]}}}})},
    )

    assert [key for key, _ in idle_lists(made, PRESENT)] == [
        "tools.allow",
        "tools.byChannel.sms.allow",
        'tools.byProvider["openai"].allow',
        'channels.telegram.groups["-100"].toolsBySender["*"].allow',
    ]
