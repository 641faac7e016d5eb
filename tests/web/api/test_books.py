from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from openclaw.bus import Bus
from openclaw.web.api.books import book_routes, exposition
from tests.web.fake_house import FakeDesk


@pytest.fixture
async def http() -> AsyncIterator[AsyncClient]:
    app = Starlette(routes=book_routes(FakeDesk(Bus())))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
        yield http


async def test_traces_are_listed_and_one_is_read_whole(http: AsyncClient) -> None:
    (listed,) = (await http.get("/api/v1/traces", params={"limit": "5"})).json()["traces"]
    whole = await http.get(f"/api/v1/traces/{listed['id']}")

    assert whole.status_code == 200
    assert whole.json()["id"] == listed["id"]


async def test_a_trace_that_is_not_there_is_told(http: AsyncClient) -> None:
    answer = await http.get("/api/v1/traces/t_nope")

    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found"


@pytest.mark.parametrize("by", ["agent", "model", "channel", "session", "day"])
async def test_usage_is_told_by_what_is_asked_for(http: AsyncClient, by: str) -> None:
    answer = (await http.get("/api/v1/usage", params={"by": by, "days": "7"})).json()

    assert (answer["by"], answer["days"]) == (by, 7)
    assert answer["rows"][0].keys() == {"key", "turns", "input", "output", "cacheRead", "cost"}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/usage?by=moon", "by"),
        ("/api/v1/usage?days=0", "days"),
        ("/api/v1/usage?days=367", "days"),
        ("/api/v1/traces?limit=1001", "limit"),
        ("/api/v1/traces?limit=²", "limit"),
    ],
)
async def test_a_wrong_question_is_unprocessable(http: AsyncClient, path: str, field: str) -> None:
    refused = await http.get(path)

    assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_figures_are_in_the_format_of_monitors(http: AsyncClient) -> None:
    answer = await http.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'openclaw_info{version="0.1.0"} 1' in answer.text.splitlines()


def test_every_figure_says_what_it_is() -> None:
    status = {
        "version": 'a"b\\c\nd',
        "uptimeMs": 61_500,
        "running": 2,
        "sessions": 7,
        "costToday": 0.125,
        "queue": {"waiting": 3},
        "outbox": {"pending": 4, "ambiguous": 1},
        "channels": {
            "telegram": {"channel": "telegram", "account": "default", "condition": "connected"},
            "sms:sales": {"channel": "sms", "account": "sales", "condition": "failing"},
        },
    }

    lines = [line for line in exposition(status) if not line.startswith("#")]

    assert lines == [
        'openclaw_info{version="a\\"b\\\\c\\nd"} 1',
        "openclaw_uptime_seconds 61.5",
        "openclaw_turns_running 2",
        "openclaw_sessions 7",
        "openclaw_cost_today_dollars 0.125",
        "openclaw_messages_waiting 3",
        'openclaw_outbox_messages{state="ambiguous"} 1',
        'openclaw_outbox_messages{state="pending"} 4',
        'openclaw_channel_up{channel="telegram",account="default"} 1',
        'openclaw_channel_up{channel="sms",account="sales"} 0',
    ]
