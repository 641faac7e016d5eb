import pytest

from openclaw.llm.chat import Fault, ModelError, Reply
from openclaw.types.conversation import Text, Thinking, Usage


@pytest.mark.parametrize(
    ("fault", "passing"),
    [
        ("rate_limited", True),
        ("overloaded", True),
        ("unreachable", True),
        ("cut_off", True),
        ("auth", False),
        ("billing", False),
        ("overflow", False),
        ("invalid", False),
    ],
)
def test_some_faults_pass_by_themselves(fault: Fault, passing: bool) -> None:
    assert ModelError("anthropic/claude-opus-4-6", fault, "why").passing is passing


def test_an_error_names_the_model_the_fault_and_the_reason() -> None:
    error = ModelError("anthropic/claude-opus-4-6", "rate_limited", "HTTP 429", retry_after=3)

    assert str(error) == "anthropic/claude-opus-4-6: rate limited: HTTP 429"
    assert error.retry_after == 3


def test_the_text_of_a_reply_is_what_people_read() -> None:
    reply = Reply((Thinking("hm", "sig"), Text("It is "), Text("warm.")), "end", Usage(), "anthropic/x")

    assert reply.text == "It is warm."
