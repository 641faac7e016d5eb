import json

import pytest

from openclaw.llm.openai_faults import (
    about_effort,
    error_of,
    fault_of_refusal,
    wait_asked_for,
    words_of,
)


@pytest.mark.parametrize(
    ("status", "error", "fault"),
    [
        (401, {"message": "Incorrect API key", "code": "invalid_api_key"}, "auth"),
        (403, {"message": "Country not supported", "code": "unsupported_country_region_territory"}, "auth"),
        (403, {"message": "no access", "code": "model_not_found"}, "invalid"),
        (403, {"message": "flagged", "code": 403, "metadata": {"reasons": ["violence"]}}, "invalid"),
        (403, {"message": "Key limit exceeded (total limit).", "code": 403}, "billing"),
        (402, {"message": "Insufficient credits", "code": 402}, "billing"),
        (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}, "billing"),
        (429, {"message": "x", "type": "insufficient_quota", "code": None}, "billing"),
        (400, {"message": "x", "code": "billing_hard_limit_reached"}, "billing"),
        (
            429,
            {"message": "Rate limit reached", "code": "rate_limit_exceeded", "type": "tokens"},
            "rate_limited",
        ),
        (
            429,
            {"message": "Request too large for gpt-4.1 on tokens per min", "code": "rate_limit_exceeded"},
            "overflow",
        ),
        (404, {"message": "The model `x` does not exist", "code": "model_not_found"}, "invalid"),
        (404, "model 'x' not found", "invalid"),
        (400, {"message": "too long", "code": "context_length_exceeded"}, "overflow"),
        (400, {"message": "This model's maximum context length is 8192 tokens", "code": None}, "overflow"),
        (
            400,
            {
                "message": "the request exceeds the available context size",
                "type": "exceed_context_size_error",
            },
            "overflow",
        ),
        (400, {"message": "prompt is too long: 9 > 8", "code": 400}, "overflow"),
        (
            400,
            {"message": "Provider returned error", "code": 400, "metadata": {"raw": "prompt is too long"}},
            "overflow",
        ),
        (413, {"message": "too large"}, "overflow"),
        (400, {"message": "Invalid value", "type": "invalid_request_error"}, "invalid"),
        (408, {"message": "timed out"}, "unreachable"),
        (500, {"message": "The server had an error", "type": "server_error"}, "overloaded"),
        (502, "", "overloaded"),
        (503, {"message": "loading model"}, "overloaded"),
        (529, None, "overloaded"),
        (418, {"message": "teapot"}, "invalid"),
    ],
)
def test_what_a_refusal_means(status: int, error: object, fault: str) -> None:
    assert fault_of_refusal(status, error) == fault


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "no such model", "code": "model_not_found"}}, "no such model"),
        ({"error": "no such model"}, "no such model"),
        ({"object": "error", "message": "no such model", "code": 404}, "no such model"),
        ({"detail": "no such model"}, "no such model"),
        ([{"error": {"message": "no such model"}}], "no such model"),
        ({"error": {"message": "bad", "metadata": {"raw": "upstream said no"}}}, "bad: upstream said no"),
        ({"error": {"code": 502}}, "502"),
        ({}, "no reason given"),
        ([], "[]"),
    ],
)
def test_every_server_has_a_form_of_its_own_for_errors(body: object, words: str) -> None:
    assert words_of(error_of(json.dumps(body).encode())) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no reason given"),
        (b"<html>502</html>", "no reason given"),
        (b"upstream \xff gone", "upstream \ufffd gone"),
    ],
)
def test_what_is_no_json_is_told_as_far_as_people_can_read_it(body: bytes, words: str) -> None:
    assert words_of(error_of(body)) == words


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {"message": "Function tools with ...", "param": "reasoning_effort"}, True),
        (400, {"message": "Unrecognized request argument supplied: reasoning_effort"}, True),
        (400, {"message": '"gemma3" does not support thinking'}, True),
        (422, {"message": [{"loc": ["body", "reasoning_effort"], "msg": "Extra inputs"}]}, True),
        (400, {"message": "Invalid value", "param": "messages"}, False),
        (400, "reasoning_effort", False),
        (401, {"message": "reasoning_effort", "param": "reasoning_effort"}, False),
    ],
)
def test_a_wish_for_thinking_that_is_refused_is_told_apart(
    status: int, error: object, expected: bool
) -> None:
    assert about_effort(status, error) is expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7", "x-ratelimit-reset-requests": "1s"}, 7),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"x-ratelimit-reset-requests": "1s"}, 1),
        ({"x-ratelimit-reset-requests": "120ms", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "8.64s",
                "x-ratelimit-remaining-tokens": "900",
                "x-ratelimit-reset-tokens": "1h2m3s",
            },
            8.64,
        ),
        ({"x-ratelimit-reset-requests": "2.5"}, 2.5),
        ({"x-ratelimit-reset-requests": "soon"}, None),
        ({"x-ratelimit-reset": "1795000012000", "date": "Wed, 18 Nov 2026 11:06:40 GMT"}, 12),
        ({"x-ratelimit-reset": "1795000000000", "date": "Wed, 18 Nov 2026 11:07:40 GMT"}, 0),
        ({"x-ratelimit-reset": "1795000012000"}, None),
        ({"x-ratelimit-reset": "1795000012000", "date": "yesterday"}, None),
    ],
)
def test_how_long_it_asks_us_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_asked_for(headers) == (None if seconds is None else pytest.approx(seconds))
