from collections.abc import Mapping

import pytest

from openclaw.llm.config import AuthConfig, ModelsConfig
from openclaw.llm.profiles import Profile, can_ask_any, is_ordered, named_profile, profiles_of, queue
from openclaw.types.secrets import SecretRef

MODELS = ModelsConfig.model_validate({"providers": {"Anthropic": {"apiKey": "env:OWN"}, "house": {}}})
PROFILES = {
    "anthropic:empty": {"provider": "anthropic"},
    "anthropic:a": {"provider": "anthropic", "apiKey": "env:A"},
    "anthropic:b": {"apiKey": "env:B"},
    "openai:c": {"provider": "openai", "apiKey": "env:C"},
}
KEPT = {
    "anthropic:empty": Profile("anthropic:empty", "anthropic", SecretRef("sk-kept")),
    "anthropic:old": Profile("anthropic:old", "anthropic", SecretRef("env:OLD")),
}


@pytest.mark.parametrize(
    ("profiles", "order", "stored", "expected"),
    [
        ({}, [], {}, {"anthropic:default": "env:OWN"}),
        (PROFILES, [], {}, {"anthropic:a": "env:A", "anthropic:b": "env:B", "anthropic:default": "env:OWN"}),
        (
            PROFILES,
            ["anthropic:gone", "openai:c", "anthropic:b"],
            {},
            {"anthropic:b": "env:B", "anthropic:a": "env:A", "anthropic:default": "env:OWN"},
        ),
        (
            PROFILES,
            ["anthropic:default", "anthropic:b"],
            {},
            {"anthropic:default": "env:OWN", "anthropic:b": "env:B", "anthropic:a": "env:A"},
        ),
        (
            {"anthropic:default": {"apiKey": "env:X"}},
            [],
            {},
            {"anthropic:default": "env:X", "anthropic:config": "env:OWN"},
        ),
        ({"anthropic:same": {"apiKey": "env:OWN"}}, [], {}, {"anthropic:same": "env:OWN"}),
        (
            {"anthropic:empty": {}},
            [],
            KEPT,
            {"anthropic:empty": "sk-kept", "anthropic:old": "env:OLD", "anthropic:default": "env:OWN"},
        ),
    ],
)
def test_the_order_comes_first_then_profiles_then_the_provider(
    profiles: dict[str, object], order: list[str], stored: Mapping[str, Profile], expected: dict[str, str]
) -> None:
    auth = AuthConfig.model_validate({"profiles": profiles, "order": {"Anthropic": order}})

    found = profiles_of("anthropic", MODELS, auth, stored)

    assert {profile.id: profile.key.text for profile in found if profile.key} == expected
    assert [profile.id for profile in found] == list(expected)
    assert is_ordered("anthropic", auth) is bool(order)


def test_a_provider_may_have_no_key() -> None:
    assert profiles_of("house", MODELS, AuthConfig(), {}) == ()
    assert profiles_of("unheard-of", MODELS, AuthConfig(), {}) == ()


@pytest.mark.parametrize(
    ("ordered", "favourite", "names"),
    [
        (True, None, "a b own"),
        (False, None, "b a own"),
        (False, "a", "a b own"),
        (True, "own", "own a b"),
        (True, "gone", "a b own"),
    ],
)
def test_without_an_order_the_key_that_rested_longest_is_first(
    ordered: bool, favourite: str | None, names: str
) -> None:
    keys = [Profile("a", "x", None), Profile("b", "x", None), Profile("own", "x", None, own=True)]

    queued = queue(keys, {"a": 2, "b": 1}, ordered=ordered, favourite=favourite)

    assert " ".join(profile.id for profile in queued) == names


@pytest.mark.parametrize(
    ("models", "auth", "known"),
    [
        ({}, {}, False),
        ({"anthropic": {"apiKey": ""}}, {}, False),
        ({"anthropic": {"baseUrl": "http://127.0.0.1:1"}}, {"anthropic:x": {}}, False),
        ({"anthropic": {"apiKey": "env:ANTHROPIC_API_KEY"}}, {}, True),
        ({}, {"anthropic:x": {"apiKey": "env:X"}}, True),
        ({"ollama": {"api": "openai-completions", "baseUrl": "http://127.0.0.1:11434/v1"}}, {}, True),
        ({"far": {"api": "openai-completions", "baseUrl": "https://llm.example.org/v1"}}, {}, False),
    ],
)
def test_an_empty_key_is_none(models: dict[str, object], auth: dict[str, object], known: bool) -> None:
    config = ModelsConfig.model_validate({"providers": models})

    assert can_ask_any(config, AuthConfig.model_validate({"profiles": auth}), {}) is known


def test_a_stored_key_is_one() -> None:
    assert can_ask_any(ModelsConfig(), AuthConfig(), KEPT)


@pytest.mark.parametrize(
    ("text", "found"),
    [("work", "anthropic:Work"), ("Anthropic:work", "anthropic:Work"), ("home", None), ("openai:work", None)],
)
def test_a_key_is_called_by_its_short_or_its_full_name(text: str, found: str | None) -> None:
    assert named_profile(text, "anthropic", ("anthropic:Work", "openai:x")) == found
