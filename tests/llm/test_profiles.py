import pytest

from openclaw.llm.config import AuthConfig, ModelsConfig
from openclaw.llm.profiles import first_key, has_any_key
from openclaw.types.secrets import SecretRef

MODELS = ModelsConfig.model_validate({"providers": {"Anthropic": {"apiKey": "env:OWN"}, "house": {}}})
PROFILES = {
    "anthropic:empty": {"provider": "anthropic"},
    "anthropic:a": {"provider": "anthropic", "apiKey": "env:A"},
    "anthropic:b": {"apiKey": "env:B"},
    "openai:c": {"provider": "openai", "apiKey": "env:C"},
}


@pytest.mark.parametrize(
    ("profiles", "order", "expected"),
    [
        ({}, [], "env:OWN"),
        (PROFILES, [], "env:A"),
        (PROFILES, ["anthropic:b", "anthropic:a"], "env:B"),
        (PROFILES, ["anthropic:gone", "anthropic:empty", "openai:c", "anthropic:b"], "env:B"),
    ],
)
def test_the_order_comes_first_then_profiles_then_the_provider(
    profiles: dict[str, object], order: list[str], expected: str
) -> None:
    auth = AuthConfig.model_validate({"profiles": profiles, "order": {"Anthropic": order}})

    assert first_key("anthropic", MODELS, auth) == SecretRef(expected)


def test_a_provider_may_have_no_key() -> None:
    assert first_key("house", MODELS, AuthConfig()) is None
    assert first_key("unheard-of", MODELS, AuthConfig()) is None


@pytest.mark.parametrize(
    ("models", "auth", "known"),
    [
        ({}, {}, False),
        ({"anthropic": {"apiKey": ""}}, {}, False),
        ({"anthropic": {"baseUrl": "http://127.0.0.1:1"}}, {"anthropic:x": {}}, False),
        ({"anthropic": {"apiKey": "env:ANTHROPIC_API_KEY"}}, {}, True),
        ({}, {"anthropic:x": {"apiKey": "env:X"}}, True),
    ],
)
def test_an_empty_key_is_none(models: dict[str, object], auth: dict[str, object], known: bool) -> None:
    config = ModelsConfig.model_validate({"providers": models})

    assert has_any_key(config, AuthConfig.model_validate({"profiles": auth})) is known
