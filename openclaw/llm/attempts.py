"""One model asked: with the key as it is now, and again while the fault passes."""

import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import anyio

from openclaw.llm.catalog import ModelInfo, ModelRef, cost
from openclaw.llm.chat import Delta, Endpoint, ModelError, OnDelta, Provider, Reply, Request
from openclaw.llm.config import RetryConfig
from openclaw.llm.providers import Clients
from openclaw.llm.retry import wait_before_next
from openclaw.types.clock import Clock
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Resolver, Secret, SecretRef

logger = logging.getLogger(__name__)

OnWithdraw = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Target:
    """A model that can be asked."""

    ref: ModelRef
    info: ModelInfo
    provider: Provider
    base_url: str
    key: SecretRef | None
    """None for the offline model alone."""
    headers: Mapping[str, str]


class Line:
    """To one model, with the key as it is now."""

    def __init__(self, target: Target, resolver: Resolver, clients: Clients) -> None:
        self.target = target
        self._resolver = resolver
        self._clients = clients

    async def key(self, *, fresh: bool = False) -> Secret:
        """Raises ModelError when the reference cannot be read, or what it holds cannot be a key."""
        name = str(self.target.ref)
        if self.target.key is None:
            return Secret("")
        try:
            key = await self._resolver.resolve(self.target.key, fresh=fresh)
        except SecretError as error:
            raise ModelError(name, "auth", str(error)) from error
        text = key.reveal()
        if not text or not text.isascii() or not text.isprintable() or text != text.strip():
            raise ModelError(
                name, "auth", f"{self.target.key} does not hold a key: it is empty or not one plain line"
            )
        return key

    async def ask(self, key: Secret, request: Request, on_delta: OnDelta) -> Reply:
        target = self.target
        endpoint = Endpoint(target.ref.provider, target.base_url, key, target.headers)
        async with self._clients.borrow(target.provider, endpoint) as client:
            reply = await client.ask(request, on_delta)
        return replace(reply, usage=replace(reply.usage, cost=cost(reply.usage, target.info)))


class PatientModel:
    """Asks again while the fault passes."""

    def __init__(self, line: Line, headers: Mapping[str, str], retry: RetryConfig, clock: Clock) -> None:
        self._line = line
        self._headers = headers
        self._retry = retry
        self._clock = clock

    @property
    def name(self) -> str:
        return str(self._line.target.ref)

    async def ask(self, request: Request, on_delta: OnDelta, on_withdraw: OnWithdraw) -> Reply:
        request = self._addressed(request)
        key = await self._line.key()
        renewed = False
        started, failed = self._clock.monotonic(), 0
        while True:
            shown = _Shown(on_delta)
            try:
                return await self._line.ask(key, request, shown)
            except ModelError as error:
                if shown.anything:
                    await on_withdraw()
                if error.fault == "auth" and not renewed:
                    renewed = True
                    key = await self._newer_key(key, error)
                    continue
                failed += 1
                wait = self._wait(error, failed, self._clock.monotonic() - started)
            await anyio.sleep(wait)

    def _addressed(self, request: Request) -> Request:
        target = self._line.target
        return replace(
            request,
            model=target.ref.model,
            max_tokens=min(request.max_tokens, target.info.max_output),
            headers={**self._headers, **request.headers},
        )

    async def _newer_key(self, refused: Secret, error: ModelError) -> Secret:
        """A key may have been changed where it is kept. Raises `error` when it has not."""
        key = await self._line.key(fresh=True)
        if key == refused:
            raise error
        logger.warning("%s refused its key; asking with the one that is kept now", self.name)
        return key

    def _wait(self, error: ModelError, failed: int, elapsed: float) -> float:
        """Seconds until the next attempt. Raises `error` when there is to be none."""
        if not error.passing:
            raise error
        wait = wait_before_next(failed, elapsed, error.retry_after, self._retry, random.random)
        if wait is None:
            raise error
        logger.warning("%s; attempt %d of %d in %.1f s", error, failed + 1, self._retry.attempts, wait)
        return wait


class _Shown:
    """Passes deltas on, and knows whether there were any."""

    def __init__(self, on_delta: OnDelta) -> None:
        self._on_delta = on_delta
        self.anything = False

    async def __call__(self, delta: Delta) -> None:
        self.anything = True
        await self._on_delta(delta)
