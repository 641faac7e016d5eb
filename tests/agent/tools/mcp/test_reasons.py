import pytest
from mcp import MCPError

from openclaw.agent.tools.mcp.reasons import (
    MOST_CHARACTERS,
    ConnectionLostError,
    is_of_the_world,
    is_ours,
    reason,
)

LOST = ConnectionLostError("it ended with exit code 3")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (LOST, "it ended with exit code 3"),
        (ExceptionGroup("a", [ValueError("x"), ExceptionGroup("b", [LOST])]), "it ended with exit code 3"),
        (MCPError(-32000, "Connection\n closed"), "Connection closed"),
        (TimeoutError(), "it did not answer in time"),
        (KeyError(), "KeyError"),
    ],
)
def test_the_reason_is_one_line_and_ours_before_others(failure: Exception, said: str) -> None:
    assert reason(failure) == said


def test_a_long_reason_is_cut() -> None:
    assert len(reason(ConnectionLostError("x" * 5_000))) == MOST_CHARACTERS


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ExceptionGroup("a", [LOST, MCPError(1, "x"), OSError()]), True),
        (ExceptionGroup("a", [LOST, KeyError("ours")]), False),
    ],
)
def test_a_mistake_of_ours_is_told_from_the_worlds(failure: Exception, expected: bool) -> None:
    assert is_of_the_world(failure) is expected


def test_our_own_words_are_found_wherever_they_are() -> None:
    assert is_ours(ExceptionGroup("a", [OSError(), ExceptionGroup("b", [LOST])]))
    assert not is_ours(ExceptionGroup("a", [OSError()]))
