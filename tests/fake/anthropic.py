"""The Messages API as the daemon meets it: streamed or whole, scripted, and as strict about history as the real one."""

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.fake.anthropic_rules import InvalidRequestError, PromptCache, blocks_of, check, tokens
from tests.fake.anthropic_script import (
    Cut,
    ErrorEvent,
    Failure,
    Reply,
    Script,
    ToolUse,
    block_events,
    content,
    end_events,
    error_event,
    start_event,
    stop_reason,
)
from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest

Json = dict[str, Any]
Answering = Callable[[Json], Script | None]
WRAPPED = re.compile(
    r'<<<EXTERNAL_UNTRUSTED_CONTENT id="[^"]*">>>\n(.*?)<<<END_EXTERNAL_UNTRUSTED_CONTENT', re.S
)


@dataclass(slots=True)
class ModelRequest:
    body: Json
    headers: dict[str, str]
    at: float
    ended_at: float = 0.0
    """When the last byte of the answer was written."""


class FakeAnthropic(FakeServer):
    key = "sk-ant-test-k3yTh4tM0stN0tB3InAnyL0g"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[ModelRequest] = []
        self.counted: list[Json] = []
        """Bodies of count_tokens."""
        self.delay = 0.0
        """Seconds before each answer."""
        self.refused_keys: set[str] = set()
        self.key_failures: dict[str, Failure] = {}
        """How each of these keys is answered, as long as it stands here; the request is counted."""
        self.peak = 0
        """The most requests ever under way at once."""
        self._under_way = 0
        self._script: deque[Script] = deque()
        self._holds: deque[Hold] = deque()
        self._pauses: deque[tuple[int, Hold]] = deque()
        self._answering: Answering | None = None
        self._cache = PromptCache()
        self._made = 0

    # What a test does: each call adds an answer to the queue; an empty queue answers "ok: <newest user text>".

    def reply(
        self, text: str, *, thinking: str = "", stop_reason: str = "", usage: Json | None = None
    ) -> None:
        self.script(Reply(text, thinking=thinking, stop_reason=stop_reason, usage=usage))

    def call_tool(self, name: str, input: Json, text: str = "", *, id: str = "", thinking: str = "") -> None:
        self.script(Reply(text, [ToolUse(name, input, id)], thinking))

    def call_tools(self, calls: Iterable[tuple[str, Json]], text: str = "") -> None:
        self.script(Reply(text, [ToolUse(name, arguments) for name, arguments in calls]))

    def fail(
        self,
        status: int,
        type: str = "",
        message: str = "",
        headers: Mapping[str, str] | None = None,
        times: int = 1,
    ) -> None:
        kind = type or _KINDS.get(status, "api_error")
        self.script(*[Failure(status, kind, message or kind, headers or {})] * times)

    def cut(self, after: Literal["start", "text", "tool_json"] = "text", *, silent: bool = True) -> None:
        self.script(Cut(after, silent))

    def error_event(self, type: str = "overloaded_error", message: str = "Overloaded") -> None:
        self.script(ErrorEvent(type, message))

    def script(self, *answers: Script) -> None:
        self._script.extend(answers)

    def answer_with(self, answering: Answering) -> None:
        """Asked first for every request; where it returns None the queue goes on."""
        self._answering = answering

    def hold(self) -> Hold:
        """The next request waits, then gets the answer it would have got."""
        hold = Hold()
        self._holds.append(hold)
        return hold

    def pause(self, deltas: int) -> Hold:
        """The next streamed answer stops after so many pieces of its text, each of PIECE characters."""
        hold = Hold()
        self._pauses.append((deltas, hold))
        return hold

    async def wait_requests(self, count: int, timeout: float = PATIENCE) -> list[ModelRequest]:
        def seen() -> str:
            texts = [newest_user_text(request.body)[:80] for request in self.requests]
            return f"{len(texts)} of {count} requests came: {texts}"

        await self.wait_until(lambda: len(self.requests) >= count, seen, timeout)
        return self.requests

    # What the daemon meets.

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer
        if not key or key in self.refused_keys:
            return self._refuse(answer, Failure(401, "authentication_error", "invalid x-api-key"))
        if request.method != "POST" or request.path not in {"/v1/messages", "/v1/messages/count_tokens"}:
            return self._refuse(answer, Failure(404, "not_found_error", "Not found"))
        try:
            body = json.loads(request.body)
        except ValueError as error:
            text = f"The request body is not valid JSON: {error}"
            return self._refuse(answer, Failure(400, "invalid_request_error", text))
        if request.path.endswith("count_tokens"):
            self.counted.append(body)
            return answer.send_json(200, {"input_tokens": tokens(body)})
        asked = ModelRequest(body, request.headers, request.at)
        if (failure := self.key_failures.get(key)) is not None:
            self.requests.append(asked)
            self.changed()
            return self._refuse(answer, failure)
        await self._answer(asked, answer)
        return None

    async def _answer(self, request: ModelRequest, answer: Answer) -> None:
        self._under_way += 1
        self.peak = max(self.peak, self._under_way)
        self.requests.append(request)
        self.changed()
        try:
            script = self._next(request)
            if self._holds:
                await self._holds.popleft().wait()
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._play(script, request.body, answer)
        finally:
            self._under_way -= 1
            request.ended_at = time.monotonic()
            self.changed()

    def _next(self, request: ModelRequest) -> Script:
        try:
            check(request.body, version=request.headers.get("anthropic-version", ""))
        except InvalidRequestError as error:
            return Failure(400, "invalid_request_error", str(error))
        if self._answering is not None and (answer := self._answering(request.body)) is not None:
            return answer
        if self._script:
            return self._script.popleft()
        return Reply(f"ok: {newest_user_text(request.body)}")

    async def _play(self, script: Script, body: Json, answer: Answer) -> None:
        match script:
            case Failure():
                self._refuse(answer, script)
            case Reply() if not body.get("stream"):
                self._send_whole(script, body, answer)
            case Reply():
                await self._stream(script, body, answer)
            case Cut():
                await self._cut(script, body, answer)
            case ErrorEvent():
                await self._start(answer, body, [{"type": "text", "text": script.text}], stop_short=1)
                await answer.write(error_event(script.type, script.message))
                answer.finish()

    def _send_whole(self, reply: Reply, body: Json, answer: Answer) -> None:
        reply = self._with_ids(reply)
        message = {
            "id": self._id("msg"),
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content(reply),
            "stop_reason": stop_reason(reply),
            "stop_sequence": None,
            "usage": self._usage(reply, body),
        }
        answer.send_json(200, message, {"request-id": self._id("req")})

    async def _stream(self, reply: Reply, body: Json, answer: Answer) -> None:
        reply = self._with_ids(reply)
        usage = self._usage(reply, body)
        await self._start(answer, body, content(reply), usage=usage)
        await answer.write(end_events(stop_reason(reply), usage))
        answer.finish()

    async def _cut(self, script: Cut, body: Json, answer: Answer) -> None:
        if script.after == "text":
            await self._start(answer, body, [{"type": "text", "text": script.text}], stop_short=1)
        elif script.after == "tool_json":
            blocks = content(self._with_ids(Reply("", [script.call])))
            await self._start(answer, body, blocks, stop_short=2)
        if script.silent and script.after != "start":
            answer.finish()
        else:
            await answer.cut()

    async def _start(
        self,
        answer: Answer,
        body: Json,
        blocks: list[Json],
        *,
        usage: Json | None = None,
        stop_short: int = 0,
    ) -> None:
        """The stream up to its end; `stop_short` leaves out so many of the last block's events."""
        answer.start(200, {"content-type": "text/event-stream; charset=utf-8", "request-id": self._id("req")})
        usage = usage or self._usage(Reply(), body)
        await answer.write(start_event(self._id("msg"), body["model"], usage))
        events = [piece for index, block in enumerate(blocks) for piece in block_events(index, block)]
        left, hold = self._pauses.popleft() if self._pauses else (0, None)
        for piece in events[: len(events) - stop_short]:
            await answer.write(piece)
            left -= b'"text_delta"' in piece
            if hold is not None and left == 0:
                await hold.wait()
                hold = None

    def _usage(self, reply: Reply, body: Json) -> Json:
        written = len(reply.text) + len(reply.thinking) + sum(len(json.dumps(c.input)) for c in reply.calls)
        usage = self._cache.usage(body)
        usage["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage["cache_creation_input_tokens"],
            "ephemeral_1h_input_tokens": 0,
        }
        return {**usage, "output_tokens": written // 4 + 1, "service_tier": "standard", **(reply.usage or {})}

    def _with_ids(self, reply: Reply) -> Reply:
        calls = [ToolUse(c.name, c.input, c.id or self._id("toolu")) for c in reply.calls]
        return Reply(reply.text, calls, reply.thinking, reply.stop_reason, reply.usage)

    def _refuse(self, answer: Answer, failure: Failure) -> None:
        request_id = self._id("req")
        error = {"type": failure.type, "message": failure.message}
        body = {"type": "error", "error": error, "request_id": request_id}
        answer.send_json(failure.status, body, {"request-id": request_id, **failure.headers})

    def _id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_01Test{self._made:06d}"


_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def newest_user_text(body: Json) -> str:
    """What the person wrote last, out of its markers."""
    for message in reversed(body["messages"]):
        texts = [block["text"] for block in blocks_of(message["content"]) if block["type"] == "text"]
        if message["role"] == "user" and texts:
            wrapped = WRAPPED.search(texts[-1])
            return after_source_line(wrapped[1]) if wrapped else texts[-1].strip()
    return ""


def after_source_line(wrapped: str) -> str:
    first, _, rest = wrapped.partition("\n")
    return (rest if first.lower().startswith("source") else wrapped).removeprefix("---\n").strip()
