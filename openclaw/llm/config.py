from typing import Literal

from pydantic import Field

from openclaw.schema import ConfigPart, SecretField


class ModelCost(ConfigPart):
    """US dollars per million tokens."""

    input: float = Field(default=0, ge=0)
    output: float = Field(default=0, ge=0)
    cache_read: float | None = Field(default=None, ge=0)
    """Unset: a tenth of `input`."""
    cache_write: float | None = Field(default=None, ge=0)
    """Unset: a quarter more than `input`."""


class ModelEntry(ConfigPart):
    id: str
    name: str = ""
    reasoning: bool = False
    input: tuple[str, ...] = ("text",)
    """What it reads: `text`, `image`."""
    cost: ModelCost | None = None
    """Unset: the built-in price, or the dearest known one."""
    context_window: int | None = Field(default=None, gt=0)
    max_tokens: int | None = Field(default=None, gt=0)
    """The longest reply it can write, in tokens."""


class ProviderEntry(ConfigPart):
    api: str | None = None
    """The wire format: `anthropic-messages`, `openai-completions`. Unset: a known vendor's own."""
    base_url: str | None = None
    """Unset: the vendor's own address."""
    api_key: SecretField | None = None
    headers: dict[str, str] = {}
    """Sent with every request to this provider."""
    models: tuple[ModelEntry, ...] = ()


class RetryConfig(ConfigPart):
    """How a request that failed for now is made again, within one turn."""

    attempts: int = Field(default=6, ge=1)
    initial_seconds: float = Field(default=1, ge=0)
    max_seconds: float = Field(default=30, ge=0)
    deadline_seconds: float = Field(default=60, ge=0)
    """No attempt starts later than this after the first."""


class ProbeConfig(ConfigPart):
    """How a turn without a model waits for one, once the retries are used up."""

    every_seconds: float = Field(default=30, gt=0)
    for_minutes: float = Field(default=15, ge=0)


class ModelsConfig(ConfigPart):
    mode: Literal["merge", "replace"] = "merge"
    """`replace`: what is not listed in `providers` is not known, the built-in table included."""
    providers: dict[str, ProviderEntry] = {}
    retry: RetryConfig = RetryConfig()
    probe: ProbeConfig = ProbeConfig()


class AuthProfile(ConfigPart):
    provider: str = ""
    """Unset: what stands before the colon in the profile's name."""
    mode: str = "api_key"
    api_key: SecretField | None = None


class AuthConfig(ConfigPart):
    profiles: dict[str, AuthProfile] = {}
    """Several keys for a provider, each named `provider:name`."""
    order: dict[str, tuple[str, ...]] = {}
    """Profile names by provider; the first one is used first."""


class AgentRouting(ConfigPart):
    headers: dict[str, str] = {}


class RoutingConfig(ConfigPart):
    headers: dict[str, str] = {}
    """Sent with every model request; `{agent}`, `{session}`, `{channel}` and `{trace}` are filled in."""
    per_agent: dict[str, AgentRouting] = {}
    """Merged over `headers`, by agent id."""


class LlmConfig(ConfigPart):
    routing: RoutingConfig = RoutingConfig()
