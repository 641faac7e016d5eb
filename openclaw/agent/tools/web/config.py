"""`tools.web.*` of the config file."""

from typing import Annotated, Literal

from pydantic import Field

from openclaw.schema import ConfigPart, SecretField

EngineName = Literal["brave", "searxng", "duckduckgo"]


class WebSearchConfig(ConfigPart):
    enabled: bool = True
    provider: EngineName | None = None
    """None: brave where there is a key, else duckduckgo, which needs none."""
    api_key: SecretField | None = None
    base_url: str | None = None
    """None: the provider's own; SearXNG has none. May be on loopback."""
    max_results: int = Field(default=5, ge=1, le=10)
    timeout_seconds: float = Field(default=30, gt=0)
    cache_ttl_minutes: float = Field(default=15, ge=0)

    @property
    def engine(self) -> EngineName:
        return self.provider or ("brave" if self.api_key is not None else "duckduckgo")


class WebFetchConfig(ConfigPart):
    enabled: bool = True
    max_chars: int = Field(default=50_000, ge=100)
    max_chars_cap: int = Field(default=50_000, ge=100)
    """The most that a call may ask for."""
    max_response_bytes: int = Field(default=5_000_000, ge=1_000)
    """Of the page as it comes, unpacked; what is beyond is not read."""
    timeout_seconds: float = Field(default=30, gt=0)
    cache_ttl_minutes: float = Field(default=15, ge=0)
    max_redirects: int = Field(default=5, ge=0, le=5)
    user_agent: str = "Mozilla/5.0 (compatible; OpenClaw)"
    ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = (80, 443)
    """Others are refused."""


class WebConfig(ConfigPart):
    search: WebSearchConfig = WebSearchConfig()
    fetch: WebFetchConfig = WebFetchConfig()
