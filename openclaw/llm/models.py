"""Which model answers a turn, and what it takes to ask it."""

from collections.abc import Mapping
from typing import Protocol

from openclaw.llm.attempts import Line, OnWithdraw, PatientModel, Target
from openclaw.llm.catalog import (
    OFFLINE_MODEL,
    VENDORS,
    ModelInfo,
    ModelRef,
    find_provider,
    model_info,
    parse_ref,
)
from openclaw.llm.chat import ModelError, OnDelta, Provider, Reply, Request
from openclaw.llm.config import AuthConfig, LlmConfig, ModelsConfig, ProviderEntry
from openclaw.llm.profiles import first_key, has_any_key
from openclaw.llm.providers import Clients
from openclaw.llm.routing import Asker, header_value, routing_headers
from openclaw.types.clock import Clock
from openclaw.types.secrets import Resolver


class TurnModel(Protocol):
    @property
    def name(self) -> str:
        """`provider/model`."""

    async def ask(self, request: Request, on_delta: OnDelta, on_withdraw: OnWithdraw) -> Reply:
        """Raises ModelError when every retry was used. `on_withdraw`: what was streamed so far does not count."""


class Models:
    def __init__(
        self,
        config: ModelsConfig,
        auth: AuthConfig,
        llm: LlmConfig,
        resolver: Resolver,
        clock: Clock,
        providers: Mapping[str, Provider],
    ) -> None:
        self._config = config
        self._auth = auth
        self._llm = llm
        self._resolver = resolver
        self._clock = clock
        self._providers = providers
        self._clients = Clients()

    def for_turn(self, ref: str | None, *, agent: str, session: str, channel: str, trace: str) -> TurnModel:
        """Never raises: a model that cannot be asked says so when it is."""
        name = self._ref(ref)
        try:
            target = self._target(name)
        except ModelError as error:
            return _MissingModel(error)
        asker = Asker(agent, session, channel, trace)
        headers = routing_headers(self._llm.routing, asker, target.base_url) if target.key is not None else {}
        line = Line(target, self._resolver, self._clients)
        return PatientModel(line, headers, self._config.retry, self._clock)

    def default_name(self, ref: str | None = None) -> str:
        """What answers when this model is asked for: `offline/offline` while there is no key at all."""
        return str(self._ref(ref))

    def info(self, ref: str | None = None) -> ModelInfo:
        return model_info(self._ref(ref), self._config)

    async def warm(self, ref: str | None = None) -> None:
        """Load what this model needs; a model that cannot be asked needs nothing."""
        try:
            target = self._target(self._ref(ref))
        except ModelError:
            return
        await target.provider.warm()

    async def aclose(self) -> None:
        await self._clients.aclose()

    def _ref(self, ref: str | None) -> ModelRef:
        if not has_any_key(self._config, self._auth):
            ref = OFFLINE_MODEL
        return parse_ref(ref, self._config)

    def _target(self, ref: ModelRef) -> Target:
        """Raises ModelError that names what is missing."""
        info = model_info(ref, self._config)
        if str(ref) == OFFLINE_MODEL:
            return Target(ref, info, self._provider(ref, "offline"), "", None, {})
        place = f"models.providers.{ref.provider}"
        entry = find_provider(ref.provider, self._config) or ProviderEntry()
        vendor = VENDORS.get(ref.provider)
        api = entry.api or (vendor.api if vendor is not None else "")
        if not api:
            raise ModelError(
                str(ref), "invalid", f"unknown provider; set {place} with api, baseUrl and apiKey"
            )
        provider = self._provider(ref, api)
        base_url = entry.base_url or (vendor.base_url if vendor is not None else "")
        if not base_url.startswith(("https://", "http://")):
            raise ModelError(
                str(ref), "invalid", f"no usable address; set {place}.baseUrl to one with https://"
            )
        key = first_key(ref.provider, self._config, self._auth)
        if key is None:
            raise ModelError(str(ref), "auth", f"no key is set; set {place}.apiKey to it, or to env:NAME")
        headers = {name: header_value(value) for name, value in entry.headers.items()}
        return Target(ref, info, provider, base_url, key, headers)

    def _provider(self, ref: ModelRef, api: str) -> Provider:
        provider = self._providers.get(api)
        if provider is None:
            known = ", ".join(sorted(self._providers))
            raise ModelError(str(ref), "invalid", f"no plugin speaks {api!r}; the ones installed: {known}")
        return provider


class _MissingModel:
    def __init__(self, error: ModelError) -> None:
        self._error = error

    @property
    def name(self) -> str:
        return self._error.model

    async def ask(self, request: Request, on_delta: OnDelta, on_withdraw: OnWithdraw) -> Reply:
        raise ModelError(self._error.model, self._error.fault, self._error.detail)
