from openclaw.llm.config import AuthConfig, LlmConfig, ModelsConfig
from openclaw.types.secrets import SecretRef


def test_the_original_s_provider_section_is_read() -> None:
    config = ModelsConfig.model_validate(
        {
            "mode": "merge",
            "providers": {
                "house": {
                    "baseUrl": "https://models.example.org",
                    "api": "anthropic-messages",
                    "apiKey": {"source": "env", "provider": "default", "id": "HOUSE_KEY"},
                    "headers": {"X-Team": "kitchen"},
                    "models": [
                        {
                            "id": "house-large",
                            "name": "House Large",
                            "reasoning": True,
                            "input": ["text", "image"],
                            "cost": {"input": 2, "output": 8, "cacheRead": 0.2, "cacheWrite": 2.5},
                            "contextWindow": 128000,
                            "maxTokens": 16000,
                        }
                    ],
                }
            },
        }
    )

    house = config.providers["house"]
    assert house.api_key == SecretRef("env:HOUSE_KEY")
    assert house.base_url == "https://models.example.org"
    assert house.models[0].context_window == 128_000
    assert house.models[0].cost is not None
    assert house.models[0].cost.cache_write == 2.5


def test_retry_and_probe_have_the_documented_defaults() -> None:
    config = ModelsConfig()

    retry = config.retry
    assert (retry.attempts, retry.initial_seconds, retry.max_seconds, retry.deadline_seconds) == (
        6,
        1,
        30,
        60,
    )
    assert (config.probe.every_seconds, config.probe.for_minutes) == (30, 15)


def test_profiles_and_routing_are_read() -> None:
    auth = AuthConfig.model_validate(
        {
            "profiles": {
                "anthropic:work": {"provider": "anthropic", "mode": "api_key", "apiKey": "env:WORK"}
            },
            "order": {"anthropic": ["anthropic:work"]},
        }
    )
    llm = LlmConfig.model_validate(
        {
            "routing": {
                "headers": {"x-trace": "{trace}"},
                "perAgent": {"aurora": {"headers": {"x-tier": "gold"}}},
            }
        }
    )

    assert auth.profiles["anthropic:work"].api_key == SecretRef("env:WORK")
    assert auth.order == {"anthropic": ("anthropic:work",)}
    assert llm.routing.per_agent["aurora"].headers == {"x-tier": "gold"}


def test_a_plain_key_does_not_show_itself() -> None:
    config = ModelsConfig.model_validate({"providers": {"anthropic": {"apiKey": "sk-ant-not-to-be-seen"}}})

    assert "not-to-be-seen" not in repr(config)
    assert "not-to-be-seen" not in config.model_dump_json()
