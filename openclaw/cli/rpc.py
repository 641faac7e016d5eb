"""A WebSocket to the running gateway, for one command."""

import socket
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from openclaw import __version__
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

Frame = Mapping[str, Any]
OPEN_SECONDS = 5.0


class GatewayDownError(OpenClawError):
    """Nobody answers on the port."""

    def __init__(self, place: str) -> None:
        super().__init__(f"no gateway answers on {place}; start it with: openclaw serve")


class RefusedError(OpenClawError):
    """The gateway said no; the text is its own."""


class Line:
    """Questions and their answers, in order; what happens meanwhile is kept for `events`."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket
        self._kept: deque[Frame] = deque()

    def call(self, method: str, params: Mapping[str, object]) -> Frame:
        """The answer; of two answers to one question the last. Raises RefusedError."""
        name = uuid.uuid4().hex
        self._socket.send(
            orjson.dumps({"type": "req", "id": name, "method": method, "params": params}).decode()
        )
        while True:
            frame = self._receive()
            if frame["type"] != "res" or frame["id"] != name:
                self._kept.append(frame)
            elif not frame["ok"]:
                raise RefusedError(frame["error"]["message"])
            elif not isinstance(frame["payload"], dict):
                return {"value": frame["payload"]}
            elif frame["payload"].get("status") != "accepted":
                payload: Frame = frame["payload"]
                return payload

    def events(self) -> Iterator[Frame]:
        """Event frames as they come, without end."""
        while True:
            frame = self._kept.popleft() if self._kept else self._receive()
            if frame["type"] == "event":
                yield frame

    def greet(self, token: Secret) -> None:
        """Raises RefusedError."""
        self._receive(OPEN_SECONDS)  # the challenge, which only devices sign
        self.call("connect", introduction(token))

    def _receive(self, seconds: float | None = None) -> Frame:
        from websockets.exceptions import ConnectionClosed

        try:
            frame: Frame = orjson.loads(self._socket.recv(seconds))
        except TimeoutError:
            raise OpenClawError("the gateway took the connection and says nothing; see its log") from None
        except ConnectionClosed as closed:
            reason = closed.rcvd.reason if closed.rcvd else ""
            raise OpenClawError(
                f"the gateway closed the connection{': ' + reason if reason else ''}"
            ) from None
        return frame


@contextmanager
def dial(port: int, token: Callable[[], Secret]) -> Iterator[Line]:
    """The token is asked for when somebody answers. Raises GatewayDownError or RefusedError."""
    place = f"127.0.0.1:{port}"
    try:
        reached = socket.create_connection(("127.0.0.1", port), OPEN_SECONDS)
    except OSError:
        raise GatewayDownError(place) from None
    # Loaded only once somebody is there: it takes longer than all else that a command does without a gateway.
    from websockets.exceptions import ConnectionClosed, InvalidHandshake
    from websockets.sync.client import connect

    try:
        connection = connect(
            f"ws://{place}/",
            sock=reached,
            open_timeout=OPEN_SECONDS,
            proxy=None,
            compression=None,
            max_size=None,
        )
    except (OSError, TimeoutError):
        raise GatewayDownError(place) from None
    except (InvalidHandshake, ConnectionClosed) as error:
        raise OpenClawError(
            f"what answers on {place} is not our gateway ({error}); see gateway.port"
        ) from None
    with connection:
        line = Line(connection)
        line.greet(token())
        yield line


def introduction(token: Secret) -> dict[str, object]:
    return {
        "minProtocol": 3,
        "maxProtocol": 4,
        "client": {"id": "cli", "version": __version__, "platform": sys.platform, "mode": "cli"},
        "role": "operator",
        "caps": ["tool-events"],
        "auth": {"token": token.reveal()},
    }
