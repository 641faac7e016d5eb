"""A server behind an address: streamable HTTP, or SSE for old ones."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio.to_thread

from openclaw.agent.tools.mcp.reasons import ConnectionLostError

if TYPE_CHECKING:
    import httpx2
    from mcp.client._transport import TransportStreams

BODY_BYTES = 32 * 1024 * 1024
"""Of one answer that is no stream of events."""
STREAM_SECONDS = 300.0
"""A stream on which nothing comes for so long is opened anew."""


@dataclass(frozen=True, slots=True)
class Remote:
    url: str
    headers: Mapping[str, str]
    sse: bool
    connect_seconds: float
    request_seconds: float


@asynccontextmanager
async def remote_transport(remote: Remote) -> "AsyncIterator[TransportStreams]":
    from mcp.client.sse import sse_client
    from mcp.client.streamable_http import streamable_http_client

    # In a thread: it reads the certificates.
    client = await anyio.to_thread.run_sync(_client, remote)
    if remote.sse:
        async with sse_client(
            remote.url,
            timeout=remote.request_seconds,
            sse_read_timeout=STREAM_SECONDS,
            httpx_client_factory=lambda headers=None, timeout=None, auth=None: client,
        ) as streams:
            yield streams
        return
    async with (
        client,
        streamable_http_client(remote.url, http_client=client) as streams,
    ):
        yield streams


def _client(remote: Remote) -> "httpx2.AsyncClient":
    """Blocks. Without the proxies of the environment: the address is the owner's, and may be on this machine."""
    import httpx2

    async def look(response: "httpx2.Response") -> None:
        if response.status_code in {401, 403}:
            raise ConnectionLostError(f"it refuses us with HTTP {response.status_code}; see its headers")
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            stream = response.stream
            assert isinstance(stream, httpx2.AsyncByteStream)
            response.stream = _capped(stream)

    timeout = httpx2.Timeout(
        remote.request_seconds,
        connect=remote.connect_seconds,
        read=max(STREAM_SECONDS, remote.request_seconds),
    )
    return httpx2.AsyncClient(
        headers=dict(remote.headers), timeout=timeout, trust_env=False, event_hooks={"response": [look]}
    )


def _capped(stream: "httpx2.AsyncByteStream") -> "httpx2.AsyncByteStream":
    import httpx2

    class Capped(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in stream:
                size += len(chunk)
                if size > BODY_BYTES:
                    raise ConnectionLostError(f"it sent an answer of more than {BODY_BYTES // 1024**2} MB")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Capped()
