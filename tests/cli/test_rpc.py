import socket
import threading
from pathlib import Path

import pytest

from openclaw.cli.rpc import GatewayDownError, RefusedError, dial
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret
from tests.cli.gateway import running, weather


def test_of_two_answers_to_one_question_the_last_counts(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.reply = weather
        with dial(plane.port, lambda: Secret(plane.token[0])) as line:
            answer = line.call("agent", {"message": "hello", "idempotencyKey": "r1"})
            events = line.events()
            first = next(events)
    assert answer["summary"] == "completed"
    assert first["event"] == "agent"


def test_an_answer_that_is_no_object_comes_as_a_value(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(state_dir, monkeypatch) as plane:
        with dial(plane.port, lambda: Secret(plane.token[0])) as line:
            assert line.call("last-heartbeat", {}) == {"value": None}
            assert [each["mode"] for each in line.call("system-presence", {})["value"]] == ["gateway", "cli"]


def test_a_wrong_token_is_told_in_the_gateways_words(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(state_dir, monkeypatch) as plane:
        with pytest.raises(RefusedError, match="gateway token mismatch"):
            with dial(plane.port, lambda: Secret("wrong")):
                pass


def test_a_closed_port_is_a_gateway_that_does_not_run() -> None:
    with (
        pytest.raises(GatewayDownError, match=r"127\.0\.0\.1:1; start it with"),
        dial(1, lambda: Secret("x")),
    ):
        pass


def test_something_else_on_the_port_is_said_to_be_that() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            pytest.raises(OpenClawError, match="is not our gateway"),
            dial(server.getsockname()[1], lambda: Secret("x")),
        ):
            pass
        thread.join()


def test_something_that_hangs_up_at_once_is_not_our_gateway() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        with (
            pytest.raises(OpenClawError, match="gateway"),
            dial(server.getsockname()[1], lambda: Secret("x")),
        ):
            pass
        thread.join()
