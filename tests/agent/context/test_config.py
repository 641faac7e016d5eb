import pytest
from pydantic import ValidationError

from openclaw.agent.context.config import CompactionConfig, ContextPruningConfig


@pytest.mark.parametrize(("ttl", "seconds"), [("90s", 90), ("5m", 300), ("1.5h", 5400), ("1d", 86400)])
def test_a_cache_lives_as_long_as_the_config_says(ttl: str, seconds: float) -> None:
    assert ContextPruningConfig(ttl=ttl).ttl_seconds == seconds


@pytest.mark.parametrize("ttl", ["", "5", "m", "-5m", "5 minutes"])
def test_a_time_without_its_unit_is_refused(ttl: str) -> None:
    with pytest.raises(ValidationError):
        ContextPruningConfig(ttl=ttl)


def test_the_originals_keys_are_read() -> None:
    config = CompactionConfig.model_validate(
        {
            "mode": "default",
            "reserveTokensFloor": 0,
            "keepRecentTokens": 9,
            "memoryFlush": {"softThresholdTokens": 1},
        }
    )

    assert (config.mode, config.reserve_tokens_floor, config.keep_recent_tokens) == ("default", 0, 9)
    assert (config.memory_flush.enabled, config.memory_flush.soft_threshold_tokens) == (True, 1)
