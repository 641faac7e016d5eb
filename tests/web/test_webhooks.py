from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio
import pytest
from httpx import ASGITransport, AsyncClient

from openclaw.types.channel import WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.web.webhooks import AuditRow, ChannelRoute, Webhooks, webhook_app
from tests.web.test_listeners import listening

SECRET = "s3cret-of-telegram"


@dataclass
class Channel:
    """A channel with one webhook and a record of what it was handed."""

    handled: list[WebhookRequest] = field(default_factory=list)
    failing: Exception | None = None

    def route(self, path: str = "/webhooks/telegram") -> WebhookRoute:
        return WebhookRoute(path, self.authentic, self.handle)

    def authentic(self, request: WebhookRequest) -> str | None:
        return None if request.headers.get("x-secret") == SECRET else "bad-secret"

    async def handle(self, request: WebhookRequest) -> WebhookResponse:
        if self.failing is not None:
            raise self.failing
        self.handled.append(request)
        return WebhookResponse(200, b"<Response/>", "text/xml", {"x-ours": "1"})


@dataclass
class Desk:
    channel: Channel
    http: AsyncClient
    audited: list[AuditRow]

    def reasons(self) -> list[tuple[str, str]]:
        return [(row.outcome, row.reason) for row in self.audited]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    channel, audited = Channel(), list[AuditRow]()

    async def audit(row: AuditRow) -> None:
        audited.append(row)

    app = webhook_app({"telegram": [channel.route(), channel.route("/sms/a%20b")]}, audit, max_body=1000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://public.example.org") as http:
        yield Desk(channel, http, audited)


async def test_an_authentic_request_is_audited_and_handled_as_it_came(desk: Desk) -> None:
    answer = await desk.http.post(
        "/webhooks/telegram?token=a%26b&x=", content=b"raw\xff", headers={"X-Secret": SECRET}
    )

    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (
        200,
        b"<Response/>",
        "text/xml",
    )
    assert answer.headers["x-ours"] == "1"
    request = desk.channel.handled[0]
    assert (request.method, request.path, request.body) == ("POST", "/webhooks/telegram", b"raw\xff")
    assert dict(request.query) == {"token": "a&b", "x": ""}
    assert desk.audited == [AuditRow("/webhooks/telegram", "accepted", channel="telegram")]


async def test_the_path_is_matched_and_handed_on_undecoded(desk: Desk) -> None:
    await desk.http.post("/sms/a%20b", headers={"x-secret": SECRET})
    assert desk.channel.handled[0].path == "/sms/a%20b"


async def test_what_is_not_authentic_learns_only_the_class_of_the_reason(desk: Desk) -> None:
    answer = await desk.http.post("/webhooks/telegram", content=b"{}", headers={"x-secret": "guess"})
    assert (answer.status_code, answer.json()) == (403, {"error": "bad-secret"})
    assert desk.reasons() == [("refused", "bad-secret")]
    assert desk.channel.handled == []


async def test_other_paths_do_not_exist_and_are_not_audited(desk: Desk) -> None:
    for path in ("/", "/ws", "/readyz", "/webhooks/telegram/"):
        assert (await desk.http.get(path)).status_code == 404
    assert (await desk.http.get("/healthz")).json() == {"ok": True}
    assert desk.audited == []


async def test_another_method_and_a_long_body_are_refused_before_the_signature(desk: Desk) -> None:
    authentic = {"x-secret": SECRET}
    wrong = await desk.http.get("/webhooks/telegram", headers=authentic)
    long = await desk.http.post("/webhooks/telegram", content=b"x" * 1001, headers=authentic)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 500

    dripped = await desk.http.post("/webhooks/telegram", content=chunks(), headers=authentic)
    assert (wrong.status_code, long.status_code, dripped.status_code) == (405, 413, 413)
    assert desk.reasons() == [
        ("refused", "method-not-allowed"),
        ("refused", "too-large"),
        ("refused", "too-large"),
    ]
    assert desk.channel.handled == []


@pytest.mark.parametrize("failure", [StorageFullError("no space left"), StorageBusyError("locked")])
async def test_what_could_not_be_recorded_is_not_acknowledged(failure: Exception, desk: Desk) -> None:
    desk.channel.failing = failure
    answer = await desk.http.post("/webhooks/telegram", headers={"x-secret": SECRET})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"


async def test_our_own_mistake_is_logged_and_tells_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.channel.failing = RuntimeError("the body said: hello")
    answer = await desk.http.post("/webhooks/telegram", headers={"x-secret": SECRET})
    assert (answer.status_code, answer.json()) == (500, {"error": "failed"})
    assert "the webhook /webhooks/telegram failed" in caplog.text


async def test_a_refusal_stands_even_when_it_cannot_be_audited() -> None:
    async def full(_: AuditRow) -> None:
        raise StorageFullError("no space left")

    app = webhook_app({"telegram": [Channel().route()]}, full, max_body=1000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://public.example.org") as http:
        assert (await http.post("/webhooks/telegram")).status_code == 403
        authentic = await http.post("/webhooks/telegram", headers={"x-secret": SECRET})
    assert authentic.status_code == 503


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    audited: list[AuditRow] = []

    async def audit(row: AuditRow) -> None:
        audited.append(row)

    app = Webhooks([ChannelRoute("telegram", Channel().route())], audit, max_body=1000, body_seconds=0.05)
    async with listening(app) as listener, await anyio.connect_tcp(*listener.address) as stream:
        await stream.send(b"POST /webhooks/telegram HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nslow")
        with anyio.fail_after(2):
            answer = await stream.receive()
    assert answer.startswith(b"HTTP/1.1 408")
    assert [row.reason for row in audited] == ["too-slow"]


async def test_two_channels_on_one_path_are_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def audit(_: AuditRow) -> None: ...

    webhook_app({"telegram": [Channel().route("/x")], "sms": [Channel().route("/x")]}, audit, max_body=1)
    assert "telegram and sms both want /x" in caplog.text
