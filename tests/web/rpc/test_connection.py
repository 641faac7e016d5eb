"""The WebSocket as a client sees it: frames of the running original, replayed against us."""

from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from openclaw.types.channel import ChannelState
from openclaw.types.events import ChannelChanged, SessionChanged, Stopping
from openclaw.web.config import GatewayConfig
from openclaw.web.rpc import connection
from tests.web.conftest import CONNECT, Plane, serving
from tests.web.devices.signing import SigningDevice
from tests.web.fake_house import MAIN

BAD = "invalid connect params: "


async def test_the_token_from_this_machine_gets_every_scope_of_the_operator(plane: Plane) -> None:
    async with plane.socket("/ws") as client:
        hello = (await client.call("connect", CONNECT))["payload"]

    assert hello["type"] == "hello-ok"
    assert hello["protocol"] == 4
    assert hello["server"].keys() == {"version", "connId", "bootId"}
    assert {"health", "chat.send", "agent", "sessions.list"} <= set(hello["features"]["methods"])
    assert hello["snapshot"]["sessionDefaults"]["mainSessionKey"] == MAIN
    assert len(hello["auth"]["scopes"]) == 5
    assert hello["policy"].pop("attachments")["maxCount"] == 10
    assert hello["policy"] == {"maxPayload": 26214400, "maxBufferedBytes": 52428800, "tickIntervalMs": 30000}


async def test_declared_scopes_only_narrow(plane: Plane) -> None:
    async with plane.socket() as client:
        hello = await client.call("connect", CONNECT | {"scopes": ["operator.read", "operator.everything"]})
        assert hello["payload"]["auth"]["scopes"] == ["operator.read"]

        refused = await client.call("sessions.reset", {"key": "main"})
        assert refused["error"]["code"] == "FORBIDDEN"
        assert refused["error"]["details"]["missingScope"] == "operator.admin"
        assert (await client.call("health"))["ok"]


async def test_what_newer_clients_say_besides_does_no_harm(plane: Plane) -> None:
    async with plane.operator(userAgent="peer/1", locale="en-US", newerField={"a": 1}):
        pass


async def test_an_older_client_speaks_protocol_three(plane: Plane) -> None:
    async with plane.socket() as client:
        hello = await client.call("connect", CONNECT | {"minProtocol": 2, "maxProtocol": 3})
    assert hello["payload"]["protocol"] == 3


