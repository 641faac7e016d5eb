from pathlib import Path

import pytest

from openclaw.llm.chat import ModelError
from openclaw.llm.line import without_key
from openclaw.llm.profiles import Profile
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeAnthropic
from tests.llm.one_model import Harness


async def test_every_attempt_is_noted_with_its_key_and_its_fault(
    anthropic: FakeAnthropic, tmp_path: Path
) -> None:
    anthropic.fail(529)
    harness = Harness(anthropic, tmp_path)

    await harness.ask()

    refused, answered = harness.tried
    assert (refused.model, refused.profile, refused.fault) == (
        "anthropic/claude-opus-4-6",
        "anthropic:a",
        "overloaded",
    )
    assert "HTTP 529" in refused.detail
    assert (answered.fault, answered.detail) == (None, "")
    assert answered.ms >= 0


async def test_a_key_without_a_reference_is_empty(anthropic: FakeAnthropic, tmp_path: Path) -> None:
    line = Harness(anthropic, tmp_path).line

    assert not await line.key(Profile("ollama", "ollama", None))
    with pytest.raises(ModelError, match="nothing there"):
        await line.key(Profile("anthropic:gone", "anthropic", SecretRef("env:GONE")))


def test_a_key_that_a_server_quotes_is_not_told_on() -> None:
    key = Secret("sk-ant-0123456789")
    refusal = ModelError("anthropic/claude", "auth", "invalid key sk-ant-0123456789", retry_after=3)

    told = without_key(refusal, key)

    assert (told.detail, told.fault, told.retry_after) == ("invalid key ***", "auth", 3)
    assert without_key(ModelError("m", "auth", "no"), key).detail == "no"
