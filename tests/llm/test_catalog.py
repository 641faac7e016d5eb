import pytest

from openclaw.llm.catalog import (
    DEFAULT_MODEL,
    OFFLINE_MODEL,
    Price,
    cost,
    dearest_price,
    is_vendors_own,
    model_info,
    needs_key,
    parse_ref,
)
from openclaw.llm.config import ModelsConfig
from openclaw.types.conversation import Usage

NONE = ModelsConfig()
HOUSE = ModelsConfig.model_validate(
    {
        "providers": {
            "House": {
                "models": [
                    {
                        "id": "House-Large",
                        "contextWindow": 64000,
                        "maxTokens": 4000,
                        "cost": {"input": 2, "output": 8},
                    },
                    {"id": "house-free", "cost": {}},
                    {"id": "house-mystery"},
                ]
            },
            "anthropic": {
                "models": [{"id": "claude-opus-4-6", "cost": {"input": 4, "output": 20, "cacheRead": 0}}]
            },
        }
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, DEFAULT_MODEL),
        ("", DEFAULT_MODEL),
        ("claude-sonnet-4-6", "anthropic/claude-sonnet-4-6"),
        ("Anthropic/Claude-Sonnet-4-6", "anthropic/claude-sonnet-4-6"),
        (" anthropic/claude-opus-4-6 ", "anthropic/claude-opus-4-6"),
        ("house/HOUSE-LARGE", "house/House-Large"),
        ("house-large", "house/House-Large"),
        ("openrouter/Qwen/Qwen3", "openrouter/Qwen/Qwen3"),
        ("offline", OFFLINE_MODEL),
    ],
)
def test_a_model_is_named_with_or_without_its_provider_in_any_case(text: str | None, expected: str) -> None:
    assert str(parse_ref(text, HOUSE)) == expected


def test_the_default_model_has_a_window_and_a_price() -> None:
    info = model_info(parse_ref(None, NONE), NONE)

    assert info.context_window == 1_000_000
    assert info.price == Price(5, 25, 0.5, 6.25)


@pytest.mark.parametrize("name", ["claude-haiku-4-5-20251001", "claude-haiku-4-5", "claude-haiku-4-5-latest"])
def test_a_snapshot_costs_what_its_model_costs(name: str) -> None:
    assert model_info(parse_ref(name, NONE), NONE).price == Price(1, 5, 0.1, 1.25)


def test_the_config_s_price_and_limits_come_first() -> None:
    large = model_info(parse_ref("house-large", HOUSE), HOUSE)
    opus = model_info(parse_ref("claude-opus-4-6", HOUSE), HOUSE)

    assert (large.context_window, large.max_output) == (64_000, 4_000)
    assert large.price == Price(2, 8, 0.2, 2.5)
    assert opus.price == Price(4, 20, 0, 5)
    assert opus.context_window == 1_000_000


def test_a_model_may_be_free() -> None:
    info = model_info(parse_ref("house-free", HOUSE), HOUSE)

    assert cost(Usage(1_000_000, 1_000_000), info) == 0


@pytest.mark.parametrize("name", ["house/house-mystery", "nobody/knows", "claude-fable-5-2"])
def test_a_model_without_a_price_counts_at_the_dearest_known_one(name: str) -> None:
    assert (
        model_info(parse_ref(name, HOUSE), HOUSE).price == dearest_price(HOUSE) == Price(10, 50, 1.25, 12.5)
    )


def test_what_the_config_prices_can_be_the_dearest() -> None:
    config = ModelsConfig.model_validate(
        {"providers": {"gold": {"models": [{"id": "gold", "cost": {"input": 100, "output": 40}}]}}}
    )

    assert dearest_price(config) == Price(100, 50, 10, 125)


def test_replace_forgets_the_built_in_table() -> None:
    config = ModelsConfig(mode="replace")

    assert model_info(parse_ref(None, config), config).price == dearest_price(config)


def test_a_request_costs_the_sum_of_its_tokens() -> None:
    info = model_info(parse_ref("claude-sonnet-4-6", NONE), NONE)

    assert cost(Usage(1000, 2000, 10_000, 4000), info) == pytest.approx(0.003 + 0.03 + 0.003 + 0.015)


def test_a_long_prompt_can_cost_more_for_every_token() -> None:
    info = model_info(parse_ref("claude-haiku-5-5", NONE), NONE)

    assert cost(Usage(50_000, 1000, 50_000), info) == pytest.approx(0.005 + 0.0005 + 0.0005)
    assert cost(Usage(50_000, 1000, 50_001), info) == pytest.approx(0.025 + 0.0025 + 0.0025, rel=1e-4)


def test_the_offline_model_costs_nothing() -> None:
    assert cost(Usage(1000, 1000), model_info(parse_ref("offline", NONE), NONE)) == 0


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://api.anthropic.com", True),
        ("https://API.Anthropic.com/", True),
        ("https://openrouter.ai/api/v1", True),
        ("https://api.anthropic.com.example.org", False),
        ("http://127.0.0.1:4000", False),
        ("", False),
    ],
)
def test_the_vendor_s_own_address_is_told_from_a_proxy(url: str, own: bool) -> None:
    assert is_vendors_own(url) is own


@pytest.mark.parametrize(
    ("name", "window", "price"),
    [
        ("openai/gpt-6.1-sol-2026-09-29", 922_000, Price(2, 10, 0.1, 2.5)),
        ("openrouter/openai/gpt-5-mini", 272_000, Price(0.25, 2, 0.025, 0.3125)),
        ("openrouter/anthropic/claude-opus-4.6", 1_000_000, Price(5, 25, 0.5, 6.25)),
        ("openai/gpt-4.1", 1_047_576, Price(2, 8, 0.5, 2.5)),
    ],
)
def test_models_of_openai_and_of_routers_have_their_price(name: str, window: int, price: Price) -> None:
    info = model_info(parse_ref(name, NONE), NONE)

    assert (info.context_window, info.price) == (window, price)


def test_a_long_prompt_costs_openai_s_customers_twice() -> None:
    info = model_info(parse_ref("openai/gpt-6-sol", NONE), NONE)

    assert cost(Usage(272_000, 1000), info) == pytest.approx(0.544 + 0.01)
    assert cost(Usage(272_001, 1000), info) == pytest.approx(1.088 + 0.015, rel=1e-4)


@pytest.mark.parametrize(
    ("api", "url", "needed"),
    [
        ("openai-completions", "http://127.0.0.1:11434/v1", False),
        ("openai-completions", "http://localhost:1234/v1", False),
        ("openai-completions", "http://[::1]:1234/v1", False),
        ("openai-completions", "http://192.168.1.7:11434/v1", True),
        ("openai-completions", "http://localhost.example.org/v1", True),
        ("openai-completions", "https://api.openai.com/v1", True),
        ("openai-completions", "", True),
        ("anthropic-messages", "http://127.0.0.1:4000", True),
    ],
)
def test_only_a_model_server_on_this_machine_is_asked_without_a_key(api: str, url: str, needed: bool) -> None:
    assert needs_key(api, url) is needed
