"""One model in front of the fake API, with keys and a reader."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from openclaw.llm.anthropic import provider
from openclaw.llm.attempts import Patience, PatientModel
from openclaw.llm.catalog import ModelRef, model_info
from openclaw.llm.chat import Attempt, Message, ModelError, Reply, Request
from openclaw.llm.config import ModelsConfig, RetryConfig
from openclaw.llm.keyring import Keyring
from openclaw.llm.line import Line, Target, Watch
from openclaw.llm.profiles import Profile
from openclaw.llm.providers import Clients
from openclaw.types.clock import SystemClock
from openclaw.types.conversation import Text
from openclaw.types.secrets import SecretRef
from tests.fakes import FakeAnthropic
from tests.llm.made import PlainResolver, Seen

QUICK = RetryConfig(attempts=3, initial_seconds=0, max_seconds=0, deadline_seconds=60)
REF = ModelRef("anthropic", "claude-opus-4-6")
REQUEST = Request("", "You help.", (Message("user", (Text("hello"),)),), max_tokens=1_000_000)


class Harness:
    """A turn's model in front of the fake API."""

    def __init__(
        self,
        fake: FakeAnthropic,
        state: Path,
        *,
        keys: Mapping[str, str] | None = None,
        retry: RetryConfig = QUICK,
        headers: Mapping[str, str] | None = None,
        keyring: Keyring | None = None,
        session: str = "agent:main:main",
    ) -> None:
        self.keys = PlainResolver(**(keys or {"A": FakeAnthropic.key}))
        self.seen = Seen()
        self.tried: list[Attempt] = []
        self.retry = retry
        self.keyring = keyring or Keyring(state / "auth-profiles.json", SystemClock())
        self._clients = Clients()
        profiles = tuple(
            Profile(f"anthropic:{name.lower()}", "anthropic", SecretRef(f"env:{name}"))
            for name in self.keys.kept
        )
        info = model_info(REF, ModelsConfig())
        target = Target(REF, info, provider, fake.url, {}, profiles, ordered=True)
        self.line = Line(target, self.keys, self._clients, SystemClock())
        self.model = PatientModel(self.line, self.keyring, session, headers or {}, SystemClock())

    async def ask(self, request: Request = REQUEST, *, hurried: bool = False) -> Reply:
        by = SystemClock().monotonic() + 5 if hurried else None
        watch = Watch(self.seen.delta, self.seen.withdraw, self.tried)
        try:
            return await self.model.ask(request, watch, Patience(self.retry, 30, by))
        finally:
            await self._clients.aclose()

    async def fail(self, *, hurried: bool = False) -> ModelError:
        with pytest.raises(ModelError) as raised:
            await self.ask(hurried=hurried)
        return raised.value

    def faults(self) -> list[tuple[str, str | None]]:
        return [(each.profile.partition(":")[2], each.fault) for each in self.tried]


def keys_of(anthropic: FakeAnthropic) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer sk-") for request in anthropic.requests]
