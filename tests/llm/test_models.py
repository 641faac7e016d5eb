from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.llm import offline
from openclaw.llm.chat import ModelError
from openclaw.llm.models import Choice, Models, TurnModel
from openclaw.llm.routing import Asker
from openclaw.llm.selection import Listed
from tests.fakes import Failure, FakeAnthropic, Reply
from tests.llm.made import HELLO, NOW, TestClock, ask, models


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth-profiles.json"


@asynccontextmanager
async def closing(house: Models) -> AsyncIterator[Models]:
    try:
        yield house
    finally:
        await house.aclose()


def for_turn(house: Models, ref: str | None = None, *, agent: str = "main") -> TurnModel:
    return house.for_turn(Choice(ref), Asker(agent, f"agent:{agent}:main", "telegram", "t_01"))


async def failing(house: Models, ref: str) -> ModelError:
    model = for_turn(house, ref)
    with pytest.raises(ModelError) as raised:
        await ask(model)
    assert model.name == raised.value.model
    return raised.value


async def test_a_turn_s_model_answers(anthropic: FakeAnthropic, path: Path) -> None:
    async with closing(models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}}, path)) as house:
        model = for_turn(house)
        reply = await ask(model)

    assert model.name == reply.model == "anthropic/claude-opus-4-6"
    assert reply.text == "ok: hello"
    assert reply.usage.cost > 0


async def test_a_name_in_any_case_finds_its_provider_s_address_and_headers(
    anthropic: FakeAnthropic, path: Path
) -> None:
    config = {
        "House": {
            "api": "anthropic-messages",
            "apiKey": "sk-house",
            "baseUrl": anthropic.url,
            "headers": {"x-team": "Küche"},
            "models": [{"id": "House-Large", "cost": {"input": 1, "output": 1}, "maxTokens": 500}],
        }
    }
    async with closing(models(config, path)) as house:
        reply = await ask(for_turn(house, "house/HOUSE-large"))

    sent = anthropic.requests[0]
    assert (sent.body["model"], sent.body["max_tokens"]) == ("House-Large", 500)
    assert sent.headers["authorization"] == "Bearer sk-house"
    assert sent.headers["x-team"] == "K%C3%BCche"
    assert reply.model == "house/House-Large"


async def test_routing_headers_are_filled_in_for_each_turn(anthropic: FakeAnthropic, path: Path) -> None:
    llm = {
        "routing": {
            "headers": {"x-where": "{channel} {session} {trace}", "x-tier": "silver"},
            "perAgent": {"aurora": {"headers": {"x-tier": "gold"}}},
        }
    }
    async with closing(
        models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}}, path, llm=llm)
    ) as house:
        await ask(for_turn(house, agent="aurora"))
        await ask(for_turn(house))

    aurora, main = (request.headers for request in anthropic.requests)
    assert aurora["x-where"] == "telegram agent:aurora:main t_01"
    assert (aurora["x-tier"], main["x-tier"]) == ("gold", "silver")
    assert (aurora["x-openclaw-agent"], main["x-openclaw-agent"]) == ("aurora", "main")
    assert aurora["x-api-key"] == "sk-1"


async def test_the_first_profile_in_order_gives_the_key(anthropic: FakeAnthropic, path: Path) -> None:
    auth = {
        "profiles": {"anthropic:a": {"apiKey": "sk-a"}, "anthropic:b": {"apiKey": "sk-b"}},
        "order": {"anthropic": ["anthropic:b", "anthropic:a"]},
    }
    async with closing(
        models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}}, path, auth=auth)
    ) as house:
        await ask(for_turn(house))

    assert anthropic.requests[0].headers["authorization"] == "Bearer sk-b"


@pytest.mark.parametrize("ref", [None, "anthropic/claude-opus-4-6", "nobody/knows", "offline"])
async def test_without_any_key_the_offline_model_answers(path: Path, ref: str | None) -> None:
    async with closing(models({"anthropic": {"baseUrl": "http://127.0.0.1:9"}}, path)) as house:
        reply = await ask(for_turn(house, ref))

        assert house.default_name(ref) == reply.model == "offline/offline"
        assert reply.text.startswith(offline.NO_KEY)
        assert reply.usage.cost == 0


