import json

import pytest

from openclaw.gateway import notices
from openclaw.types.conversation import Usage
from openclaw.web.desk import RunState
from openclaw.web.openai.faults import ApiError, fault_of, unsupported


def ended(error: str, text: str = "I am sorry.") -> RunState:
    return RunState("r", "error", "agent:main:main", text, error)


def test_an_error_has_all_four_fields() -> None:
    answer = ApiError(400, "n is 1", param="n", code="unsupported_parameter").response()

    assert answer.status_code == 400
    assert json.loads(bytes(answer.body)) == {
        "error": {
            "message": "n is 1",
            "type": "invalid_request_error",
            "param": "n",
            "code": "unsupported_parameter",
        }
    }
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("status", [429, 503])
def test_what_may_pass_says_when_to_ask_again(status: int) -> None:
    assert int(ApiError(status, "later").response().headers["retry-after"]) > 0


def test_what_is_not_supported_is_named() -> None:
    fault = unsupported("stop")

    assert (fault.status, fault.param, fault.code) == (400, "stop", "unsupported_parameter")
    assert str(fault).startswith("stop is not supported")


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (ended("model_refused: prompt is too long", notices.TOO_LONG), 400, "context_length_exceeded"),
        (ended("model_refused: tools.0 is bad"), 400, "model_refused"),
        (ended("aborted"), 400, "stopped"),
        (ended("stopped"), 400, "stopped"),
        (ended("send_policy: deny webchat"), 403, "send_policy"),
        (ended("queue_full"), 429, "queue_full"),
        (ended("model_unavailable"), 503, "model_unavailable"),
        (ended("client_gone"), 503, "client_gone"),
        (ended("internal_error"), 500, "internal_error"),
        (
            RunState("r", "ok", "k", "Today's budget is spent.", reason="budget: perDay"),
            429,
            "insufficient_quota",
        ),
    ],
)
def test_every_end_without_an_answer_has_its_status(state: RunState, status: int, code: str) -> None:
    fault = fault_of(state)

    assert fault is not None
    assert (fault.status, fault.code) == (status, code)
    assert str(fault)


@pytest.mark.parametrize("reason", ["", "max_tokens", "client_tools", "silent"])
def test_an_answer_is_no_fault(reason: str) -> None:
    assert fault_of(RunState("r", "ok", "k", "Yes.", reason=reason, usage=Usage(1, 1))) is None
