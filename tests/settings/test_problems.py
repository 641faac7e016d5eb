import pytest

from openclaw.settings.problems import (
    Key,
    Problem,
    Raw,
    at,
    dotted,
    part_of,
    placed,
    sounds_secret,
    switch_off,
)
from openclaw.types.unreadable import UNREADABLE


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (("gateway", "port"), "gateway.port"),
        (("agents", "list", 0, "model"), "agents.list[0].model"),
        ((), ""),
    ],
)
def test_a_key_reads_as_people_write_it(key: Key, text: str) -> None:
    assert dotted(key) == text


def test_a_problem_says_where_what_and_what_to_do() -> None:
    problem = Problem("gateway.port", "error", "it must be a number", "Mend gateway.port.")

    assert str(problem) == "gateway.port: it must be a number. Mend gateway.port."


@pytest.mark.parametrize(
    "name", ["apiKey", "botToken", "webhookSecret", "x-api-key", "Authorization", "password"]
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert sounds_secret(name)
    assert not sounds_secret("port")


@pytest.mark.parametrize(
    ("key", "part", "value"),
    [
        (("channels", "telegram", "dmPolicy"), ("channels", "telegram"), None),
        (
            ("channels", "telegram", "accounts", "work", "botToken"),
            ("channels", "telegram", "accounts", "work"),
            None,
        ),
        (("agents", "list", 2, "tools", "deny"), ("agents", "list", 2), None),
        (("models", "providers", "x", "baseUrl"), ("models", "providers", "x"), None),
        (("models", "providers", "x", "models", 1, "id"), ("models", "providers", "x", "models", 1), None),
        (("skills", "entries", "w", "env"), ("skills", "entries", "w"), {"enabled": False}),
        (("tools", "profile"), ("tools", "profile"), "minimal"),
        (("tools", "deny", 3), ("tools", "deny"), ["*"]),
        (("tools", "byProvider", "openai", "deny"), ("tools", "byProvider", "openai"), {"deny": ["*"]}),
        (("tools", "byChannel", "sms", "profile"), ("tools", "byChannel", "sms"), {"deny": ["*"]}),
        (("tools", "toolsBySender", "id:7", "allow"), ("tools", "toolsBySender", "id:7"), {"deny": ["*"]}),
        (("tools", "toolsBySender"), ("tools", "toolsBySender"), {"*": {"deny": ["*"]}}),
        (("tools", "subagents", "tools"), ("tools", "subagents"), {"tools": {"deny": ["*"]}}),
        (("commands", "ownerAllowFrom"), ("commands", "ownerAllowFrom"), ["-"]),
        (
            ("sendPolicy", "rules", 1, "match", "hours"),
            ("sendPolicy", "rules", 1, "match", "hours"),
            UNREADABLE,
        ),
        (
            ("session", "sendPolicy", "rules", 1, "match", "chatType"),
            ("session", "sendPolicy", "rules", 1, "match", "chatType"),
            UNREADABLE,
        ),
        (("sendPolicy", "rules", 1, "match"), ("sendPolicy", "rules", 1, "match"), {"channel": UNREADABLE}),
        (("sendPolicy", "rules", 1, "action"), ("sendPolicy", "rules", 1, "action"), "deny"),
        (("sendPolicy", "rules", 1, "reply"), ("sendPolicy", "rules", 1, "reply"), None),
        (
            ("sendPolicy", "rules", 1),
            ("sendPolicy", "rules", 1),
            {"action": "allow", "match": {"channel": UNREADABLE}},
        ),
        (("sendPolicy", "rules"), ("sendPolicy",), {"rules": [{"action": "deny"}]}),
        (("session", "sendPolicy", "default"), ("session", "sendPolicy", "default"), "deny"),
        (("session", "identityLinks", "a b", 0), ("session", "identityLinks", "a b"), None),
        (("budgets", "perDay"), ("budgets", "perDay"), 0),
        (("budgets",), ("budgets",), {"perDay": 0}),
        (("gateway", "port"), ("gateway", "port"), None),
        (("channels",), ("channels",), None),
    ],
)
def test_a_mistake_costs_the_smallest_part_and_never_loosens_a_rule(
    key: Key, part: Key, value: object
) -> None:
    found = part_of(key)

    assert (found.key, found.value) == (part, value)
    assert found.consequence.endswith(".")


@pytest.mark.parametrize(
    ("raw", "key", "value", "result"),
    [
        ({}, ("a", "b"), 1, {"a": {"b": 1}}),
        ({"a": {"b": 1, "c": 2}}, ("a", "b"), None, {"a": {"c": 2}}),
        ({"a": 5}, ("a", "b"), 1, {"a": {"b": 1}}),
        ({"a": [1, 2]}, ("a", 0), None, {"a": [2]}),
        ({"a": [{"b": 1}]}, ("a", 0, "b"), 2, {"a": [{"b": 2}]}),
        ({}, ("a", 0, "b"), 2, {"a": [{"b": 2}]}),
    ],
)
def test_a_value_is_placed_in_a_copy(raw: Raw, key: Key, value: object, result: Raw) -> None:
    before = repr(raw)

    assert placed(raw, key, value) == result
    assert repr(raw) == before


def test_several_items_of_a_list_are_switched_off_together() -> None:
    raw = {"agents": {"list": [{"id": str(number)} for number in range(12)]}}

    left = switch_off(raw, [part_of(("agents", "list", number)) for number in (2, 11, 2, 0)])

    assert [agent["id"] for agent in left["agents"]["list"]] == ["1", "3", "4", "5", "6", "7", "8", "9", "10"]


def test_what_is_not_there_is_not_made_by_switching_it_off() -> None:
    assert switch_off({}, [part_of(("channels", "telegram", "botToken"))]) == {}


def test_at_looks_without_complaint() -> None:
    assert at({"a": [{"b": 1}]}, ("a", 0, "b")) == 1
    assert at({"a": [{"b": 1}]}, ("a", 5, "b")) is None
    assert at({"a": 5}, ("a", "b")) is None
