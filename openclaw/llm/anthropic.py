"""Anthropic's Messages API, and whatever speaks it."""

import gc
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

import anyio
import orjson

from openclaw.llm.assembly import Assembly
from openclaw.llm.catalog import VENDORS, is_vendors_own
from openclaw.llm.chat import ChatModel, Endpoint, ModelError, OnDelta, Reply, Request
from openclaw.llm.faults import fault_of_status, retry_after
from openclaw.llm.memo import Memo
from openclaw.llm.pictures import Shown, Sight
from openclaw.llm.wire import encode, message_bytes

if TYPE_CHECKING:
    import anthropic

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 120.0
"""The longest time between two bytes of a reply; the API sends pings while a model thinks."""
KEEP_SECONDS = 120.0
"""How long an idle connection is kept for the next message of a conversation."""


def _load() -> None:
    """Takes a second and 60 MiB, so not before it is needed."""
    # The collector would look through all that is being made, again and again, and find nothing.
    gc.disable()
    try:
        import anthropic  # noqa: F401
    finally:
        gc.enable()


def _client(endpoint: Endpoint) -> "anthropic.AsyncAnthropic":
    """Reads the certificates: not for the event loop."""
    import anthropic
    import httpx2

    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, write=30.0)
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=KEEP_SECONDS)
    base_url = endpoint.base_url or VENDORS["anthropic"].base_url
    key = endpoint.key.reveal()
    # The SDK sends the key as a bearer token; proxies in front of the vendor read the older header.
    proxy = {} if is_vendors_own(base_url) else {"X-Api-Key": key}
    return anthropic.AsyncAnthropic(
        # Explicit, or the SDK would look in the environment and in profiles on disk.
        api_key=key,
        base_url=base_url,
        max_retries=0,
        timeout=timeout,
        default_headers={**proxy, **endpoint.headers},
        # A redirect would carry X-Api-Key to wherever it points.
        http_client=anthropic.DefaultAsyncHttpxClient(timeout=timeout, limits=limits, follow_redirects=False),
    )


class AnthropicModel:
    def __init__(self, provider: str, client: "anthropic.AsyncAnthropic") -> None:
        self._provider = provider
        self._client = client
        self._memo = Memo(message_bytes)
        self._sight = Sight()

    async def ask(self, request: Request, on_delta: OnDelta) -> Reply:
        name = f"{self._provider}/{request.model}"

        async def ask(shown: Shown) -> Reply:
            return await self._translated(name, request, shown, on_delta)

        return await self._sight.ask(request, ask)

    async def _translated(self, name: str, request: Request, shown: Shown, on_delta: OnDelta) -> Reply:
        import anthropic
        import httpx2

        try:
            return await self._ask(name, request, shown, on_delta)
        except anthropic.APIStatusError as error:
            raise _refused(name, error) from error
        except (anthropic.APITimeoutError, httpx2.TimeoutException) as error:
            raise ModelError(name, "unreachable", "no answer in time") from error
        except anthropic.APIConnectionError as error:
            raise ModelError(name, "unreachable", f"no connection: {error.__cause__ or error}") from error
        except httpx2.TransportError as error:
            raise ModelError(name, "cut_off", f"the connection broke: {error}") from error

    async def _ask(self, name: str, request: Request, shown: Shown, on_delta: OnDelta) -> Reply:
        import anthropic

        with anyio.move_on_after(request.begin_within) as waiting:
            # `messages.create` walks the whole conversation in Python, on the loop, before it sends it.
            stream = await self._client.post(
                "/v1/messages",
                cast_to=object,
                content=encode(request, self._memo, shown),
                options={"headers": dict(request.headers)},
                stream=True,
                stream_cls=anthropic.AsyncStream[object],
            )
        if waiting.cancelled_caught:
            raise ModelError(
                name, "unreachable", f"it did not begin to answer in {request.begin_within:.0f} s"
            )
        assembly = Assembly(name)
        async with stream:
            async for event in _events(name, stream):
                if (delta := assembly.take(event)) is not None:
                    await on_delta(delta)
        headers = stream.response.headers
        if not assembly.begun and "event-stream" not in headers.get("content-type", ""):
            raise ModelError(name, "invalid", _not_an_api(headers))
        return assembly.reply(headers.get("request-id", ""))

    async def aclose(self) -> None:
        await self._client.close()


async def _events(name: str, stream: "anthropic.AsyncStream[object]") -> AsyncIterator[object]:
    """Without the SDK's models: they cost more than the rest of a reply, and pass what is cut as whole."""
    try:
        async for event in stream.raw_events(stream.response):
            if event.data:
                yield orjson.loads(event.data)
    except ValueError as error:
        raise ModelError(name, "cut_off", f"an event that is not JSON: {error}") from error


def _not_an_api(headers: Mapping[str, str]) -> str:
    kind = headers.get("content-type", "nothing that it names")
    return f"the address answers with {kind}, not with a stream; check models.providers.*.baseUrl"


def _refused(name: str, error: "anthropic.APIStatusError") -> ModelError:
    status, headers = error.status_code, error.response.headers
    if 300 <= status < 400:
        return ModelError(
            name, "invalid", f"the address redirects to {headers.get('location')}; set that as baseUrl"
        )
    message = error.api_message if isinstance(error.api_message, str) else ""
    fault = fault_of_status(status, message or error.message, error.error_code or "")
    identity = f" (request {error.request_id})" if error.request_id else ""
    detail = f"HTTP {status}: {(message or error.message)[:300]}{identity}"
    return ModelError(name, fault, detail, retry_after=retry_after(headers))


class AnthropicProvider:
    api = "anthropic-messages"

    async def warm(self) -> None:
        await anyio.to_thread.run_sync(_load)

    async def open(self, endpoint: Endpoint) -> ChatModel:
        return AnthropicModel(endpoint.provider, await anyio.to_thread.run_sync(_client, endpoint))


provider = AnthropicProvider()
