"""The control plane as a program meets it: frames of the original's protocol on a WebSocket, and a few HTTP answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.conftest import MakeDaemon
from tests.fakes import Daemon, fetch

Json = dict[str, Any]


class Client:
    """Frames as they come; nothing of our own code is between the test and the wire."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Json] = []
        self.nonce = ""
        """Of the challenge."""
        self._number = 0

    async def send(self, method: str, **params: object) -> str:
        self._number += 1
        name = f"r{self._number}"
        await self.socket.send(json.dumps({"type": "req", "id": name, "method": method, "params": params}))
        return name

    async def answer(self, name: str) -> Json:
        """The next answer to this request; events meanwhile are kept."""
        while True:
            frame = await self._next()
            if frame["type"] == "res" and frame["id"] == name:
                return frame

    async def call(self, method: str, **params: object) -> Json:
        answer = await self.answer(await self.send(method, **params))
        assert answer["ok"], answer
        payload: Json = answer["payload"]
        return payload

    async def until(self, ends: Callable[[Json], bool]) -> None:
        """Reads events until one `ends` it."""
        while not any(ends(event) for event in self.events):
            await self._next()

    async def _next(self) -> Json:
        async with asyncio.timeout(10):
            frame: Json = json.loads(await self.socket.recv())
        if frame["type"] == "event":
            self.events.append(frame)
        return frame

    def of_run(self, run_id: str, name: str) -> list[Json]:
        events = [event for event in self.events if event["event"] == name]
        return [event["payload"] for event in events if event["payload"]["runId"] == run_id]


def introduction(daemon: Daemon, protocol: int, **auth: str) -> Json:
    return {
        "minProtocol": protocol,
        "maxProtocol": protocol,
        "client": {"id": "cli", "version": "2026.9.6", "platform": "linux", "mode": "cli"},
        "role": "operator",
        "scopes": ["operator.admin", "operator.read", "operator.write"],
        "caps": ["tool-events"],
        "auth": auth or {"token": daemon.token},
    }


@asynccontextmanager
async def opened(daemon: Daemon, path: str = "/") -> AsyncIterator[Client]:
    """After the challenge."""
    url = daemon.url.replace("http", "ws") + path
    async with connect(url, proxy=None, compression=None, max_queue=None) as socket:
        client = Client(socket)
        async with asyncio.timeout(5):
            challenge = json.loads(await socket.recv())
        assert challenge["event"] == "connect.challenge"
        assert {"nonce", "ts"} <= challenge["payload"].keys()
        client.nonce = challenge["payload"]["nonce"]
        yield client


@asynccontextmanager
async def connected(daemon: Daemon, protocol: int = 4, path: str = "/") -> AsyncIterator[tuple[Client, Json]]:
    async with opened(daemon, path) as client:
        yield client, await client.call("connect", **introduction(daemon, protocol))


@pytest.fixture
async def daemon(make_daemon: MakeDaemon) -> Daemon:
    """The offline model answers."""
    made = make_daemon()
    await made.start()
    return made


async def test_a_program_with_the_token_asks_and_is_answered_in_order(daemon: Daemon) -> None:
    for protocol, path in ((3, "/"), (4, "/ws")):
        async with connected(daemon, protocol, path) as (client, hello):
            assert (hello["type"], hello["protocol"]) == ("hello-ok", protocol)
            assert {"health", "status", "sessions.list", "chat.send", "agent"} <= set(
                hello["features"]["methods"]
            )
            assert hello["snapshot"]["health"]["ok"] is True
            assert (await client.call("health"))["ok"] is True
            status = await client.call("status")
            assert (status["model"], status["channels"], status["running"]) == ("offline/offline", {}, 0)
            assert (await client.call("sessions.list"))["sessions"] == []

    async with connected(daemon) as (client, _), connected(daemon) as (watcher, _):
        await _check_a_chat(client, watcher)
        await _check_the_same_key_again(client)
        await _check_an_agent_request(client)
        tool = '/tool get_weather {"location":""}'
        await client.call("chat.send", sessionKey="main", message=tool, idempotencyKey="run-tool")
        await client.until(is_final("run-tool"))
        phases = [
            each["data"]["phase"] for each in client.of_run("run-tool", "agent") if each["stream"] == "tool"
        ]
        assert phases == ["start", "result"]

    lines = daemon.transcript()
    assert [line["content"] for line in lines if line.get("role") == "user"] == ["hello", "and you?", tool]


def is_final(run_id: str) -> Callable[[Json], bool]:
    def ends(event: Json) -> bool:
        payload = event["payload"]
        return event["event"] == "chat" and (payload["runId"], payload["state"]) == (run_id, "final")

    return ends