async def test_the_offline_model_can_be_asked_for_by_name(path: Path) -> None:
    async with closing(models({"anthropic": {"apiKey": "sk-1"}}, path)) as house:
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
async def test_a_model_that_cannot_be_asked_names_what_is_missing(
    path: Path, ref: str, fault: str, named: str
) -> None:
    config = {
        "anthropic": {"apiKey": "sk-1"},
        "openai": {"apiKey": "sk-2"},
        "keyless": {"api": "anthropic-messages", "baseUrl": "http://127.0.0.1:9"},
        "placeless": {"api": "anthropic-messages", "apiKey": "sk-3"},
        "bare": {"api": "anthropic-messages", "apiKey": "sk-3", "baseUrl": "127.0.0.1:9"},
        "odd": {"api": "smoke-signals", "apiKey": "sk-4", "baseUrl": "http://127.0.0.1:9"},
    }
    async with closing(models(config, path)) as house:
        error = await failing(house, ref)
        await house.warm(ref)

    assert error.fault == fault
    assert named in error.detail


async def test_turns_share_one_connection(anthropic: FakeAnthropic, path: Path) -> None:
    async with closing(models({"anthropic": {"apiKey": "sk-1", "baseUrl": anthropic.url}}, path)) as house:
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
def test_a_model_s_window_is_known(path: Path, known: Callable[[Models], Any], window: int) -> None:
    assert known(models({"anthropic": {"apiKey": "sk-1"}}, path)).context_window == window


async def test_names_are_canonical_and_warming_is_quiet(path: Path) -> None:
    house = models({"anthropic": {"apiKey": "sk-1"}}, path)

    assert house.default_name() == "anthropic/claude-opus-4-6"
    assert house.default_name("Claude-Sonnet-4-6") == "anthropic/claude-sonnet-4-6"
    await house.warm()


# -- keys and fallbacks -----------------------------------------------------------------------------------

TWO_KEYS = {"profiles": {"anthropic:a": {"apiKey": "sk-a"}, "anthropic:b": {"apiKey": "sk-b"}}}
LONG = Failure(429, "rate_limit_error", "slow down", {"retry-after": "900"})


def at(anthropic: FakeAnthropic, **more: Any) -> dict[str, Any]:
    return {"api": "anthropic-messages", "baseUrl": anthropic.url, **more}


def bearer(anthropic: FakeAnthropic) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in anthropic.requests]


async def test_a_pinned_key_is_the_only_one(anthropic: FakeAnthropic, path: Path) -> None:
    anthropic.key_failures["sk-b"] = LONG
    async with closing(models({"anthropic": at(anthropic)}, path, auth=TWO_KEYS)) as house:
        asker = Asker("main", "agent:main:main", "telegram", "t_1")
        with pytest.raises(ModelError) as limited:
            await ask(house.for_turn(Choice(profile="anthropic:b"), asker))
        with pytest.raises(ModelError) as unknown:
            await ask(house.for_turn(Choice(profile="anthropic:c"), asker))

    assert bearer(anthropic) == ["sk-b"]
    assert limited.value.retry_after == 900
    assert "anthropic:a, anthropic:b" in unknown.value.detail


async def test_a_bad_session_hurts_no_other(anthropic: FakeAnthropic, path: Path) -> None:
    def answering(body: dict[str, Any]) -> Failure | None:
        return (
            Failure(400, "invalid_request_error", "bad", {}) if body["system"][0]["text"] == "bad" else None
        )

    anthropic.answer_with(answering)
    async with closing(models({"anthropic": at(anthropic)}, path, auth=TWO_KEYS)) as house:
        for _ in range(5):
            with pytest.raises(ModelError):
                await ask(for_turn(house), replace(HELLO, system="bad"))
        reply = await ask(for_turn(house, agent="aurora"))

    assert reply.text == "ok: hello"
    assert all(row["state"] == "ok" for row in house.key_states())


