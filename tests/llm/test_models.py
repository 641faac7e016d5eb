from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from openclaw.llm import anthropic as anthropic_plugin
from openclaw.llm import offline
from openclaw.llm.chat import Delta, Message, ModelError, Provider, Reply, Request
from openclaw.llm.config import AuthConfig, LlmConfig, ModelsConfig
from openclaw.llm.models import Models, TurnModel
from openclaw.types.clock import SystemClock
from openclaw.types.conversation import Text
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeAnthropic

Json = Mapping[str, Any]
PROVIDERS: dict[str, Provider] = {each.api: each for each in (anthropic_plugin.provider, offline.provider)}
ASK = Request("", "You help.", (Message("user", (Text("hello"),)),))


class PlainResolver:
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        return Secret(reference.text)


def models(providers: Json | None = None, *, auth: Json | None = None, llm: Json | None = None) -> Models:
    return Models(
        ModelsConfig.model_validate({"providers": providers or {}}),
        AuthConfig.model_validate(auth or {}),
        LlmConfig.model_validate(llm or {}),
        PlainResolver(),
        SystemClock(),
        PROVIDERS,
    )


@asynccontextmanager
async def closing(house: Models) -> AsyncIterator[Models]:
    try:
        yield house
    finally:
        await house.aclose()


def for_turn(house: Models, ref: str | None = None, *, agent: str = "main") -> TurnModel:
    return house.for_turn(ref, agent=agent, session=f"agent:{agent}:main", channel="telegram", trace="t_01")


async def ask(model: TurnModel) -> Reply:
    async def ignore(delta: Delta) -> None: ...

    async def withdraw() -> None: ...

    return await model.ask(ASK, ignore, withdraw)


async def failing(house: Models, ref: str) -> ModelError:
    model = for_turn(house, ref)
    with pytest.raises(ModelError) as raised:
        await ask(model)
    assert model.name == raised.value.model
    return raised.value


async def test_a_turn_s_model_answers(anthropic: FakeAnthropic) -> None:
    async with closing(models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}})) as house:
        model = for_turn(house)
        reply = await ask(model)

    assert model.name == reply.model == "anthropic/claude-opus-4-6"
    assert reply.text == "ok: hello"
    assert reply.usage.cost > 0


async def test_a_name_in_any_case_finds_its_provider_s_address_and_headers(anthropic: FakeAnthropic) -> None:
    config = {
        "House": {
            "api": "anthropic-messages",
            "apiKey": "sk-house",
            "baseUrl": anthropic.url,
            "headers": {"x-team": "Küche"},
            "models": [{"id": "House-Large", "cost": {"input": 1, "output": 1}, "maxTokens": 500}],
        }
    }
    async with closing(models(config)) as house:
        reply = await ask(for_turn(house, "house/HOUSE-large"))

    sent = anthropic.requests[0]
    assert (sent.body["model"], sent.body["max_tokens"]) == ("House-Large", 500)
    assert sent.headers["authorization"] == "Bearer sk-house"
    assert sent.headers["x-team"] == "K%C3%BCche"
    assert reply.model == "house/House-Large"


async def test_routing_headers_are_filled_in_for_each_turn(anthropic: FakeAnthropic) -> None:
    llm = {
        "routing": {
            "headers": {"x-where": "{channel} {session} {trace}", "x-tier": "silver"},
            "perAgent": {"aurora": {"headers": {"x-tier": "gold"}}},
        }
    }
    async with closing(models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}}, llm=llm)) as house:
        await ask(for_turn(house, agent="aurora"))
        await ask(for_turn(house))

    aurora, main = (request.headers for request in anthropic.requests)
    assert aurora["x-where"] == "telegram agent:aurora:main t_01"
    assert (aurora["x-tier"], main["x-tier"]) == ("gold", "silver")
    assert (aurora["x-openclaw-agent"], main["x-openclaw-agent"]) == ("aurora", "main")
    assert aurora["x-api-key"] == "sk-1"


async def test_the_first_profile_in_order_gives_the_key(anthropic: FakeAnthropic) -> None:
    auth = {
        "profiles": {"anthropic:a": {"apiKey": "sk-a"}, "anthropic:b": {"apiKey": "sk-b"}},
        "order": {"anthropic": ["anthropic:b", "anthropic:a"]},
    }
    async with closing(
        models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}}, auth=auth)
    ) as house:
        await ask(for_turn(house))

    assert anthropic.requests[0].headers["authorization"] == "Bearer sk-b"


@pytest.mark.parametrize("ref", [None, "anthropic/claude-opus-4-6", "nobody/knows", "offline"])
async def test_without_any_key_the_offline_model_answers(ref: str | None) -> None:
    async with closing(models({"anthropic": {"baseUrl": "http://127.0.0.1:9"}})) as house:
        reply = await ask(for_turn(house, ref))

        assert house.default_name(ref) == reply.model == "offline/offline"
        assert reply.text.startswith(offline.NO_KEY)
        assert reply.usage.cost == 0


async def test_the_offline_model_can_be_asked_for_by_name() -> None:
    async with closing(models({"anthropic": {"apiKey": "sk-1"}})) as house:
        assert (await ask(for_turn(house, "offline"))).model == "offline/offline"


@pytest.mark.parametrize(
    ("ref", "fault", "named"),
    [
        ("openai/gpt-x", "invalid", "openai-completions"),
        ("nobody/knows", "invalid", "models.providers.nobody"),
        ("keyless/x", "auth", "models.providers.keyless.apiKey"),
        ("placeless/x", "invalid", "models.providers.placeless.baseUrl"),
        ("bare/x", "invalid", "models.providers.bare.baseUrl"),
        ("odd/x", "invalid", "'smoke-signals'"),
    ],
)
async def test_a_model_that_cannot_be_asked_names_what_is_missing(ref: str, fault: str, named: str) -> None:
    config = {
        "anthropic": {"apiKey": "sk-1"},
        "openai": {"apiKey": "sk-2"},
        "keyless": {"api": "anthropic-messages", "baseUrl": "http://127.0.0.1:9"},
        "placeless": {"api": "anthropic-messages", "apiKey": "sk-3"},
        "bare": {"api": "anthropic-messages", "apiKey": "sk-3", "baseUrl": "127.0.0.1:9"},
        "odd": {"api": "smoke-signals", "apiKey": "sk-4", "baseUrl": "http://127.0.0.1:9"},
    }
    async with closing(models(config)) as house:
        error = await failing(house, ref)
        await house.warm(ref)

    assert error.fault == fault
    assert named in error.detail


async def test_turns_share_one_connection(anthropic: FakeAnthropic) -> None:
    async with closing(models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}})) as house:
        for _ in range(3):
            await ask(for_turn(house))

        assert len(anthropic._connections) == 1


@pytest.mark.parametrize(
    ("known", "window"),
    [
        (lambda house: house.info(), 1_000_000),
        (lambda house: house.info("claude-haiku-4-5"), 200_000),
    ],
)
def test_a_model_s_window_is_known(known: Callable[[Models], Any], window: int) -> None:
    assert known(models({"anthropic": {"apiKey": "sk-1"}})).context_window == window


async def test_names_are_canonical_and_warming_is_quiet() -> None:
    house = models({"anthropic": {"apiKey": "sk-1"}})

    assert house.default_name() == "anthropic/claude-opus-4-6"
    assert house.default_name("Claude-Sonnet-4-6") == "anthropic/claude-sonnet-4-6"
    await house.warm()
