import pytest

from openclaw.doctor.audit.models import Chosen, chosen, judged
from openclaw.settings.model import Settings


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("anthropic/claude-opus-4-6", None),
        ("anthropic/claude-sonnet-4-6", None),
        ("openai/gpt-6-sol", None),
        ("openai/gpt-4.1", None),
        ("openai/gpt-4o", None),
        ("openai/gpt-4", "models.legacy"),
        ("openai/gpt-4-turbo", "models.legacy"),
        ("openai/gpt-3.5-turbo", "models.legacy"),
        ("anthropic/claude-3-opus", "models.legacy"),
        ("anthropic/claude-haiku-4-5", "models.weak_tier"),
        ("openai/gpt-5-mini", "models.weak_tier"),
        ("ollama/llama-3.2-3b", "models.small_params"),
        ("ollama/qwen3-8b-instruct", "models.small_params"),
        ("ollama/gpt-oss-120b", None),
        ("local/mixtral-8x22b", None),
    ],
)
def test_models_that_are_talked_into_things(name: str, told: str | None) -> None:
    findings = list(judged([Chosen("agents.defaults.model", name)], others=True))

    assert [each.id for each in findings] == ([told] if told else [])


@pytest.mark.parametrize(("others", "level"), [(True, "warn"), (False, "info")])
def test_it_weighs_more_where_others_write(others: bool, level: str) -> None:
    (finding,) = judged([Chosen("agents.defaults.model", "ollama/qwen3-8b")], others=others)

    assert finding.level == level


def test_every_model_that_may_answer_is_looked_at() -> None:
    settings = Settings.model_validate(
        {
            "agents": {
                "defaults": {
                    "model": {"primary": "claude-opus-4-6", "fallbacks": ["openai/gpt-5-mini"]},
                    "heartbeat": {"model": "claude-haiku-4-5"},
                },
                "list": [{"id": "a", "model": "ollama/llama-3.2-3b"}],
            },
            "channels": {"modelByChannel": {"telegram": {"*": "claude-sonnet-4-6"}}},
        }
    )

    assert [(each.key, each.name) for each in chosen(settings)] == [
        ("agents.defaults.model", "anthropic/claude-opus-4-6"),
        ("agents.defaults.model", "openai/gpt-5-mini"),
        ("agents.list[0].model", "ollama/llama-3.2-3b"),
        ("agents.defaults.heartbeat.model", "anthropic/claude-haiku-4-5"),
        ("channels.modelByChannel.telegram", "anthropic/claude-sonnet-4-6"),
    ]