REFUSED: dict[str, tuple[dict[str, Any], str, str, str | None, int]] = {
    "a wrong token": (
        {"auth": {"token": "wrong"}},
        "INVALID_REQUEST",
        "unauthorized: gateway token mismatch (provide gateway auth token)",
        "AUTH_TOKEN_MISMATCH",
        1008,
    ),
    "a device token does not help": (
        {"auth": {"token": "wrong", "deviceToken": "x"}},
        "INVALID_REQUEST",
        "unauthorized: gateway token mismatch (provide gateway auth token)",
        "AUTH_TOKEN_MISMATCH",
        1008,
    ),
    "no token": ({"auth": {}}, "NOT_PAIRED", "device identity required", "DEVICE_IDENTITY_REQUIRED", 1008),
    "another protocol": (
        {"minProtocol": 99, "maxProtocol": 99},
        "INVALID_REQUEST",
        "protocol mismatch",
        "PROTOCOL_MISMATCH",
        1002,
    ),
    "an unknown client": (
        {"client": {"id": "nonsense", "version": "1", "platform": "x", "mode": "cli"}},
        "INVALID_REQUEST",
        BAD + "at /client/id: must be equal to one of the allowed values",
        None,
        1008,
    ),
    "no client": (
        {"client": None},
        "INVALID_REQUEST",
        BAD + "at /client: must be object",
        None,
        1008,
    ),
    "a node": ({"role": "node"}, "INVALID_REQUEST", "role 'node' cannot connect here", None, 1008),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_connection_is_refused_for(case: str, plane: Plane) -> None:
    changes, code, message, detail, close_code = REFUSED[case]
    async with plane.socket() as client:
        answer = await client.call("connect", CONNECT | changes)
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive()

    assert answer["ok"] is False
    assert (answer["error"]["code"], answer["error"]["message"]) == (code, message)
    assert answer["error"].get("details", {}).get("code") == detail
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (close_code, message)


async def test_the_first_request_must_be_connect(plane: Plane) -> None:
    async with plane.socket() as client:
        answer = await client.call("health")
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive()
    assert answer["error"]["message"] == "invalid handshake: first request must be connect"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_garbage_ends_the_connection_without_a_word(plane: Plane) -> None:
    async with plane.socket() as client:
        await client.socket.send("hello?")
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_a_long_frame_is_taken_only_once_the_token_was_shown(plane: Plane) -> None:
    long = "x" * 100_000
    async with plane.socket() as client:
        await client.socket.send(long)
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009

    async with plane.operator() as client:
        started = await client.call(
            "chat.send", {"sessionKey": "main", "message": long, "idempotencyKey": "r1"}
        )
    assert started["payload"]["status"] == "started"


async def test_who_says_nothing_is_closed_when_the_handshake_time_is_over(
    plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HANDSHAKE_SECONDS", 0.05)
    async with plane.socket() as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason == "handshake timeout"


@pytest.mark.parametrize(
    "origin", ["https://evil.example.org", "null", "http://localhost.evil.example.org", "http://127.0.0.1:1"]
)
async def test_a_foreign_page_does_not_get_to_the_upgrade(origin: str, plane: Plane) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{plane.port}/", origin=origin, proxy=None):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == 403


async def test_a_name_that_only_resolves_to_us_is_refused(plane: Plane) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://rebound.example.org:{plane.port}/", host="127.0.0.1", proxy=None):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_page_needs_a_paired_device_whatever_token_it_shows(plane: Plane) -> None:
    async with plane.socket(Origin=plane.url) as client:
        answer = await client.call("connect", CONNECT)
    assert answer["error"]["details"]["code"] == "DEVICE_IDENTITY_REQUIRED"
    async with plane.socket(Origin=plane.url) as client:
        answer = await client.call("connect", SigningDevice().signed(CONNECT, client.nonce))
    assert answer["error"]["details"]["code"] == "PAIRING_REQUIRED"


async def test_a_proxy_on_this_machine_does_not_make_its_clients_local(plane: Plane) -> None:
    async with plane.socket(X_Forwarded_For="203.0.113.7") as client:
        answer = await client.call("connect", CONNECT)
    assert answer["error"]["code"] == "NOT_PAIRED"


async def test_ten_wrong_tokens_from_a_page_lock_it_out_and_not_the_owner() -> None:
    async with serving(GatewayConfig()) as plane:
        for _ in range(10):
            async with plane.socket(Origin=plane.url) as client:
                answer = await client.call("connect", CONNECT | {"auth": {"token": "guess"}})
                assert answer["error"]["details"]["code"] == "AUTH_TOKEN_MISMATCH"
        async with plane.socket(Origin=plane.url) as client:
            locked = await client.call("connect", CONNECT)
        assert locked["error"]["details"]["code"] == "AUTH_RATE_LIMITED"
        assert locked["error"]["retryAfterMs"] > 200_000
        async with plane.operator():
            pass


async def test_a_rotated_token_counts_at_once_and_the_old_one_no_more(plane: Plane) -> None:
    plane.token[0] = "another-token-of-enough-length"
    async with plane.socket() as client:
        assert not (await client.call("connect", CONNECT))["ok"]
    async with plane.operator(auth={"token": "another-token-of-enough-length"}):
        pass


async def test_unknown_methods_and_broken_frames_are_answered_and_the_connection_lives(plane: Plane) -> None:
    async with plane.operator() as client:
        unknown = await client.call("nope.method")
        await client.socket.send("{]")
        broken = await client.answer("invalid")
        assert (await client.call("health", {"bogus": 1}))["ok"]

    assert unknown["error"] == {"code": "INVALID_REQUEST", "message": "unknown method: nope.method"}
    assert broken["error"]["code"] == "INVALID_REQUEST"


async def test_agent_answers_twice_with_the_same_id(plane: Plane) -> None:
    async with plane.operator() as client:
        accepted = await client.call("agent", {"message": "hello", "idempotencyKey": "r1"}, id="42")
        assert accepted["payload"] | {"acceptedAt": 0} == {
            "runId": "r1",
            "sessionKey": MAIN,
            "status": "accepted",
            "acceptedAt": 0,
        }
        assert (await client.call("health", id="43"))["ok"], "others are answered meanwhile"
        await plane.house.desk.answer("r1", "Hel", "lo.")
        final = await client.answer("42")

    assert final["payload"]["status"] == "ok"
    assert final["payload"]["summary"] == "completed"
    assert final["payload"]["result"]["payloads"] == [{"text": "Hello.", "mediaUrl": None}]


async def test_a_run_is_told_as_agent_and_chat_events(plane: Plane) -> None:
    async with plane.operator() as client:
        await client.call("chat.send", {"sessionKey": "main", "message": "hi", "idempotencyKey": "r1"})
        await plane.house.desk.answer("r1", "It is ", "22 °C.", tool="get_weather")

        start = await client.event("agent", stream="lifecycle")
        tool = await client.event("agent", stream="tool")
        result = await client.event("agent", stream="tool")
        text = await client.event("agent", stream="assistant")
        final = await client.event("chat", state="final")

    assert start["payload"]["data"]["phase"] == "start"
    assert tool["payload"]["data"]["args"] == {"location": "Sydney"}
    assert result["payload"]["data"]["isError"] is False
    assert text["payload"]["data"] == {"text": "It is ", "delta": "It is "}
    assert final["payload"]["message"]["content"] == [{"type": "text", "text": "It is 22 °C."}]
    assert final["payload"]["sessionKey"] == MAIN
    assert "seq" not in tool
    assert final["seq"] > start["seq"]


async def test_tool_events_go_only_to_clients_that_can_show_them(plane: Plane) -> None:
    async with plane.operator(caps=[]) as client:
        await client.call("chat.send", {"sessionKey": "main", "message": "hi", "idempotencyKey": "r1"})
        await plane.house.desk.answer("r1", "Hello.", tool="get_weather")
        seen = []
        while True:
            frame = await client.receive()
            seen.append(frame["payload"].get("stream"))
            if frame["payload"].get("state") == "final":
                break
    assert "tool" not in seen


async def test_changes_of_channels_and_sessions_and_the_stop_are_told(plane: Plane) -> None:
    async with plane.operator() as client:
        await plane.house.bus.publish(SessionChanged(MAIN, "reset"))
        await plane.house.bus.publish(ChannelChanged("telegram", "default", ChannelState("connected")))
        await plane.house.bus.publish(Stopping("SIGTERM"))
        changed = await client.event("sessions.changed")
        health = await client.event("health")
        shutdown = await client.event("shutdown")

    assert changed["payload"]["sessionKey"] == MAIN
    assert health["payload"]["channels"] == {"telegram": {"condition": "connected"}}
    assert health["stateVersion"]["health"] == 2
    assert shutdown["payload"] == {"reason": "SIGTERM"}


async def test_a_client_that_leaves_in_the_middle_hurts_nobody(plane: Plane) -> None:
    async with plane.operator() as gone:
        await gone.call("agent", {"message": "hello", "idempotencyKey": "r1"})
    async with plane.operator() as client:
        await plane.house.desk.answer("r1", "Hello.")
        await client.event("chat", state="final")


async def test_a_surrogate_from_a_model_does_not_break_the_frames(plane: Plane) -> None:
    async with plane.operator() as client:
        await client.call("chat.send", {"sessionKey": "main", "message": "hi", "idempotencyKey": "r1"})
        await plane.house.desk.answer("r1", "odd \ud83d end")
        final = await client.event("chat", state="final")
    assert final["payload"]["message"]["content"][0]["text"] == "odd ? end"


async def test_strangers_cannot_fill_the_door(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.web.control.MAX_STRANGERS", 2)
    async with plane.socket(), plane.socket():
        with pytest.raises(InvalidStatus) as refused:
            async with plane.socket():
                pass
    assert refused.value.response.status_code == 503


async def test_who_reads_far_too_slowly_is_closed(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_BUFFERED", 300)
    async with plane.operator() as client:
        await client.send("sessions.list")
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "slow consumer")