async def _check_a_chat(client: Client, watcher: Client) -> None:
    started = await client.call("chat.send", sessionKey="main", message="hello", idempotencyKey="run-1")
    assert started == {"runId": "run-1", "status": "started"}
    for each in (client, watcher):
        await each.until(is_final("run-1"))
        assert (await each.call("health"))["ok"]  # a second final would be here before this answer
        told = each.of_run("run-1", "agent")
        streams = [event["stream"] for event in told]
        assert (streams[0], streams[-1]) == ("lifecycle", "lifecycle")
        assert [event["data"]["phase"] for event in told if event["stream"] == "lifecycle"] == [
            "start",
            "end",
        ]
        chats = each.of_run("run-1", "chat")
        assert [chat["state"] for chat in chats].count("final") == 1
        final = chats[-1]
        assert (final["state"], final["sessionKey"]) == ("final", "agent:main:main")
        text = final["message"]["content"][0]["text"]
        assert "hello" in text
        assert "".join(event["data"]["delta"] for event in told if event["stream"] == "assistant") == text
        assert "".join(chat["deltaText"] for chat in chats[:-1]) == text
        numbers = [event["payload"]["seq"] for event in each.events if event["event"] in {"agent", "chat"}]
        assert numbers == sorted(set(numbers))
        overall = [event["seq"] for event in each.events if "seq" in event]
        assert overall == sorted(set(overall))


async def _check_the_same_key_again(client: Client) -> None:
    again = await client.call("chat.send", sessionKey="main", message="hello", idempotencyKey="run-1")
    assert (again["runId"], again["status"]) == ("run-1", "ok")
    session = await client.call("sessions.get", key="main")
    assert [line.get("role") for line in session["lines"]] == [None, "user", "assistant"]
    (listed,) = (await client.call("sessions.list"))["sessions"]
    assert (listed["key"], listed["sessionId"]) == ("agent:main:main", session["sessionId"])


async def _check_an_agent_request(client: Client) -> None:
    request = await client.send("agent", message="and you?", idempotencyKey="run-2", sessionKey="main")
    first, second = await client.answer(request), await client.answer(request)
    assert (first["ok"], first["payload"]["status"], first["payload"]["runId"]) == (True, "accepted", "run-2")
    assert (second["ok"], second["payload"]["status"], second["payload"]["runId"]) == (True, "ok", "run-2")
    assert "and you?" in second["payload"]["result"]["payloads"][0]["text"]
    waited = await client.call("agent.wait", runId="run-2", timeoutMs=1000)
    assert waited["status"] == "ok"


async def test_whoever_does_not_show_the_token_gets_nothing(daemon: Daemon) -> None:
    wrong = await refused(daemon, introduction(daemon, 4, token=f"{daemon.token}x"))
    assert wrong["details"]["code"] == "AUTH_TOKEN_MISMATCH"
    missing = introduction(daemon, 4)
    del missing["auth"]
    assert (await refused(daemon, missing))["code"] == "NOT_PAIRED"
    old = await refused(daemon, introduction(daemon, 2))
    assert old["details"]["code"] == "PROTOCOL_MISMATCH"
    async with opened(daemon) as client:
        answer = await client.answer(await client.send("health"))
        assert answer["ok"] is False
        assert "connect" in answer["error"]["message"]

    url = daemon.url.replace("http", "ws") + "/"
    with pytest.raises(InvalidStatus) as turned_away:
        await connect(url, proxy=None, additional_headers={"Origin": "https://evil.example.org"})
    assert turned_away.value.response.status_code == 403

    bearer = {"authorization": f"Bearer {daemon.token}"}
    status, body = await fetch("GET", f"{daemon.url}/v1/anything")
    assert (status, json.loads(body)["error"]["type"]) == (401, "unauthorized")
    assert (await fetch("GET", f"{daemon.url}/v1/anything", headers=bearer))[0] == 404
    posted = {**bearer, "origin": "https://evil.example.org"}
    assert (await fetch("POST", f"{daemon.url}/v1/anything", headers=posted))[0] == 403
    assert (await fetch("GET", f"{daemon.url}/healthz", headers={"host": "rebound.example.org"}))[0] == 421
    assert (await fetch("GET", f"{daemon.url}/"))[0] == 200
    assert daemon.transcripts() == {}


async def refused(daemon: Daemon, params: Json) -> Json:
    """The error of a connect, after which the connection is closed."""
    async with opened(daemon) as client:
        answer = await client.answer(await client.send("connect", **params))
        assert answer["ok"] is False
        with pytest.raises(ConnectionClosed):
            await client.socket.recv()
        error: Json = answer["error"]
        return error


async def test_narrowed_scopes_are_all_there_is(daemon: Daemon) -> None:
    async with opened(daemon) as client:
        await client.call("connect", **{**introduction(daemon, 4), "scopes": ["operator.read"]})
        assert (await client.call("health"))["ok"] is True
        asked = await client.answer(
            await client.send("chat.send", sessionKey="main", message="hi", idempotencyKey="x")
        )
        assert asked["ok"] is False
        unknown = await client.answer(await client.send("config.set", raw="{}"))
        assert unknown["ok"] is False
        forged = await client.answer(await client.send("sessions.list", operator=True))
        assert "unexpected property 'operator'" in forged["error"]["message"]
    assert daemon.transcripts() == {}