async def test_a_provider_that_is_gone_is_stood_in_for_within_ten_seconds(
    anthropic: FakeAnthropic, path: Path
) -> None:
    gone = {"api": "anthropic-messages", "baseUrl": "http://127.0.0.1:9", "apiKey": "sk-gone"}
    retry = {"attempts": 3, "initialSeconds": 0.01, "maxSeconds": 0.01}
    providers = {"gone": gone, "anthropic": at(anthropic, apiKey="sk-1")}
    async with closing(models(providers, path, retry=retry)) as house:
        choice = Choice("gone/large", ("claude-opus-4-6",))
        asker = Asker("main", "agent:main:main", "telegram", "t_1")
        with anyio.fail_after(10):
            first = await ask(house.for_turn(choice, asker))
            second = await ask(house.for_turn(choice, asker))

    assert first.model == second.model == "anthropic/claude-opus-4-6"
    assert first.instead_of == second.instead_of
    assert first.instead_of is not None
    assert (first.instead_of.model, first.instead_of.fault) == ("gone/large", "unreachable")
    assert [attempt.fault for attempt in first.attempts] == ["unreachable"] * 3 + [None]
    # It was out of reach a moment ago, so it is not asked first again.
    assert len(second.attempts) == 1


async def test_a_provider_that_is_silent_is_stood_in_for(
    anthropic: FakeAnthropic, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openclaw.llm.fallback.SWITCH_SECONDS", 1.0)
    async with (
        FakeAnthropic() as silent,
        closing(
            models({"silent": at(silent, apiKey="sk-s"), "anthropic": at(anthropic, apiKey="sk-1")}, path)
        ) as house,
    ):
        hold = silent.hold()
        choice = Choice("silent/large", ("claude-opus-4-6",))
        with anyio.fail_after(8):
            reply = await ask(house.for_turn(choice, Asker("main", "s", "telegram", "t_1")))
        hold.release()

    assert reply.model == "anthropic/claude-opus-4-6"
    assert reply.instead_of is not None
    assert "did not begin to answer" in reply.attempts[0].detail


async def test_what_a_model_is_to_think_comes_from_the_message_the_entry_and_the_default(
    anthropic: FakeAnthropic, path: Path
) -> None:
    listed = {"anthropic/claude-opus-4-6": Listed("opus", "medium"), "anthropic/claude-opus-4-8": Listed()}
    async with closing(models({"anthropic": at(anthropic, apiKey="sk-1")}, path, listed=listed)) as house:
        asker = Asker("main", "s", "telegram", "t_1")
        for choice in (Choice("opus"), Choice("opus", thinking="high"), Choice("claude-opus-4-8")):
            await ask(house.for_turn(choice, asker))
        await ask(house.for_turn(Choice("claude-opus-4-8", thinking="off"), asker))

    efforts = [request.body.get("output_config", {}).get("effort") for request in anthropic.requests]
    assert efforts == ["medium", "high", "low", None]


async def test_thoughts_of_a_reply_come_with_its_signature(anthropic: FakeAnthropic, path: Path) -> None:
    anthropic.script(Reply("Sunny.", thinking="Hm."))
    async with closing(models({"anthropic": at(anthropic, apiKey="sk-1")}, path)) as house:
        reply = await ask(for_turn(house))

    assert reply.text == "Sunny."
    assert reply.attempts[0].thinking == "low"
    assert reply.attempts[0].profile == "anthropic:default"


async def test_keys_and_models_are_listed_as_they_are_now(anthropic: FakeAnthropic, path: Path) -> None:
    anthropic.key_failures["sk-a"] = LONG
    clock = TestClock()
    providers = {"anthropic": at(anthropic, apiKey="sk-1")}
    async with closing(models(providers, path, auth=TWO_KEYS, clock=clock)) as house:
        await ask(for_turn(house))

        a, b, own = house.key_states()
        default, *_ = house.listing(None)

    assert (a["id"], a["state"], a["until"]) == ("anthropic:a", "cooling", NOW + 900_000)
    assert (b["id"], b["state"], b["lastUsed"]) == ("anthropic:b", "ok", NOW)
    assert (own["id"], own["state"]) == ("anthropic:default", "ok")
    assert (default["id"], default["available"], default["thinkingDefault"]) == (
        "claude-opus-4-6",
        True,
        "low",
    )


async def test_what_was_learned_is_written_behind(anthropic: FakeAnthropic, path: Path) -> None:
    async with closing(models({"anthropic": at(anthropic, apiKey="sk-1")}, path)) as house:
        async with anyio.create_task_group() as group:
            group.start_soon(house.keep_written)
            await ask(for_turn(house))
            group.cancel_scope.cancel()

    assert await anyio.Path(path).exists()
