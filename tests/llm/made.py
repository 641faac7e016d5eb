"""Keys, clocks and models as the tests of the model client want them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openclaw.llm import anthropic as anthropic_plugin
from openclaw.llm import offline
from openclaw.llm.chat import Delta, Message, Provider, Reply, Request
from openclaw.llm.config import AuthConfig, LlmConfig, ModelsConfig
from openclaw.llm.keyring import Keyring
from openclaw.llm.models import Models, ModelSettings, TurnModel
from openclaw.llm.selection import Listed
from openclaw.types.clock import Clock, SystemClock
from openclaw.types.conversation import Text
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef

Json = Mapping[str, Any]
PROVIDERS: dict[str, Provider] = {each.api: each for each in (anthropic_plugin.provider, offline.provider)}
HELLO = Request("", "You help.", (Message("user", (Text("hello"),)),))
NOW = 1_795_228_142_000


class TestClock:
    """Stands still until it is moved; both clocks move together."""

    __test__ = False

    def __init__(self) -> None:
        self.ms = NOW

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000

    def pass_seconds(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


class PlainResolver:
    """Plain keys are themselves; `env:` ones are in `kept`, read when asked for afresh."""

    def __init__(self, **kept: str) -> None:
        self.kept = dict(kept)
        self.reads = 0
        self._cached = dict(kept)

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if reference.is_plain:
            return Secret(reference.text)
        name = reference.text.removeprefix("env:")
        if fresh:
            self.reads += 1
            self._cached = dict(self.kept)
        if not self._cached.get(name):
            raise SecretError(f"{reference}: nothing there")
        return Secret(self._cached[name])


@dataclass
class Seen:
    """A reader of the stream."""

    deltas: list[str] = field(default_factory=list)
    withdrawn: int = 0

    async def delta(self, delta: Delta) -> None:
        self.deltas.append(delta.text)

    async def withdraw(self) -> None:
        self.withdrawn += 1
        self.deltas.clear()


def models(
    providers: Json,
    state: Path,
    *,
    auth: Json | None = None,
    llm: Json | None = None,
    listed: Mapping[str, Listed] | None = None,
    clock: Clock | None = None,
    resolver: PlainResolver | None = None,
    **config: Any,
) -> Models:
    """The keyring's file is not read; `config`: more keys of `models`."""
    clock = clock or SystemClock()
    return Models(
        ModelSettings(
            ModelsConfig.model_validate({"providers": providers, **config}),
            AuthConfig.model_validate(auth or {}),
            LlmConfig.model_validate(llm or {}),
            listed or {},
        ),
        resolver or PlainResolver(),
        clock,
        PROVIDERS,
        Keyring(state, clock),
    )


async def ask(model: TurnModel, request: Request = HELLO, seen: Seen | None = None) -> Reply:
    seen = seen or Seen()
    return await model.ask(request, seen.delta, seen.withdraw)
