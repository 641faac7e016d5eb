"""Quo, once OpenPhone: its signed events in both envelopes, and its API."""

import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.fake.http import PATIENCE, Answer, FakeServer, HttpRequest, fetch

Json = dict[str, Any]

NEW_KEY = "whsec_cXVvLW5ldy1zaWduaW5nLWtleS0wMTIzNDU2Nzg5YWI="
OLD_KEY = "cXVvLWxlZ2FjeS1zaWduaW5nLWtleS0zMmJ5dGVzISE="


@dataclass(frozen=True, slots=True)
class QuoText:
    id: str
    sender: str
    to: str
    text: str
    at: str = ""


class FakeQuo(FakeServer):
    """`url` serves as `channels.quo.apiRoot`."""

    def __init__(self, key: str = "quo-api-key-0001") -> None:
        super().__init__()
        self.key = key
        self.sent: list[QuoText] = []
        self.lists = True
        """Whether it shows the texts that it has sent."""
        self._failures: deque[tuple[int, Json, dict[str, str]]] = deque()
        self._drops = 0

    def take_and_drop(self) -> None:
        """Carry the next call out, then close the socket without an answer."""
        self._drops += 1

    def fail(
        self, status: int, message: str = "Server Error", headers: Mapping[str, str] | None = None
    ) -> None:
        self._failures.append((status, {"message": message}, dict(headers or {})))

    async def wait_sent(self, count: int, timeout: float = PATIENCE) -> list[QuoText]:
        def seen() -> str:
            return f"{len(self.sent)} of {count} texts were sent: {[each.text for each in self.sent]}"

        await self.wait_until(lambda: len(self.sent) >= count, seen, timeout)
        return self.sent

    async def call(self, url: str, event: Mapping[str, object], *, new: bool = True) -> int:
        """Call the webhook at `url`, the daemon's public listener. Returns the status of the answer."""
        raw = json.dumps(event).encode()
        headers = standard(raw) if new else legacy(raw)
        status, _ = await fetch("POST", f"{url}/webhooks/quo", body=raw, headers=headers)
        return status

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        if self._failures:
            status, body, headers = self._failures.popleft()
            answer.send_json(status, body, headers)
        elif request.headers.get("authorization") != self.key:
            answer.send_json(401, {"message": "Unauthorized"})
        elif request.path != "/messages":
            answer.send_json(404, {"message": "Not Found"})
        elif request.method == "GET":
            answer.send_json(200, {"data": self._listed(request.query), "totalItems": 0})
        else:
            self._send(json.loads(request.body), answer)

    def _send(self, fields: Json, answer: Answer) -> None:
        at = datetime.now(UTC).isoformat()
        text = QuoText(f"AC{len(self.sent) + 1}", fields["from"], fields["to"][0], fields["content"], at)
        self.sent.append(text)
        self.changed()
        if self._drops:
            self._drops -= 1
            answer.drop()
        else:
            answer.send_json(202, {"data": {"id": text.id, "status": "queued"}})

    def _listed(self, asked: Mapping[str, str]) -> list[Json]:
        return [
            {
                "id": text.id,
                "from": "+12015550100",
                "to": [text.to],
                "text": text.text,
                "direction": "outgoing",
                "createdAt": text.at,
            }
            for text in reversed(self.sent)
            if self.lists and (text.sender, text.to) == (asked["phoneNumberId"], asked["participants"])
        ]


def received(text: str, *, event: str = "EV1", message: str = "AC900", number: str = "+12015550123") -> Json:
    """A text to our number, in the envelope of 2026."""
    resource = {
        "id": message,
        "from": number,
        "to": ["+12015550100"],
        "direction": "incoming",
        "text": text,
        "phoneNumberId": "PN123",
        "conversationId": "CN77",
        "createdAt": "2026-02-27T09:00:00.000Z",
    }
    return {
        "id": event,
        "apiVersion": "2026-03-30",
        "createdAt": "2026-02-27T09:00:01.000Z",
        "type": "message.received",
        "data": {"resource": resource, "context": {}, "links": {}},
    }


def received_before(text: str, *, event: str = "EV1", message: str = "AC900") -> Json:
    """The same in OpenPhone's envelope."""
    about = {
        "id": message,
        "object": "message",
        "from": "+12015550123",
        "to": "+12015550100",
        "direction": "incoming",
        "body": text,
        "media": [],
        "status": "received",
        "phoneNumberId": "PN123",
        "createdAt": "2026-02-27T09:00:00.000Z",
    }
    return {
        "id": event,
        "object": "event",
        "apiVersion": "v3",
        "type": "message.received",
        "data": {"object": about},
    }


def standard(
    raw: bytes, *, key: str = NEW_KEY, name: str = "msg_2abc", at: int | None = None
) -> dict[str, str]:
    seconds = str(int(time.time()) if at is None else at)
    return {
        "webhook-id": name,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{_signed(key, f'{name}.{seconds}.'.encode() + raw)}",
    }


def legacy(raw: bytes, *, key: str = OLD_KEY, at_ms: int | None = None) -> dict[str, str]:
    ms = str(int(time.time() * 1000) if at_ms is None else at_ms)
    return {"openphone-signature": f"hmac;1;{ms};{_signed(key, f'{ms}.'.encode() + raw)}"}


def _signed(key: str, data: bytes) -> str:
    secret = base64.b64decode(key.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(secret, data, hashlib.sha256).digest()).decode()
