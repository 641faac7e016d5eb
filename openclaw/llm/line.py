"""One request to one model with one key."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from openclaw.llm.catalog import ModelInfo, ModelRef, cost
from openclaw.llm.chat import Attempt, Delta, Endpoint, ModelError, OnDelta, Provider, Reply, Request
from openclaw.llm.profiles import Profile
from openclaw.llm.providers import Clients
from openclaw.types.clock import Clock
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Resolver, Secret

OnWithdraw = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Target:
    """A model that can be asked."""

    ref: ModelRef
    info: ModelInfo
    provider: Provider
    base_url: str
    headers: Mapping[str, str]
    profiles: tuple[Profile, ...]
    """Its keys, as the owner has put them."""
    ordered: bool = False
    """Whether that is the order in which they are used."""

    @property
    def name(self) -> str:
        return str(self.ref)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who sees the reply come, and what was tried for it."""

    on_delta: OnDelta
    on_withdraw: OnWithdraw
    tried: list[Attempt]


class Line:
    def __init__(self, target: Target, resolver: Resolver, clients: Clients, clock: Clock) -> None:
        self.target = target
        self._resolver = resolver
        self._clients = clients
        self._clock = clock

    async def key(self, profile: Profile, *, fresh: bool = False) -> Secret:
        """Raises ModelError when the reference cannot be read, or what it holds cannot be a key."""
        if profile.key is None:
            return Secret("")
        try:
            key = await self._resolver.resolve(profile.key, fresh=fresh)
        except SecretError as error:
            raise ModelError(self.target.name, "auth", str(error)) from error
        text = key.reveal()
        if not text or not text.isascii() or not text.isprintable() or text != text.strip():
            why = f"{profile.key} does not hold a key: it is empty or not one plain line"
            raise ModelError(self.target.name, "auth", why)
        return key

    async def ask(self, profile: Profile, key: Secret, request: Request, watch: Watch) -> Reply:
        """Raises ModelError; what was shown of the reply is withdrawn then."""
        target, shown, started = self.target, _Shown(watch.on_delta), self._clock.monotonic()
        endpoint = Endpoint(target.ref.provider, target.base_url, key, target.headers)
        try:
            async with self._clients.borrow(target.provider, endpoint) as client:
                reply = await client.ask(request, shown)
        except ModelError as refusal:
            error = without_key(refusal, key)
            self.note(profile, request, watch, error, started)
            if shown.anything:
                await watch.on_withdraw()
            raise error from refusal.__cause__
        self.note(profile, request, watch, None, started)
        return replace(reply, usage=replace(reply.usage, cost=cost(reply.usage, target.info)))

    def note(
        self, profile: Profile, request: Request, watch: Watch, error: ModelError | None, started: float
    ) -> None:
        watch.tried.append(
            Attempt(
                self.target.name,
                profile.id if profile.key is not None else "",
                error.fault if error is not None else None,
                request.thinking,
                round((self._clock.monotonic() - started) * 1000),
                error.detail if error is not None else "",
            )
        )


class _Shown:
    """Passes deltas on, and knows whether there were any."""

    def __init__(self, on_delta: OnDelta) -> None:
        self._on_delta = on_delta
        self.anything = False

    async def __call__(self, delta: Delta) -> None:
        self.anything = True
        await self._on_delta(delta)


def without_key(error: ModelError, key: Secret) -> ModelError:
    """Some servers quote the key that they refuse; what is told of a failure ends in traces and before people."""
    if not key or key.reveal() not in error.detail:
        return error
    detail = error.detail.replace(key.reveal(), repr(key))
    return ModelError(error.model, error.fault, detail, retry_after=error.retry_after)
