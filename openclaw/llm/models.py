"""Which models answer a turn, and what it takes to ask them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from openclaw.llm.attempts import Patience, PatientModel
from openclaw.llm.catalog import (
    OFFLINE_MODEL,
    VENDORS,
    ModelInfo,
    ModelRef,
    find_provider,
    model_info,
    needs_key,
)
from openclaw.llm.chat import Attempt, ModelError, OnDelta, Provider, Reply, Request, ThinkingLevel
from openclaw.llm.config import AuthConfig, LlmConfig, ModelsConfig, ProviderEntry
from openclaw.llm.fallback import OneModel, Outages, Rules, TurnChain
from openclaw.llm.keyring import Keyring
from openclaw.llm.line import Line, OnWithdraw, Target, Watch
from openclaw.llm.profiles import Profile, can_ask_any, is_ordered, profiles_of
from openclaw.llm.providers import Clients
from openclaw.llm.routing import Asker, header_value, routing_headers
from openclaw.llm.selection import Listed, Menu, canonical, choosable
from openclaw.llm.survey import Json, model_rows, profile_row
from openclaw.llm.thinking import resolve
from openclaw.types.clock import Clock
from openclaw.types.secrets import Resolver


class TurnModel(Protocol):
    @property
    def name(self) -> str:
        """`provider/model` of the one that is asked next; another one after a reply that stood in for it."""

    async def ask(self, request: Request, on_delta: OnDelta, on_withdraw: OnWithdraw) -> Reply:
        """Raises ModelError when every key, retry and fallback was used; it tells what was tried.

        `on_withdraw`: what was streamed so far does not count.
        """


@dataclass(frozen=True, slots=True)
class Choice:
    """What a turn is to be answered by."""

    ref: str | None = None
    """None: the built-in default."""
    fallbacks: tuple[str, ...] = ()
    profile: str | None = None
    """A key that the user has pinned: no other one is used."""
    thinking: ThinkingLevel | None = None
    """What the message or its session asks for; None: as the config has it for the model."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    models: ModelsConfig
    auth: AuthConfig
    llm: LlmConfig
    listed: Mapping[str, Listed]
    """`agents.defaults.models`."""
    thinking: ThinkingLevel | None = None
    """`agents.defaults.thinkingDefault`."""


