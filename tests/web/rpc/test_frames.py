import orjson
import pytest

from openclaw.web.rpc.frames import Bare, Request, RpcError, event, failure, parse_request, success


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ('{"type":"req","id":"1","method":"health"}', Request("1", "health", {})),
        (
            '{"type":"req","id":"1","method":"health","params":{"a":1},"traceparent":"x"}',
            Request("1", "health", {"a": 1}),
        ),
        ('{"type":"req","id":"1","method":"health","params":[1]}', Request("1", "health", {})),
        ('{"type":"req","id":1,"method":"health"}', None),
        ('{"type":"req","id":"","method":"health"}', None),
        ('{"type":"req","id":"1"}', None),
        ('{"type":"event","event":"tick"}', None),
        ("[]", None),
        ("hello", None),
        ("", None),
        ("[" * 100_000, None),
    ],
)
def test_a_request_is_read(text: str, request_: Request | None) -> None:
    assert parse_request(text) == request_


def test_answers_and_events_have_the_originals_shape() -> None:
    assert orjson.loads(success("1", {"ok": True})) == {
        "type": "res",
        "id": "1",
        "ok": True,
        "payload": {"ok": True},
    }
    refused = RpcError("UNAVAILABLE", "busy", {"code": "X"}, retry_after=1.5)
    assert orjson.loads(failure("1", refused)) == {
        "type": "res",
        "id": "1",
        "ok": False,
        "error": {
            "code": "UNAVAILABLE",
            "message": "busy",
            "details": {"code": "X"},
            "retryable": True,
            "retryAfterMs": 1500,
        },
    }
    assert orjson.loads(event("tick", {"ts": 1}, 7)) == {
        "type": "event",
        "event": "tick",
        "payload": {"ts": 1},
        "seq": 7,
    }


def test_what_json_cannot_carry_is_replaced() -> None:
    payload = orjson.loads(success("1", {"odd \ud800": ["\udfff", 2**70, {"a"}]}))["payload"]
    assert payload == {"odd ?": ["?", float(2**70), ["a"]]}


def test_an_answer_that_is_no_object_is_itself_on_the_wire() -> None:
    assert orjson.loads(success("1", Bare(value=[1, 2])))["payload"] == [1, 2]
    assert orjson.loads(success("1", Bare(value=None)))["payload"] is None
