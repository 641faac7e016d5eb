from pathlib import Path

import pyjson5
import pytest

from openclaw.migrate.original.config import adapted, owners, roster, workspaces
from openclaw.migrate.records import Json
from tests.migrate.houses import CONFIG, MODERN_CONFIG

STATE = Path("/srv/ours")
SECRETS = "file:/srv/ours/credentials/secrets.json#"


def test_the_text_stays_but_for_what_must_differ() -> None:
    found = adapted(CONFIG, pyjson5.decode(CONFIG), STATE, has_includes=False)
    tree = pyjson5.decode(found.text)

    assert "// my own remark" in found.text
    assert tree["gateway"]["auth"]["token"] == f"{SECRETS}/gateway.auth.token"
    assert tree["channels"]["telegram"]["botToken"] == f"{SECRETS}/channels.telegram.botToken"
    assert tree["agents"]["defaults"]["workspace"] == "/srv/ours/workspace"
    assert tree["browser"] == {"enabled": True}
    assert {each.name: each.value for each in found.secrets} == {
        "gateway.auth.token": "original-token-invented",
        "channels.telegram.botToken": "123456:invented",
    }


@pytest.mark.parametrize("value", ["${TELEGRAM_BOT_TOKEN}", "env:TOKEN", "file:/run/token", ""])
def test_a_reference_is_no_secret(value: str) -> None:
    tree = {"channels": {"telegram": {"botToken": value}}}

    found = adapted(pyjson5.dumps(tree), tree, STATE, has_includes=False)

    assert found.secrets == []
    assert pyjson5.decode(found.text) == tree


def test_agents_of_the_newer_spelling_become_a_list() -> None:
    tree: Json = {"agents": {"entries": {"main": {}, "aurora": {"default": True, "workspace": "~/aurora"}}}}

    found = adapted(pyjson5.dumps(tree), tree, STATE, has_includes=False)

    assert pyjson5.decode(found.text) == {
        "agents": {
            "list": [{"id": "main"}, {"id": "aurora", "default": True, "workspace": "/srv/ours/workspace"}]
        }
    }
    assert [name for name, _ in roster(tree)] == ["aurora", "main"]
    assert [(each.agent, each.path, each.target) for each in workspaces(tree)] == [
        ("aurora", "~/aurora", "workspace"),
        ("main", "", "workspace-main"),
    ]


def test_a_workspace_that_lies_where_ours_is_to_lie_stays() -> None:
    tree: Json = {"agents": {"defaults": {"workspace": "/srv/ours/workspace"}, "list": [{"id": "main"}]}}

    found = adapted(pyjson5.dumps(tree), tree, STATE, has_includes=False)

    assert pyjson5.decode(found.text) == tree
    assert found.told == []


def test_what_was_included_stands_in_one_file() -> None:
    tree: Json = {"session": {"dmScope": "per-peer"}, "channels": {"telegram": {"botToken": "invented"}}}

    found = adapted('{"$include": "other.json5"}', tree, STATE, has_includes=True)

    assert pyjson5.decode(found.text)["session"] == {"dmScope": "per-peer"}
    assert found.secrets[0].value == "invented"


def test_a_newer_file_reads_as_ours() -> None:
    found = adapted(pyjson5.dumps(MODERN_CONFIG), MODERN_CONFIG, STATE, has_includes=False)

    assert [each.what for each in found.told] == [
        "config agents.entries",
        "config gateway.auth.token",
        "config channels.telegram.botToken",
    ]


@pytest.mark.parametrize(
    ("tree", "ids", "alone"),
    [
        ({}, set(), True),
        ({"channels": {"telegram": {"allowFrom": [821071206]}}}, {"telegram:821071206"}, True),
        ({"channels": {"telegram": {"allowFrom": ["telegram:1"]}}}, {"telegram:1"}, True),
        ({"channels": {"telegram": {"allowFrom": ["*", "1"]}}}, {"telegram:1"}, False),
        ({"channels": {"telegram": {"dmPolicy": "open"}}}, set(), False),
        (
            {"commands": {"ownerAllowFrom": ["1"]}, "channels": {"telegram": {"allowFrom": ["1", "2"]}}},
            {"telegram:1"},
            False,
        ),
    ],
)
def test_whoever_is_let_in_without_being_the_owner_is_seen(tree: Json, ids: set[str], alone: bool) -> None:
    assert owners(tree) == (frozenset(ids), alone)