class Models:
    def __init__(
        self,
        settings: ModelSettings,
        resolver: Resolver,
        clock: Clock,
        providers: Mapping[str, Provider],
        keyring: Keyring,
    ) -> None:
        """The keyring is loaded."""
        self._resolver = resolver
        self._clock = clock
        self._providers = providers
        self._keyring = keyring
        self._clients = Clients()
        self._outages = Outages(clock)
        self.adopt(settings)

    def adopt(self, settings: ModelSettings) -> None:
        """For turns that begin from now on; what is known of the keys stays known."""
        self._settings = settings
        self._config = settings.models
        self._profiles = {name: self._profiles_of(name) for name in self._provider_names()}
        self._offline = not can_ask_any(settings.models, settings.auth, self._keyring.stored)
        every = [profile for profiles in self._profiles.values() for profile in profiles]
        self.menu = Menu(settings.models, settings.listed, tuple(profile.id for profile in every))
        """What may be chosen: for `find_model` and `guess_model`."""
        self._keyring.name(every)

    def for_turn(self, choice: Choice, asker: Asker) -> TurnModel:
        """Never raises: a model that cannot be asked says so when it is."""
        refs = dict.fromkeys((self._ref(choice.ref), *map(self._ref, choice.fallbacks)))
        models = [
            self._model(ref, asker, choice.profile if not place else None) for place, ref in enumerate(refs)
        ]
        levels = {str(ref): self._level(ref, choice.thinking) for ref in refs}
        return TurnChain(
            models, Rules(self._config.retry, self._config.probe.every_seconds, levels), self._outages
        )

    def default_name(self, ref: str | None = None) -> str:
        """What answers when this model is asked for: `offline/offline` while there is no key at all."""
        return str(self._ref(ref))

    def info(self, ref: str | None = None) -> ModelInfo:
        return model_info(self._ref(ref), self._config)

    def keys_of(self, ref: str | None = None) -> int:
        """How many keys its provider has."""
        return len(self._profiles.get(self._ref(ref).provider, ()))

    def listing(self, default: str | None) -> list[Json]:
        """The models that may be chosen, and the default one."""
        known = self._ref(default)
        refs = (known, *choosable(self.menu))
        levels = {ref: self._level(ref, None) for ref in refs}
        return model_rows(self.menu, known, levels, frozenset(ref for ref in refs if self._can_be_asked(ref)))

    def key_states(self) -> list[Json]:
        """Every key, and how it fares."""
        used = self._keyring.used()
        return [
            profile_row(profile, used.get(profile.id, 0), self._keyring.troubles(profile.id))
            for profiles in self._profiles.values()
            for profile in profiles
        ]

    async def warm(self, ref: str | None = None) -> None:
        """Load what this model needs; a model that cannot be asked needs nothing."""
        try:
            target = self._target(self._ref(ref))
        except ModelError:
            return
        await target.provider.warm()

    async def keep_written(self) -> None:
        """Runs until it is cancelled."""
        await self._keyring.keep_written()

    async def aclose(self) -> None:
        await self._clients.aclose()

    # -- putting a model together ---------------------------------------------------------------------

    def _ref(self, ref: str | None) -> ModelRef:
        return canonical(OFFLINE_MODEL if self._offline else ref, self.menu)

    def _can_be_asked(self, ref: ModelRef) -> bool:
        try:
            self._target(ref)
        except ModelError:
            return False
        return True

    def _level(self, ref: ModelRef, wanted: ThinkingLevel | None) -> ThinkingLevel:
        return resolve(
            (wanted, self.menu.entry(ref).thinking),
            default=self._settings.thinking,
            reasoning=model_info(ref, self._config).reasoning,
        )

    def _provider_names(self) -> list[str]:
        profiles = [(name, each.provider) for name, each in self._settings.auth.profiles.items()]
        named = [provider or name.partition(":")[0] for name, provider in profiles]
        stored = [profile.provider for profile in self._keyring.stored.values()]
        return list(dict.fromkeys(name.lower() for name in (*self._config.providers, *named, *stored)))

    def _profiles_of(self, provider: str) -> tuple[Profile, ...]:
        return profiles_of(provider, self._config, self._settings.auth, self._keyring.stored)

    def _model(self, ref: ModelRef, asker: Asker, pin: str | None) -> OneModel:
        try:
            target = self._target(ref, pin)
        except ModelError as error:
            return _MissingModel(error)
        headers = (
            routing_headers(self._settings.llm.routing, asker, target.base_url) if target.base_url else {}
        )
        line = Line(target, self._resolver, self._clients, self._clock)
        return PatientModel(line, self._keyring, asker.conversation, headers, self._clock)

    def _target(self, ref: ModelRef, pin: str | None = None) -> Target:
        """Raises ModelError that names what is missing."""
        info = model_info(ref, self._config)
        if str(ref) == OFFLINE_MODEL:
            keyless = Profile("offline", "offline", None)
            return Target(ref, info, self._provider(ref, "offline"), "", {}, (keyless,))
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
        profiles = self._usable(ref, pin) if pin is not None or needs_key(api, base_url) else ()
        profiles = (
            profiles or self._profiles.get(ref.provider, ()) or (Profile(ref.provider, ref.provider, None),)
        )
        headers = {name: header_value(value) for name, value in entry.headers.items()}
        return Target(
            ref, info, provider, base_url, headers, profiles, is_ordered(ref.provider, self._settings.auth)
        )

    def _usable(self, ref: ModelRef, pin: str | None) -> tuple[Profile, ...]:
        """Raises ModelError when there is none."""
        profiles = self._profiles.get(ref.provider, ())
        if not profiles:
            why = f"no key is set; set models.providers.{ref.provider}.apiKey to it, or to env:NAME"
            raise ModelError(str(ref), "auth", why)
        chosen = tuple(profile for profile in profiles if pin in {None, profile.id})
        if not chosen:
            names = ", ".join(profile.id for profile in profiles)
            raise ModelError(str(ref), "auth", f"there is no key {pin}; choose one of: {names}")
        return chosen

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

    async def ask(self, request: Request, watch: Watch, patience: Patience) -> Reply:
        error = self._error
        watch.tried.append(Attempt(error.model, "", error.fault, None, 0, error.detail))
        raise ModelError(error.model, error.fault, error.detail)
