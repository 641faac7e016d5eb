"""SalesMsg: its calls of the webhook, in the shapes it and its users have been seen to send, and its API."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest, fetch

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SalesText:
    """A text that was sent through the API."""

    id: str
    to: str
    text: str
    token: str
    conversation: str = ""


class FakeSalesmsg(FakeServer):
    """`url` serves as `channels.salesmsg.apiRoot`."""

    def __init__(self, token: str = "pat-0001-0123456789abcdef") -> None:
        super().__init__()
        self.tokens = {token}
        """Those that the API takes now."""
        self.refreshes: list[str] = []
        """The tokens that were exchanged."""
        self.renewable = True
        self.lives = 3600
        self.sent: list[SalesText] = []
        self.requests: list[HttpRequest] = []
        self.numbers = {"90001": "+12015550123"}
        """Conversation → the contact's number."""
        self._next = 5500
        self._failures: deque[tuple[int, Json, dict[str, str]]] = deque()
        self._drops = 0
        self._holds: deque[Hold] = deque()

    # What a test does.

    def fail(
        self, status: int, message: str = "Server Error", headers: Mapping[str, str] | None = None
    ) -> None:
        self._failures.append((status, {"message": message}, dict(headers or {})))

    def take_and_drop(self, times: int = 1) -> None:
        """Carry the next calls out, then close the socket without an answer."""
        self._drops += times

    def hold(self) -> Hold:
        hold = Hold()
        self._holds.append(hold)
        return hold

    def void(self, token: str) -> None:
        self.tokens.discard(token)

    async def wait_sent(self, count: int, timeout: float = PATIENCE) -> list[SalesText]:
        def seen() -> str:
            return f"{len(self.sent)} of {count} texts were sent: {[each.text for each in self.sent]}"

        await self.wait_until(lambda: len(self.sent) >= count, seen, timeout)
        return self.sent

    def received(
        self, text: str, *, message_id: int = 7001, number: str = "+12015550123", **more: object
    ) -> Json:
        """A contact's text, nested as the API has it."""
        message = {
            "id": message_id,
            "conversation_id": 90001,
            "type": "inbound",
            "body": text,
            "body_raw": text,
            "received_at": "2026-02-27T09:00:00Z",
            "sent_at": None,
            "user_id": None,
            "media": [],
            "contact": {
                "id": 31,
                "number": number,
                "first_name": "Rosa",
                "last_name": "Lind",
                "opt_out": False,
            },
            **more,
        }
        return {"event": "message.received", "data": {"message": message}}

    def status(self, message_id: str, status: str = "delivered") -> Json:
        message = {
            "id": int(message_id),
            "conversation_id": 90001,
            "type": "outbound",
            "status": status,
            "body": "…",
            "contact": {"number": "+12015550123"},
        }
        return {"event": f"message.{status}", "data": {"message": message}}

    def written(self, text: str, *, message_id: int, status: str = "sent", **more: object) -> Json:
        """A text that a person of the business has written in SalesMsg."""
        message = {
            "id": message_id,
            "conversation_id": 90001,
            "type": "outbound",
            "status": status,
            "automated": False,
            "user_id": 12,
            "body": text,
            "contact": {"number": "+12015550123"},
            **more,
        }
        return {"event": f"message.{status}", "data": {"message": message}}

    async def call(
        self, url: str, token: str, body: Mapping[str, object] | bytes, *, name: str = "token"
    ) -> tuple[int, bytes]:
        """Call the webhook at `url`, the daemon's public listener. Returns status and body of the answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        target = f"{url}/webhooks/salesmsg?{name}={token}" if token else f"{url}/webhooks/salesmsg"
        return await fetch("POST", target, body=raw, headers={"content-type": "application/json"})

    # What the daemon meets.

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.requests.append(request)
        self.changed()
        if self._holds:
            await self._holds.popleft().wait()
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._failures:
            status, body, headers = self._failures.popleft()
            answer.send_json(status, body, headers)
        elif token not in self.tokens:
            answer.send_json(401, {"message": "Unauthenticated."})
        elif request.path == "/oauth/personal-token/refresh":
            self._refresh(token, answer)
        elif request.path.startswith("/messages"):
            self._send(request, token, answer)
        else:
            answer.send_json(404, {"message": "Not Found"})

    def _refresh(self, token: str, answer: Answer) -> None:
        if not self.renewable:
            answer.send_json(404, {"message": "Not Found"})
            return
        self.refreshes.append(token)
        self.tokens.discard(token)
        fresh = f"pat-{len(self.refreshes) + 1:04d}-0123456789abcdef"
        self.tokens.add(fresh)
        self.changed()
        answer.send_json(200, {"access_token": fresh, "token_type": "Bearer", "expires_in": self.lives})

    def _send(self, request: HttpRequest, token: str, answer: Answer) -> None:
        conversation = request.path.removeprefix("/messages").strip("/")
        fields = json.loads(request.body) if conversation else request.query
        number = self.numbers.get(conversation, "") if conversation else fields.get("number", "")
        if conversation and not number:
            answer.send_json(404, {"message": "Conversation not found"})
        elif not fields.get("message") or not number:
            answer.send_json(422, {"message": "The message field is required."})
        else:
            self._next += 1
            self.sent.append(SalesText(str(self._next), number, fields["message"], token, conversation))
            self.changed()
            if self._drops:
                self._drops -= 1
                answer.drop()
            else:
                answer.send_json(
                    200, {"data": {"id": self._next, "conversation_id": 90001, "status": "queued"}}
                )
