"""OpenAI's Chat Completions API, and whatever speaks it: OpenRouter, Ollama, LM Studio, a proxy."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import orjson

from openclaw.llm.catalog import VENDORS, is_loopback
from openclaw.llm.chat import ChatModel, Endpoint, ModelError, OnDelta, Reply, Request
from openclaw.llm.memo import Memo
from openclaw.llm.openai_assembly import Assembly
from openclaw.llm.openai_faults import (
    about_effort,
    error_of,
    fault_of_event,
    fault_of_refusal,
    wait_asked_for,
    words_of,
)
from openclaw.llm.openai_wire import efforts, encode, message_bytes
from openclaw.llm.pictures import Shown, Sight
from openclaw.llm.sse import data_of_events

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 300.0
"""The longest time between two bytes of a reply; nothing comes while a model thinks or reads a long prompt."""
KEEP_SECONDS = 120.0
"""How long an idle connection is kept for the next message of a conversation."""
END_SECONDS = 0.25
"""How long the end of a stream is awaited after its last event, so that its connection can be kept."""
ERROR_BYTES = 64 * 1024

_DONE = b"[DONE]"
_HINT = "if the model is there, check models.providers.*.baseUrl: /chat/completions is added to it"


def _load() -> None:
    import httpx  # noqa: F401


def _client(endpoint: Endpoint) -> "httpx.AsyncClient":
    """Reads the certificates: not for the event loop. Raises ModelError for what is no address."""
    import httpx

    base_url = endpoint.base_url or VENDORS["openai"].base_url
    key = endpoint.key.reveal()
    try:
        return httpx.AsyncClient(
            base_url=base_url,
            headers={
                "user-agent": "openclaw",
                "accept": "text/event-stream",
                "content-type": "application/json",
                **({"authorization": f"Bearer {key}"} if key else {}),
                **endpoint.headers,
            },
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, write=30.0),
            limits=httpx.Limits(
                max_connections=200, max_keepalive_connections=50, keepalive_expiry=KEEP_SECONDS
            ),
            # A redirect would carry the conversation to wherever it points.
            follow_redirects=False,
            # The environment's proxy does not lead back to this machine.
            trust_env=not is_loopback(base_url),
        )
    except httpx.InvalidURL as error:
        raise ModelError(endpoint.provider, "invalid", f"{base_url!r} is no address: {error}") from error


class _RefusedError(Exception):
    """An answer that is no reply."""

    def __init__(self, error: ModelError, *, about_effort: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.about_effort = about_effort


class OpenAIModel:
    def __init__(self, provider: str, client: "httpx.AsyncClient") -> None:
        self._provider = provider
        self._client = client
        self._memo = Memo(message_bytes)
        self._sight = Sight()
        self._refused_efforts: dict[tuple[str, bool], set[str | None]] = {}
        """By model, and whether it was given tools: which of them take what changes too often for a table."""

    async def ask(self, request: Request, on_delta: OnDelta) -> Reply:
        async def ask(shown: Shown) -> Reply:
            return await self._with_effort(request, shown, on_delta)

        return await self._sight.ask(request, ask)

    async def _with_effort(self, request: Request, shown: Shown, on_delta: OnDelta) -> Reply:
        refused = self._refused_efforts.setdefault((request.model, bool(request.tools)), set())
        first: ModelError | None = None
        while True:
            effort = next((each for each in efforts(request) if each not in refused), None)
            try:
                return await self._ask(request, effort, shown, on_delta)
            except _RefusedError as answer:
                # The first one speaks of what was wanted.
                first = first or answer.error
                if not answer.about_effort:
                    raise answer.error from None
                refused.add(effort)
                if refused.issuperset(efforts(request)):
                    raise first from None

    async def _ask(self, request: Request, effort: str | None, shown: Shown, on_delta: OnDelta) -> Reply:
        name = f"{self._provider}/{request.model}"
        content = encode(request, effort, self._memo, shown)
        response = await self._send(name, content, request)
        try:
            if not response.is_success:
                raise await _refused(name, response)
            if "json" in response.headers.get("content-type", ""):
                raise await _unstreamed(name, response)
            assembly = Assembly(name)
            async for chunk in _chunks(name, response):
                for delta in assembly.take(chunk):
                    await on_delta(delta)
            if not assembly.begun and "event-stream" not in response.headers.get("content-type", ""):
                raise ModelError(name, "invalid", _not_an_api(response))
            return assembly.reply(len(content), response.headers.get("x-request-id", ""))
        finally:
            await response.aclose()

    async def _send(self, name: str, content: bytes, request: Request) -> "httpx.Response":
        import httpx

        post = self._client.build_request(
            "POST", "chat/completions", content=content, headers=dict(request.headers)
        )
        try:
            with anyio.move_on_after(request.begin_within):
                return await self._client.send(post, stream=True)
        except httpx.TimeoutException as error:
            raise ModelError(name, "unreachable", "no answer in time") from error
        except httpx.TransportError as error:
            raise ModelError(name, "unreachable", f"no connection: {error}") from error
        raise ModelError(name, "unreachable", f"it did not begin to answer in {request.begin_within:.0f} s")

    async def aclose(self) -> None:
        await self._client.aclose()


async def _chunks(name: str, response: "httpx.Response") -> AsyncIterator[object]:
    import httpx

    events = data_of_events(response.aiter_bytes())
    try:
        async for data in events:
            if data == _DONE:
                with anyio.move_on_after(END_SECONDS), suppress(httpx.RequestError):
                    async for _ in events:
                        pass
                return
            yield orjson.loads(data)
    except httpx.TimeoutException as error:
        raise ModelError(name, "unreachable", "the reply stopped coming") from error
    except httpx.RequestError as error:
        raise ModelError(name, "cut_off", f"the connection broke: {error}") from error
    except ValueError as error:
        raise ModelError(name, "cut_off", f"a chunk that is not JSON: {error}") from error


async def _refused(name: str, response: "httpx.Response") -> _RefusedError:
    status, headers = response.status_code, response.headers
    if 300 <= status < 400:
        detail = f"the address redirects to {headers.get('location')}; set that as baseUrl"
        return _RefusedError(ModelError(name, "invalid", detail), about_effort=False)
    error = error_of(await _body(response))
    identity = f" (request {headers['x-request-id']})" if "x-request-id" in headers else ""
    hint = f"; {_HINT}" if status in (404, 405) else ""
    fault = fault_of_refusal(status, error)
    detail = f"HTTP {status}: {words_of(error)[:300]}{identity}{hint}"
    refused = ModelError(name, fault, detail, retry_after=wait_asked_for(headers))
    return _RefusedError(refused, about_effort=about_effort(status, error))


async def _unstreamed(name: str, response: "httpx.Response") -> ModelError:
    """Routers answer 200 for errors of the providers behind them, too."""
    answer = await _body(response)
    if b'"error"' not in answer:
        return ModelError(name, "invalid", _not_an_api(response))
    error = error_of(answer)
    return ModelError(
        name, fault_of_event(error), words_of(error), retry_after=wait_asked_for(response.headers)
    )


async def _body(response: "httpx.Response") -> bytes:
    """As much of it as can be had."""
    import httpx

    body = b""
    with suppress(httpx.RequestError):
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > ERROR_BYTES:
                break
    return body


def _not_an_api(response: "httpx.Response") -> str:
    kind = response.headers.get("content-type", "nothing that it names")
    return f"the address answers with {kind}, not with a stream; check models.providers.*.baseUrl"


class OpenAIProvider:
    api = "openai-completions"

    async def warm(self) -> None:
        await anyio.to_thread.run_sync(_load)

    async def open(self, endpoint: Endpoint) -> ChatModel:
        return OpenAIModel(endpoint.provider, await anyio.to_thread.run_sync(_client, endpoint))


provider = OpenAIProvider()
