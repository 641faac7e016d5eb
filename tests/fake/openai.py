"""The Chat Completions API as the daemon meets it: streamed or whole, scripted, and as strict as the real one."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from tests.fake.anthropic import WRAPPED, ModelRequest, after_source_line
from tests.fake.anthropic_script import Cut, ErrorEvent, Failure, Reply, Script, ToolUse
from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest
from tests.fake.openai_rules import InvalidRequestError, PromptCache, check
from tests.fake.openai_script import DONE, KEEP_ALIVE, chunk, deltas, event, finish_reason, message

Json = dict[str, Any]
Answering = Callable[[Json], Script | None]


class FakeOpenAI(FakeServer):
    key = "sk-proj-test-k3yTh4tM0stN0tB3InAnyL0g"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[ModelRequest] = []
        self.refused_keys: set[str] = set()
        self.keyless = False
        """As local servers are."""
        self.models: set[str] | None = None
        """None: whatever is asked for."""
        self.thought_field = "reasoning_content"
        self.counts_usage = True
        """Some servers never do."""
        self.peak = 0
        """The most requests ever under way at once."""
        self._under_way = 0
        self._script: deque[Script] = deque()
        self._holds: deque[Hold] = deque()
        self._answering: Answering | None = None
        self._cache = PromptCache()
        self._made = 0

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

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
        code: str = "",
        message: str = "",
        headers: Mapping[str, str] | None = None,
        times: int = 1,
    ) -> None:
        code = code or _CODES.get(status, "")
        self.script(*[Failure(status, code, message or code or "Server error", headers or {})] * times)

    def cut(self, after: Literal["start", "text", "tool_json"] = "text", *, silent: bool = True) -> None:
        self.script(Cut(after, silent))

    def error_event(self, code: str = "server_error", message: str = "The server had an error") -> None:
        self.script(ErrorEvent(code, message))

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

    async def wait_requests(self, count: int, timeout: float = PATIENCE) -> list[ModelRequest]:
        def seen() -> str:
            return f"{len(self.requests)} of {count} requests came"

        await self.wait_until(lambda: len(self.requests) >= count, seen, timeout)
        return self.requests

    # What the daemon meets.

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.keyless and (not key or key in self.refused_keys):
            return self._refuse(answer, Failure(401, "invalid_api_key", "Incorrect API key provided"))
        if request.method != "POST" or request.path != "/v1/chat/completions":
            return self._refuse(answer, Failure(404, "", f"Invalid URL ({request.method} {request.path})"))
        try:
            body = json.loads(request.body)
        except ValueError:
            text = "We could not parse the JSON body of your request."
            return self._refuse(answer, Failure(400, "", text))
        await self._answer(ModelRequest(body, request.headers, request.at), answer)
        return None

    async def _answer(self, request: ModelRequest, answer: Answer) -> None:
        self._under_way += 1
        self.peak = max(self.peak, self._under_way)
        self.requests.append(request)
        self.changed()
        try:
            script = self._next(request.body)
            if self._holds:
                await self._holds.popleft().wait()
            await self._play(script, request.body, answer)
        finally:
            self._under_way -= 1
            request.ended_at = time.monotonic()
            self.changed()

    def _next(self, body: Json) -> Script:
        try:
            check(body)
        except InvalidRequestError as error:
            return Failure(400, error.code or "", str(error), {"x-param": error.param or ""})
        if self.models is not None and body["model"] not in self.models:
            return Failure(404, "model_not_found", f"The model `{body['model']}` does not exist")
        if self._answering is not None and (answer := self._answering(body)) is not None:
            return answer
        if self._script:
            return self._script.popleft()
        return Reply(f"ok: {asked_text(body)}")

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
                await self._start(answer, body, Reply(script.text))
                error = {"message": script.message, "type": script.type, "param": None, "code": script.type}
                await answer.write(event({"error": error}))
                answer.finish()

    def _send_whole(self, reply: Reply, body: Json, answer: Answer) -> None:
        reply = self._with_ids(reply)
        choice = {
            "index": 0,
            "message": message(reply),
            "finish_reason": finish_reason(reply),
            "logprobs": None,
        }
        head = {**self._head(body), "object": "chat.completion"}
        whole = {**head, "choices": [choice], "usage": self._usage(reply, body)}
        answer.send_json(200, whole, {"x-request-id": self._id("req")})

    async def _stream(self, reply: Reply, body: Json, answer: Answer) -> None:
        reply = self._with_ids(reply)
        head = await self._start(answer, body, reply)
        await answer.write(chunk(head, {}, finish_reason(reply)))
        if self.counts_usage and (body.get("stream_options") or {}).get("include_usage"):
            await answer.write(event({**head, "choices": [], "usage": self._usage(reply, body)}))
        await answer.write(DONE)
        answer.finish()

    async def _cut(self, script: Cut, body: Json, answer: Answer) -> None:
        if script.after == "text":
            await self._start(answer, body, Reply(script.text))
        elif script.after == "tool_json":
            await self._start(answer, body, self._with_ids(Reply("", [script.call])), stop_short=1)
        if script.silent and script.after != "start":
            answer.finish()
        else:
            await answer.cut()

    async def _start(self, answer: Answer, body: Json, reply: Reply, *, stop_short: int = 0) -> Json:
        """The stream up to its end; `stop_short` leaves out so many of the last deltas. Returns each chunk's head."""
        answer.start(
            200, {"content-type": "text/event-stream; charset=utf-8", "x-request-id": self._id("req")}
        )
        head = self._head(body)
        await answer.write(KEEP_ALIVE)
        pieces = list(deltas(reply, self.thought_field))
        for delta in pieces[: len(pieces) - stop_short]:
            await answer.write(chunk(head, delta))
        return head

    def _head(self, body: Json) -> Json:
        name = self._id("chatcmpl")
        return {
            "id": name,
            "object": "chat.completion.chunk",
            "created": 1_795_000_000,
            "model": body["model"],
        }

    def _usage(self, reply: Reply, body: Json) -> Json:
        written = len(reply.text) + len(reply.thinking) + sum(len(json.dumps(c.input)) for c in reply.calls)
        counted = self._cache.usage(body)
        output = written // 4 + 1
        details = {"reasoning_tokens": len(reply.thinking) // 4}
        usage = {**counted, "completion_tokens": output, "completion_tokens_details": details}
        usage["total_tokens"] = usage["prompt_tokens"] + output
        return {**usage, **(reply.usage or {})}

    def _with_ids(self, reply: Reply) -> Reply:
        calls = [ToolUse(c.name, c.input, c.id or self._id("call")) for c in reply.calls]
        return Reply(reply.text, calls, reply.thinking, reply.stop_reason, reply.usage)

    def _refuse(self, answer: Answer, failure: Failure) -> None:
        headers = dict(failure.headers)
        param = headers.pop("x-param", "") or None
        error = {
            "message": failure.message,
            "type": _KINDS.get(failure.status, "server_error"),
            "param": param,
            "code": failure.type or None,
        }
        answer.send_json(failure.status, {"error": error}, {"x-request-id": self._id("req"), **headers})

    def _id(self, prefix: str) -> str:
        self._made += 1
        separator = "-" if prefix == "chatcmpl" else "_"
        return f"{prefix}{separator}Test{self._made:06d}"


_CODES = {
    401: "invalid_api_key",
    404: "model_not_found",
    429: "rate_limit_exceeded",
}
_KINDS = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    429: "requests",
}


def asked_text(body: Json) -> str:
    """What the person wrote last, out of its markers."""
    for said in reversed(body["messages"]):
        if said["role"] == "user":
            wrapped = WRAPPED.findall(said["content"])
            return after_source_line(wrapped[-1]) if wrapped else str(said["content"]).strip()
    return ""
