import pytest
from pydantic import ValidationError

from openclaw.web.rpc.params import AgentAsk, AgentWait, ChatSend, NoParams, Params, ToolsList, invalid

WRONG: list[tuple[type[Params], dict[str, object], str]] = [
    (ChatSend, {"sessionKey": "main", "idempotencyKey": "r"}, "must have required property 'message'"),
    (ChatSend, {"sessionKey": "main", "message": 1, "idempotencyKey": "r"}, "at /message: must be string"),
    (
        ChatSend,
        {"sessionKey": "main", "message": "a", "idempotencyKey": "r", "senderIsOwner": True},
        "unexpected property 'senderIsOwner'",
    ),
    (AgentWait, {"runId": "r", "timeoutMs": "soon"}, "at /timeoutMs: must be number"),
    (AgentAsk, {"message": "a", "idempotencyKey": "r", "attachments": "x"}, "at /attachments: must be array"),
    (
        AgentAsk,
        {"message": "a", "idempotencyKey": ""},
        "at /idempotencyKey: must NOT have fewer than 1 characters",
    ),
    (AgentWait, {"runId": "r", "timeoutMs": -1}, "at /timeoutMs: must be >= 0.0"),
    (
        ToolsList,
        {"role": "{role}", "depth": 11},
        "at /role: must be equal to one of the allowed values; at /depth: must be <= 10",
    ),
]


@pytest.mark.parametrize(("model", "params", "problem"), WRONG)
def test_a_wrong_question_is_told_in_the_originals_words(
    model: type[Params], params: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValidationError) as wrong:
        model.model_validate(params)
    error = invalid("chat.send", wrong.value)
    assert (error.code, error.message) == ("INVALID_REQUEST", f"invalid chat.send params: {problem}")


def test_health_and_status_take_anything() -> None:
    assert NoParams.model_validate({"bogus": 1, "probe": True})
