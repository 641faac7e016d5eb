import pytest

from openclaw.llm.chat import Fault
from openclaw.llm.faults import fault_of_kind, fault_of_status, retry_after


@pytest.mark.parametrize(
    ("status", "message", "code", "fault"),
    [
        (400, "messages: text content blocks must be non-empty", "", "invalid"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", "", "overflow"),
        (400, "input length and `max_tokens` exceed context limit: 1 + 2 > 2", "", "overflow"),
        (400, "Your credit balance is too low to access the API.", "", "billing"),
        (400, "You have reached your specified API usage limits.", "", "billing"),
        (401, "invalid bearer token", "", "auth"),
        (402, "billing", "", "billing"),
        (403, "not yours", "", "auth"),
        (404, "model: claude-none", "", "invalid"),
        (408, "", "", "unreachable"),
        (409, "conflict", "", "overloaded"),
        (413, "request too large", "", "overflow"),
        (422, "unprocessable", "", "invalid"),
        (429, "slow down", "", "rate_limited"),
        (429, "spent", "enforced_spend_limit_reached", "billing"),
        (500, "", "", "overloaded"),
        (502, "<html>Bad gateway</html>", "", "overloaded"),
        (529, "Overloaded", "", "overloaded"),
    ],
)
def test_a_status_means_one_fault(status: int, message: str, code: str, fault: Fault) -> None:
    assert fault_of_status(status, message, code) == fault


@pytest.mark.parametrize(
    ("kind", "message", "fault"),
    [
        ("overloaded_error", "Overloaded", "overloaded"),
        ("api_error", "Internal server error", "overloaded"),
        ("rate_limit_error", "", "rate_limited"),
        ("authentication_error", "", "auth"),
        ("billing_error", "", "billing"),
        ("invalid_request_error", "bad", "invalid"),
        ("invalid_request_error", "Prompt is too long", "overflow"),
        ("an_error_of_next_year", "", "overloaded"),
        ("", "", "overloaded"),
    ],
)
def test_an_error_inside_a_stream_is_known_by_its_type(kind: str, message: str, fault: Fault) -> None:
    assert fault_of_kind(kind, message) == fault


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:30 GMT", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, 30),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:00 GMT", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, 0),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:30 GMT"}, None),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:30", "date": "Sat, 21 Nov 2026 09:00:00 GMT"}, None),
    ],
)
def test_the_provider_s_wait_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
