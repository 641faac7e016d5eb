import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import anyio
import pytest
from httpx import ASGITransport, AsyncClient
from starlette.requests import Request
from starlette.types import Message

from openclaw.types.channel import Noted, WebhookRequest, WebhookResponse, WebhookRoute
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.web.webhooks import AuditRow, Bodies, ChannelRoute, RefusedError, Webhooks, reduced, webhook_app
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
    assert request.query_string == "token=a%26b&x="
    (row,) = desk.audited
    assert replace(row, headers="") == AuditRow("/webhooks/telegram", "accepted", channel="telegram")
    assert '"content-length":"4"' in row.headers
    assert SECRET not in row.headers


async def test_what_a_route_notes_of_a_request_is_in_its_audit_row() -> None:
    channel, audited = Channel(), list[AuditRow]()

    async def audit(row: AuditRow) -> None:
        assert channel.handled == []
        audited.append(replace(row, headers=""))

    noted = replace(channel.route("/sms"), noted=lambda request: Noted("sms:SM1", "number-unknown"))
    app = webhook_app({"sms": [noted]}, audit, max_body=1000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://public.example.org") as http:
        await http.post("/sms", headers={"x-secret": SECRET})
        channel.handled.clear()
        await http.post("/sms")

    assert audited == [
        AuditRow("/sms", "accepted", "number-unknown", "sms", "sms:SM1"),
        AuditRow("/sms", "refused", "bad-secret", "sms"),
    ]


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


@pytest.mark.parametrize("failure", [StorageFullError("no room"), StorageBusyError("busy"), KeyError("ours")])
async def test_a_route_that_is_asked_only_once_answers_in_its_own_words(failure: Exception) -> None:
    """Also when not even the audit row could be written."""
    channel, failing = Channel(failing=failure), list[Exception]()

    async def audit(row: AuditRow) -> None:
        if failing:
            raise failing[0]

    sorry = replace(channel.route("/voice"), apology=WebhookResponse(200, b"<Response/>", "text/xml"))
    app = webhook_app({"voice": [sorry]}, audit, max_body=1000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://public.example.org") as http:
        assert (await http.post("/voice")).status_code == 403
        for _ in range(2):
            answer = await http.post("/voice", headers={"X-Secret": SECRET})
            assert (answer.status_code, answer.content) == (200, b"<Response/>")
            failing.append(failure)


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


async def test_a_body_that_breaks_off_is_in_the_audit_log_and_goes_no_further() -> None:
    audited, channel = list[str](), Channel()
    told = anyio.Event()

    async def audit(row: AuditRow) -> None:
        audited.append(row.reason)
        told.set()

    app = webhook_app({"telegram": [channel.route()]}, audit, max_body=1000)
    async with listening(app) as listener:
        async with await anyio.connect_tcp(*listener.address) as stream:
            request = f"POST /webhooks/telegram HTTP/1.1\r\nhost: a\r\nx-secret: {SECRET}\r\n"
            await stream.send(request.encode() + b"content-length: 10\r\n\r\nhalf")
        with anyio.fail_after(2):
            await told.wait()

    assert (audited, channel.handled) == (["broken-off"], [])


async def test_what_nobody_reads_is_not_waited_for(desk: Desk) -> None:
    for method, path in (("POST", "/nowhere"), ("PUT", "/webhooks/telegram")):
        answer = await desk.http.request(method, path, content=b"x" * 10)
        assert answer.headers["connection"] == "close"


def test_the_audit_shows_who_knocked_and_not_what_opens_the_door() -> None:
    headers = {
        "user-agent": "TwilioProxy/1.1" + "x" * 500,
        "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "authorization": "Bearer s3cret",
        "cookie": "c=s3cret",
    }

    shown = reduced("POST", headers)

    assert json.loads(shown) == {
        "method": "POST",
        "user-agent": ("TwilioProxy/1.1" + "x" * 500)[:200],
        "others": ["authorization", "cookie", "x-twilio-signature"],
    }


class Sender:
    """Somebody whose body comes in the pieces that a test sends."""

    def __init__(self, announced: int | None = None) -> None:
        self._announced = announced
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(self, piece: bytes) -> None:
        await self._pieces.put(piece)

    async def end(self) -> None:
        await self._pieces.put(None)

    def request(self) -> Request:
        async def receive() -> Message:
            piece = await self._pieces.get()
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

        length = [] if self._announced is None else [(b"content-length", str(self._announced).encode())]
        return Request({"type": "http", "headers": length, "method": "POST"}, receive)


async def _outcomes(bodies: Bodies, senders: dict[str, Sender], found: dict[str, str | int]) -> None:
    async def read(name: str, sender: Sender) -> None:
        try:
            found[name] = len(await bodies.read(sender.request()))
        except RefusedError as refusal:
            found[name] = refusal.reason

    async with anyio.create_task_group() as group:
        for name, sender in senders.items():
            group.start_soon(read, name, sender)
            await anyio.wait_all_tasks_blocked()


async def test_when_too_many_bodies_are_half_sent_the_oldest_gives_way_to_the_newest() -> None:
    senders = {name: Sender() for name in ("first", "second", "third")}
    for sender in senders.values():
        await sender.send(b"half")
    await senders["third"].end()
    found: dict[str, str | int] = {}

    async with anyio.create_task_group() as group:
        group.start_soon(_outcomes, Bodies(100, 60, most=2), senders, found)
        await anyio.wait_all_tasks_blocked()
        assert found == {"first": "too-slow", "third": 4}
        await senders["second"].end()

    assert found == {"first": "too-slow", "third": 4, "second": 4}


async def test_half_sent_bodies_hold_so_much_memory_together_and_no_more() -> None:
    senders = {name: Sender() for name in ("first", "second", "third")}
    for sender in senders.values():
        await sender.send(b"x" * 90)
    found: dict[str, str | int] = {}

    async with anyio.create_task_group() as group:
        group.start_soon(_outcomes, Bodies(100, 60, most_bytes=200), senders, found)
        await anyio.wait_all_tasks_blocked()
        assert found == {"first": "too-slow"}
        await senders["second"].end()
        await senders["third"].end()

    assert found == {"first": "too-slow", "second": 90, "third": 90}


async def test_a_body_counts_as_long_as_it_is_announced_to_become() -> None:
    senders = {name: Sender(announced=90) for name in ("first", "second", "third")}
    found: dict[str, str | int] = {}

    async with anyio.create_task_group() as group:
        group.start_soon(_outcomes, Bodies(100, 60, most_bytes=200), senders, found)
        await anyio.wait_all_tasks_blocked()
        assert found == {"first": "too-slow"}
        await senders["second"].end()
        await senders["third"].end()

    assert found == {"first": "too-slow", "second": 0, "third": 0}
