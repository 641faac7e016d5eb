from typing import Any

import pytest

from openclaw.llm.config import ModelsConfig
from openclaw.llm.selection import (
    Found,
    Listed,
    Menu,
    Unknown,
    canonical,
    choosable,
    find_model,
    guess_model,
    model_of_channel,
    nearest,
)

PROVIDERS: dict[str, Any] = {
    "anthropic": {"apiKey": "sk-1"},
    "House": {"api": "anthropic-messages", "models": [{"id": "House-Large"}, {"id": "House-Small-2"}]},
    "ollama": {"api": "openai-completions", "baseUrl": "http://127.0.0.1:11434/v1"},
}
ALL = Menu(ModelsConfig.model_validate({"providers": PROVIDERS}), {}, ("anthropic:work", "anthropic:home"))
SOME = Menu(
    ALL.config,
    {
        "anthropic/claude-opus-4-6": Listed("opus"),
        "anthropic/claude-haiku-4-5": Listed(),
        "house/house-large": Listed("Big"),
    },
    ALL.profiles,
)


@pytest.mark.parametrize(
    ("text", "menu", "ref"),
    [
        (None, ALL, "anthropic/claude-opus-4-6"),
        ("opus", SOME, "anthropic/claude-opus-4-6"),
        ("BIG", SOME, "house/House-Large"),
        ("House-Small-2", ALL, "house/House-Small-2"),
        ("new-model", ALL, "anthropic/new-model"),
    ],
)
def test_the_config_may_use_aliases_and_names_we_do_not_know(text: str | None, menu: Menu, ref: str) -> None:
    assert str(canonical(text, menu)) == ref


@pytest.mark.parametrize(
    ("text", "menu", "ref", "profile"),
    [
        ("anthropic/claude-opus-4-6", ALL, "anthropic/claude-opus-4-6", None),
        ("Anthropic/Claude-Opus-4-6", ALL, "anthropic/claude-opus-4-6", None),
        ("claude-haiku-4-5", ALL, "anthropic/claude-haiku-4-5", None),
        ("claude-haiku-4-5-20251001", ALL, "anthropic/claude-haiku-4-5-20251001", None),
        ("house/house-large", ALL, "house/House-Large", None),
        ("house-large", ALL, "house/House-Large", None),
        ("ollama/anything:7b", ALL, "ollama/anything:7b", None),
        ("openrouter/some/model", ALL, "openrouter/some/model", None),
        ("offline", ALL, "offline/offline", None),
        ("claude-opus-4-6@work", ALL, "anthropic/claude-opus-4-6", "anthropic:work"),
        ("opus@anthropic:home", SOME, "anthropic/claude-opus-4-6", "anthropic:home"),
        ("ollama/qwen@q4", ALL, "ollama/qwen@q4", None),
        ("Opus", SOME, "anthropic/claude-opus-4-6", None),
        ("claude-haiku-4-5", SOME, "anthropic/claude-haiku-4-5", None),
    ],
)
def test_a_model_is_found_by_each_of_its_names(text: str, menu: Menu, ref: str, profile: str | None) -> None:
    found = find_model(text, menu)

    assert isinstance(found, Found)
    assert (str(found.ref), found.profile) == (ref, profile)


@pytest.mark.parametrize(
    ("text", "menu", "first", "forbidden"),
    [
        ("claude-opsu-4-6", ALL, "anthropic/claude-opus-4-6", False),
        ("anthropic/claude-haiku-4-6", ALL, "anthropic/claude-haiku-4-5", False),
        ("house/large", ALL, "house/House-Large", False),
        ("nobody/knows", ALL, "", False),
        ("claude-sonnet-4-6", SOME, "", True),
        ("haiku", SOME, "anthropic/claude-haiku-4-5", False),
        ("ollama/qwen3", SOME, "", True),
    ],
)
def test_an_unknown_model_is_answered_with_the_nearest(
    text: str, menu: Menu, first: str, forbidden: bool
) -> None:
    found = find_model(text, menu)

    assert isinstance(found, Unknown)
    assert found.forbidden is forbidden
    assert len(found.nearest) == 3
    assert set(found.nearest) <= {str(ref) for ref in choosable(menu)}
    if first:
        assert found.nearest[0] == first


@pytest.mark.parametrize(
    ("text", "menu", "ref"),
    [
        ("opus", SOME, "anthropic/claude-opus-4-6"),
        ("opus", ALL, "anthropic/claude-opus-5-5"),
        ("opus 4.6", ALL, "anthropic/claude-opus-4-6"),
        ("sonet", ALL, "anthropic/claude-sonnet-5-5"),
        ("haiku", SOME, "anthropic/claude-haiku-4-5"),
        ("house", ALL, "house/House-Small-2"),
        ("large", SOME, "house/House-Large"),
        ("anthropic", SOME, "anthropic/claude-opus-4-6"),
        ("", ALL, None),
        ("a", ALL, None),
        ("4", ALL, None),
        ("what", ALL, None),
        ("hello there", ALL, None),
        ("write a haiku", ALL, None),
        ("sonnet", SOME, None),
    ],
)
def test_new_guesses_only_what_is_likely(text: str, menu: Menu, ref: str | None) -> None:
    found = guess_model(text, menu)

    assert (str(found.ref) if found is not None else None) == ref


def test_only_listed_models_are_known_when_the_config_replaces() -> None:
    menu = Menu(ModelsConfig.model_validate({"mode": "replace", "providers": PROVIDERS}))

    assert [str(ref) for ref in choosable(menu)] == ["house/House-Large", "house/House-Small-2"]
    assert isinstance(find_model("claude-opus-4-6", menu), Unknown)
    assert isinstance(find_model("openai/gpt-5", menu), Unknown)


def test_the_nearest_of_nonsense_are_still_some() -> None:
    assert len(nearest("¿?", ALL)) == 3


@pytest.mark.parametrize(
    ("places", "chat", "thread", "ref"),
    [
        ({"telegram": {"-100": "opus"}}, "-100", None, "opus"),
        ({"Telegram": {"-100": "opus", "-100:topic:7": "haiku"}}, "-100", "7", "haiku"),
        ({"telegram": {"-100": "opus"}}, "-100", "8", "opus"),
        ({"telegram": {"*": "sonnet"}}, "-5", None, "sonnet"),
        ({"telegram": "haiku"}, "-5", None, "haiku"),
        ({"telegram": {"-100": "opus"}}, "-5", None, None),
        ({"telegram": ["odd"]}, "-5", None, None),
        ({"telegram": {"-5": 3}}, "-5", None, None),
        ({"sms": "haiku"}, "-5", None, None),
    ],
)
def test_a_channel_may_have_a_model_of_its_own(
    places: dict[str, object], chat: str, thread: str | None, ref: str | None
) -> None:
    assert model_of_channel(places, "telegram", chat, thread) == ref


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("anthropic/claude-of-our-own", True),
        ("claude-opus-4-6", True),
        ("claude-opus-4-6-20260115", True),
        ("claude-opsu", False),
        ("sonnet", False),
    ],
)
def test_an_endpoint_of_the_owners_may_have_any_model_that_is_named_with_its_provider(
    text: str, known: bool
) -> None:
    proxy = {"anthropic": {"api": "anthropic-messages", "baseUrl": "http://127.0.0.1:8080"}}
    menu = Menu(ModelsConfig.model_validate({"providers": proxy}))

    assert isinstance(find_model(text, menu), Found) is known
