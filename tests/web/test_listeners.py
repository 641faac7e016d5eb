"""What a stranger can do to an open port."""

import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketStream
from httpx import AsyncClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from openclaw.web.listeners import CarefulHttp, HttpListener
from openclaw.web.ports import bind


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{scope['path']} {len(body)}")(scope, receive, send)


@asynccontextmanager
async def listening(app: ASGIApp = echo) -> AsyncIterator[HttpListener]:
    listener = HttpListener(app, [bind("127.0.0.1", 0)], grace_seconds=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listener.run)
        await listener.wait_listening()
        try:
            yield listener
        finally:
            listener.stop()


async def raw(listener: HttpListener, request: bytes) -> bytes:
    """All that comes back until the connection is closed."""
    async with await anyio.connect_tcp(*listener.address) as stream:
        await stream.send(request)
        return await _rest(stream)


async def _rest(stream: SocketStream) -> bytes:
    got = b""
    with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        while True:
            got += await stream.receive()
    return got


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: a\r\nx-slow: "])
async def test_a_header_that_does_not_come_is_not_waited_for(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CarefulHttp, "header_seconds", 0.05)
    async with listening() as listener:
        with anyio.fail_after(2):
            async with await anyio.connect_tcp(*listener.address) as stream:
                if sent:
                    await stream.send(sent)
                assert await _rest(stream) == b""


async def test_the_next_request_of_a_kept_connection_has_the_same_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CarefulHttp, "header_seconds", 0.3)
    async with listening() as listener, await anyio.connect_tcp(*listener.address) as stream:
        await stream.send(b"GET /one HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"/one" in await stream.receive()
        await stream.send(b"GET /two HT")
        with anyio.fail_after(2):
            assert await _rest(stream) == b""


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nhost: ", b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"])
async def test_whoever_has_been_idle_longest_gives_way_to_who_comes(
    first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CarefulHttp, "most_idle", 3)
    async with listening() as listener, contextlib.AsyncExitStack() as stack:
        waiting = [
            await stack.enter_async_context(await anyio.connect_tcp(*listener.address)) for _ in range(3)
        ]
        await waiting[0].send(first)
        if first.endswith(b"\r\n\r\n"):
            assert b"200 OK" in await waiting[0].receive()

        answer = await raw(listener, b"GET /real HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")

        assert b"/real 0" in answer
        with anyio.fail_after(2):
            assert await _rest(waiting[0]) == b""
        await waiting[1].send(b"GET /patient HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"/patient" in await waiting[1].receive()


@pytest.mark.parametrize(
    "headers",
    [
        b"host: a\r\nhost: b\r\n",
        b"host: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n",
        b"host: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n",
        b"host: a\r\nx-long: " + b"x" * 100_000 + b"\r\n",
    ],
)
async def test_a_request_that_could_be_read_in_two_ways_or_is_too_long_is_refused(headers: bytes) -> None:
    async with listening() as listener:
        answer = await raw(listener, b"POST / HTTP/1.1\r\n" + headers + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


async def test_a_megabyte_of_header_is_cut_off() -> None:
    async with listening() as listener, await anyio.connect_tcp(*listener.address) as stream:
        with anyio.fail_after(5), contextlib.suppress(anyio.BrokenResourceError):
            await stream.send(b"GET / HTTP/1.1\r\nhost: a\r\n")
            for number in range(200):
                await stream.send(b"x-%d: " % number + b"x" * 16_000 + b"\r\n")
        assert await _rest(stream) == b""


async def test_honest_requests_are_answered_meanwhile() -> None:
    async with listening() as listener, anyio.create_task_group() as tasks:
        streams = [await anyio.connect_tcp(*listener.address) for _ in range(100)]
        for stream in streams:
            await stream.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nslow")
        async with AsyncClient() as http:
            host, port = listener.address
            answer = await http.post(f"http://{host}:{port}/honest", content=b"x" * 10)
        for stream in streams:
            tasks.start_soon(stream.aclose)
    assert answer.text == "/honest 10"
    assert "server" not in answer.headers


async def test_signals_are_left_to_us() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with listening():
        assert signal.getsignal(signal.SIGTERM) is before


async def test_stopping_ends_what_hangs_and_frees_the_port() -> None:
    started = anyio.Event()

    async def hangs(scope: Scope, receive: Receive, send: Send) -> None:
        started.set()
        await anyio.sleep_forever()

    async with listening(hangs) as listener:
        stream = await anyio.connect_tcp(*listener.address)
        await stream.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        await started.wait()
        with anyio.fail_after(5):
            listener.stop()
            await listener.wait_stopped()
        await stream.aclose()
    bind(*listener.address).close()


@pytest.mark.parametrize("read", [True, False])
async def test_a_body_that_does_not_end_is_not_waited_for(
    read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CarefulHttp, "body_seconds", 0.2)

    async def blind(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("no", 401)(scope, receive, send)

    async with listening(echo if read else blind) as listener:
        with anyio.fail_after(2):
            answer = await raw(listener, b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nslow")
    assert answer == b"" if read else answer.startswith(b"HTTP/1.1 401")


async def test_a_body_in_time_leaves_its_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CarefulHttp, "body_seconds", 0.1)
    async with listening() as listener, await anyio.connect_tcp(*listener.address) as stream:
        await stream.send(b"POST /one HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab")
        assert b"/one 2" in await stream.receive()
        with anyio.move_on_after(0.2):
            assert await stream.receive() == b"still open"
        await stream.send(b"GET /two HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b"/two 0" in await stream.receive()


async def test_a_crowd_that_says_nothing_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CarefulHttp, "most_idle", 20)
    async with listening() as listener, contextlib.AsyncExitStack() as stack:
        # All at once: the server takes them in one go, before it has closed any.
        sockets = [stack.enter_context(socket.socket()) for _ in range(60)]
        for one in sockets:
            one.setblocking(False)
            one.connect_ex(listener.address)
        answer = await raw(listener, b"GET /real HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")

        assert b"/real 0" in answer
        await anyio.wait_all_tasks_blocked()
        assert len(listener._server.server_state.connections) <= 20


async def test_who_comes_is_heard_although_all_others_are_in_the_middle_of_their_bodies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CarefulHttp, "most_idle", 3)
    async with listening() as listener, contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            stream = await stack.enter_async_context(await anyio.connect_tcp(*listener.address))
            await stream.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf")
        await anyio.wait_all_tasks_blocked()
        async with await anyio.connect_tcp(*listener.address) as late:
            await anyio.wait_all_tasks_blocked()
            await late.send(b"GET /late HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            with anyio.fail_after(5):
                assert b"/late 0" in await _rest(late)


async def test_a_websocket_that_is_refused_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("not you", 403)(scope, receive, send)

    asked = b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    async with listening(refuse) as listener:
        answer = await raw(listener, asked + b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 403")
    assert answer.endswith(b"not you")
    assert caplog.messages == []
