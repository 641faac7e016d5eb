"""A Discord channel's webhook."""

import json
from collections import deque

from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest


class FakeDiscord(FakeServer):
    path = "/api/webhooks/821071206/t0ken-0123456789abcdef"

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.asked = 0
        self._failures: deque[tuple[int, dict[str, object]]] = deque()
        self._holds: deque[Hold] = deque()

    @property
    def webhook_url(self) -> str:
        return f"{self.url}{self.path}"

    def limit(self, retry_after: float) -> None:
        body: dict[str, object] = {
            "message": "You are being rate limited.",
            "retry_after": retry_after,
            "global": False,
        }
        self._failures.append((429, body))

    def fail(self, status: int, times: int = 1) -> None:
        self._failures.extend([(status, {"message": "no"})] * times)

    def hold(self) -> Hold:
        """The next call is not answered until it is released."""
        hold = Hold()
        self._holds.append(hold)
        return hold

    async def wait_said(self, count: int, timeout: float = PATIENCE) -> list[str]:
        await self.wait_until(lambda: len(self.said) >= count, lambda: f"it was told {self.said}", timeout)
        return self.said

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.asked += 1
        self.changed()
        if self._holds:
            await self._holds.popleft().wait()
        if request.path != self.path:
            answer.send_json(404, {"message": "Unknown Webhook", "code": 10015})
        elif self._failures:
            status, body = self._failures.popleft()
            answer.send_json(status, body)
        else:
            body = json.loads(request.body)
            if not body.get("content") or len(body["content"]) > 2000:
                answer.send_json(400, {"content": ["Must be 2000 or fewer in length."]})
                return
            self.bodies.append(body)
            self.said.append(body["content"])
            self.changed()
            answer.send(204, b"")
