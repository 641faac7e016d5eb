import pytest

from openclaw.settings.editing.spelling import SpellingError, key_named, value_named
from openclaw.settings.problems import Key

TREE = {
    "agents": {"list": [{"id": "main"}]},
    "channels": {"telegram": {"groups": {"-100": {}}}},
    "Custom": {},
}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("gateway.port", ("gateway", "port")),
        ("GATEWAY.controlui.ENABLED", ("gateway", "controlUi", "enabled")),
        ("agents.list[0].id", ("agents", "list", 0, "id")),
        ("agents.list.0.id", ("agents", "list", 0, "id")),
        ("bindings[0].agentId", ("bindings", 0, "agentId")),
        (
            'agents.defaults.models["openai/gpt-4.1"].alias',
            ("agents", "defaults", "models", "openai/gpt-4.1", "alias"),
        ),
        ("channels.telegram.groups['-100'].tools", ("channels", "telegram", "groups", "-100", "tools")),
        ("channels.telegram.groups.-100.tools", ("channels", "telegram", "groups", "-100", "tools")),
        ("channels.telegram.accounts.7.enabled", ("channels", "telegram", "accounts", "7", "enabled")),
        ("custom.Anything", ("Custom", "Anything")),
        ("gatway.port", ("gatway", "port")),
    ],
)
def test_a_key_is_read_as_people_write_it(text: str, key: Key) -> None:
    assert key_named(text, TREE) == key


@pytest.mark.parametrize("text", ["", ".", "a..b", "a[", 'a["b', "a]"])
def test_what_is_no_key_is_told(text: str) -> None:
    with pytest.raises(SpellingError, match="is no key"):
        key_named(text, TREE)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("18800", ("gateway", "port"), 18800),
        ("true", ("commands", "config"), True),
        ("null", ("gateway", "port"), None),
        ("lan", ("gateway", "bind"), "lan"),
        ("12345", ("gateway", "auth", "token"), "12345"),
        ('"12345"', ("gateway", "auth", "token"), "12345"),
        ("['exec', 'cron']", ("tools", "deny"), ["exec", "cron"]),
        ("exec", ("tools", "deny"), "exec"),
        ("{ perDay: 5 }", ("budgets",), {"perDay": 5}),
        ("NaN", ("budgets", "perDay"), "NaN"),
    ],
)
def test_a_value_is_json5_or_the_text_itself(text: str, key: Key, value: object) -> None:
    assert value_named(text, key) == value


def test_strictly_it_is_nothing_but_json5() -> None:
    assert value_named("12345", ("gateway", "auth", "token"), strict=True) == 12345
    with pytest.raises(SpellingError, match="is no JSON5"):
        value_named("lan", ("gateway", "bind"), strict=True)
