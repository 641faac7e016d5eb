"""The route alone: what it asks for, and how each end is told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import anyio
import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from openclaw.agent.loop import TurnPausedError
from openclaw.agent.tools.base import Act, Kind, ToolInputError
from openclaw.gateway.invocation import (
    Foreseen,
    Invocation,
    Invoked,
    NoSuchToolError,
    NotAdmittedError,
    ToolFailedError,
    TooManyCallsError,
)
from openclaw.gateway.invoking import Invoking
from openclaw.gateway.policy_table import Allow, Ask, Deny, Matter, Verdict
from openclaw.types.conversation import Picture
from openclaw.types.errors import StorageFullError
from openclaw.web.api.tools import DEEPEST, PATH, shown, too_deep, tool_routes


class Scripted:
    """Brings what a test wants, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Invocation] = []
        self.work: Callable[[], Awaitable[Invoked | Foreseen]] = self.usual

    async def invoke(self, asked: Invocation) -> Invoked | Foreseen:
        self.asked.append(asked)
        return await self.work()

    async def usual(self) -> Invoked:
        return Invoked("look", "blue", "t_1", "web")

    def fails(self, error: Exception) -> None:
        async def raises() -> Invoked:
            raise error

        self.work = raises


@pytest.fixture
def invoking() -> Scripted:
    return Scripted()


@pytest.fixture
async def http(invoking: Scripted) -> AsyncIterator[AsyncClient]:
    app = Starlette(routes=tool_routes(cast(Invoking, invoking)))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as http:
        yield http


async def test_a_call_is_answered_as_the_original_does(http: AsyncClient, invoking: Scripted) -> None:
    answer = await http.post(PATH, json={"tool": "look", "args": {"at": "sky"}})

    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "result": {
            "content": [{"type": "text", "text": "blue"}],
            "details": {"tool": "look", "provenance": "web", "trace": "t_1"},
        },
    }
    assert invoking.asked == [Invocation("look", {"at": "sky"})]


async def test_whose_rules_hold_and_which_deed_it_is_stands_in_the_headers(
    http: AsyncClient, invoking: Scripted
) -> None:
    headers = {
        "x-openclaw-message-channel": " Telegram ", "x-openclaw-account-id": "work", "idempotency-key": "k-1",
    }  # fmt: skip
    body = {"tool": "look", "action": "up", "sessionKey": "telegram:1", "dryRun": True}
    await http.post(PATH, json=body, headers=headers)

    assert invoking.asked == [Invocation("look", {}, "up", "telegram:1", True, "k-1", "telegram", "work")]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{}", 400),
        (b'{"tool":""}', 400),
        (b'{"tool":"look","args":[]}', 400),
        (b'{"tool":"look","approved":true}', 400),
        (b'{"tool":"look","dryRun":"no"}', 400),
        (b"look", 400),
        (b'{"tool":"look","args":' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}", 400),
        (b" " * (2 << 20) + b"  ", 413),
    ],
)
async def test_what_is_no_call_is_refused(
    http: AsyncClient, invoking: Scripted, content: bytes, status: int
) -> None:
    refused = await http.post(PATH, content=content)

    assert refused.status_code == status
    assert refused.json()["ok"] is False
    assert invoking.asked == []


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (ToolInputError("at is required"), 400, "invalid_request_error"),
        (NotAdmittedError("the owner said no"), 403, "not_admitted"),
        (NoSuchToolError("none"), 404, "not_found"),
        (TooManyCallsError("16"), 429, "rate_limited"),
        (ToolFailedError("it broke"), 500, "tool_error"),
        (TurnPausedError(), 503, "stopping"),
        (StorageFullError("full"), 503, "unavailable"),
    ],
)
async def test_each_end_has_its_status(
    http: AsyncClient, invoking: Scripted, error: Exception, status: int, kind: str
) -> None:
    invoking.fails(error)
    answer = await http.post(PATH, json={"tool": "look"})

    assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)
    assert answer.json()["error"]["message"]
    assert ("retry-after" in answer.headers) == (status in {429, 503})


async def test_an_overlong_key_is_refused(http: AsyncClient) -> None:
    refused = await http.post(PATH, json={"tool": "look"}, headers={"idempotency-key": "k" * 257})

    assert refused.status_code == 400


async def test_whoever_leaves_takes_the_call_back(invoking: Scripted) -> None:
    gone, cancelled = anyio.Event(), anyio.Event()

    async def hangs() -> Invoked:
        gone.set()
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()
        raise AssertionError

    body = b'{"tool":"look"}'

    async def receive() -> dict[str, Any]:
        if not invoking.asked:
            return {"type": "http.request", "body": body, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None: ...

    invoking.work = hangs
    scope = {
        "type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b"", "root_path": "",
    }  # fmt: skip
    with anyio.fail_after(2):
        await Starlette(routes=tool_routes(cast(Invoking, invoking)))(scope, receive, send)
    assert cancelled.is_set()


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (Allow(Matter.INSIDE), "allow"),
        (Ask(Matter.SEND_OTHER, "it writes to somebody else"), "ask"),
        (Deny(Matter.ADMINISTER, "no"), "deny"),
    ],
)
def test_what_would_become_of_a_call_is_told(verdict: Verdict, word: str) -> None:
    details = shown(Foreseen("tell", Act(Kind.SEND, "telegram:1"), verdict))["details"]

    assert isinstance(details, dict)
    assert (details["verdict"], details["kind"], details["dryRun"]) == (word, "send", True)


def test_pictures_are_named_and_what_is_left_out_is_counted() -> None:
    found = Invoked("shot", "see", "t_1", "web", (Picture("media/inbound/x.png", "image/png"),), 1234)

    assert shown(found)["content"] == [
        {"type": "text", "text": "see\n[1,234 more characters were left out here]"},
        {"type": "image", "path": "media/inbound/x.png", "mimeType": "image/png"},
    ]


@pytest.mark.parametrize(("levels", "is_it"), [(0, False), (DEEPEST, False), (DEEPEST + 2, True)])
def test_depth_is_bounded(levels: int, is_it: bool) -> None:
    value: object = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    assert too_deep(value) is is_it
