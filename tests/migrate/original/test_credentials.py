from pathlib import Path
from typing import Any

import pytest

from openclaw.migrate.original.credentials import (
    allow_list,
    list_file,
    list_target,
    merged_profiles,
    our_profiles,
)
from tests.migrate.houses import KEY, PROFILES

STATE = Path("/srv/ours")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("telegram-allowFrom.json", ("telegram", "default")),
        ("telegram-second-bot-allowFrom.json", ("telegram", "second-bot")),
        ("telegram-pairing.json", None),
        ("../telegram-allowFrom.json", None),
    ],
)
def test_a_list_is_known_by_its_name(name: str, place: tuple[str, str] | None) -> None:
    assert list_file(name) == place


def test_ids_are_bare_and_each_is_there_once() -> None:
    found = allow_list("x", ("telegram", "default"), ["telegram:1", "1", 2, {}, " "])

    assert found.ids == ("1", "2")
    assert list_target(found) == "credentials/telegram-allowFrom.json"
    assert list_target(allow_list("x", ("sms", "b"), [])) == "credentials/sms-b-allowFrom.json"


def test_keys_become_references_and_logins_stay() -> None:
    document, secrets, told = our_profiles(PROFILES, STATE, "theirs.json", "ours.json")

    assert document["profiles"] == {
        "anthropic:default": {
            "type": "api_key",
            "provider": "anthropic",
            "keyRef": "file:/srv/ours/credentials/secrets.json#/auth.anthropic:default",
        }
    }
    assert document["lastGood"] == {"anthropic": "anthropic:default"}
    assert set(document["usageStats"]) == {"anthropic:default"}
    assert [(each.name, each.value) for each in secrets] == [("auth.anthropic:default", KEY)]
    assert [(each.what, each.outcome) for each in told] == [
        ("key anthropic:default", "adapted"),
        ("key anthropic:work", "left"),
    ]


@pytest.mark.parametrize(
    ("profile", "kept"),
    [
        ({"type": "api_key", "keyRef": {"source": "env", "id": "KEY"}}, {"source": "env", "id": "KEY"}),
        ({"type": "api_key", "key": "${KEY}"}, "${KEY}"),
        ({"type": "api_key", "key": "env:KEY"}, "env:KEY"),
        ({"type": "api_key", "keyRef": {"source": "exec", "id": "x"}}, None),
        ({"type": "api_key"}, None),
        ({"type": "token", "token": "x"}, None),
        ({"type": "unheard"}, None),
        ("text", None),
    ],
)
def test_each_kind_of_profile_comes_over_or_says_why_not(profile: Any, kept: object) -> None:
    document, secrets, told = our_profiles({"profiles": {"p": profile}}, STATE, "f", "t")

    assert secrets == []
    assert document["profiles"].get("p", {}).get("keyRef") == kept
    assert told[0].outcome == ("came over" if kept else "left")
    assert bool(told[0].why) is (kept is None)


def test_agents_share_their_keys_and_the_first_one_counts() -> None:
    first = {"profiles": {"a": {"key": "1"}}, "lastGood": {"p": "a"}}
    second = {"profiles": {"a": {"key": "2"}, "b": {"key": "3"}}, "lastGood": {"p": "b", "q": "b"}}

    merged = merged_profiles([first, second])

    assert merged is not None
    assert merged["profiles"] == {"a": {"key": "1"}, "b": {"key": "3"}}
    assert merged["lastGood"] == {"p": "a", "q": "b"}
    assert merged_profiles([]) is None
