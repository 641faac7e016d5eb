"""The wire formats that are installed, our own and those of other packages, and the clients open for them."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import anyio

from openclaw.llm.chat import ChatModel, Endpoint, Provider

logger = logging.getLogger(__name__)

SPARE = 8
"""Clients kept open; keys that change, tokens of an hour for instance, leave clients behind."""

_Place = tuple[object, ...]

GROUP = "openclaw.providers"
_BUILT_IN = {
    "anthropic": EntryPoint("anthropic", "openclaw.llm.anthropic:provider", GROUP),
    "offline": EntryPoint("offline", "openclaw.llm.offline:provider", GROUP),
    "openai": EntryPoint("openai", "openclaw.llm.openai:provider", GROUP),
}


def find_providers() -> Mapping[str, Provider]:
    """By `api`. Reads the installed packages' metadata: at start, not on the event loop."""
    found: dict[str, Provider] = {}
    # The built-in ones last, so that no installed package takes over their keys.
    foreign = [point for point in entry_points(group=GROUP) if point.name not in _BUILT_IN]
    for point in (*foreign, *_BUILT_IN.values()):
        try:
            provider: Provider = point.load()
            found[provider.api] = provider
        except Exception:
            logger.exception("the model provider %s (%s) cannot be loaded", point.name, point.value)
    return found


@dataclass(slots=True)
class _Client:
    model: ChatModel
    askers: int = 0


class Clients:
    """One client per place and key: a new one for each request would cost a handshake and 40 ms of our own."""

    def __init__(self, spare: int = SPARE) -> None:
        self._spare = spare
        self._clients: dict[_Place, _Client] = {}
        """The least recently used first."""
        self._opening = anyio.Lock()

    @asynccontextmanager
    async def borrow(self, provider: Provider, endpoint: Endpoint) -> AsyncIterator[ChatModel]:
        client = await self._client(provider, endpoint)
        client.askers += 1
        try:
            yield client.model
        finally:
            client.askers -= 1
            await self._close_old()

    async def aclose(self) -> None:
        while self._clients:
            _, client = self._clients.popitem()
            await client.model.aclose()

    async def _client(self, provider: Provider, endpoint: Endpoint) -> _Client:
        place = (
            provider.api,
            endpoint.provider,
            endpoint.base_url,
            endpoint.key,
            tuple(sorted(endpoint.headers.items())),
        )
        async with self._opening:
            client = self._clients.pop(place, None) or _Client(await provider.open(endpoint))
            self._clients[place] = client
            return client

    async def _close_old(self) -> None:
        idle = [place for place, client in self._clients.items() if not client.askers]
        for place in idle[: max(len(self._clients) - self._spare, 0)]:
            await self._clients.pop(place).model.aclose()
