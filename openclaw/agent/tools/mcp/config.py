"""`mcp.*` of the config file."""

from typing import Literal, Self

from pydantic import Field, model_validator

from openclaw.schema import ConfigPart, Ids, SecretField

Transport = Literal["stdio", "streamable-http", "sse"]


class ToolFilterConfig(ConfigPart):
    """By the names that the server gives; `*` stands for anything. What is excluded stays excluded."""

    include: Ids = ()
    """Empty: all."""
    exclude: Ids = ()


class McpServerConfig(ConfigPart):
    enabled: bool = True
    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, SecretField] = Field(default_factory=dict)
    cwd: str | None = None
    """None: the home directory."""
    url: str | None = None
    transport: Transport | None = None
    """None: stdio with a command, streamable-http with an address."""
    headers: dict[str, SecretField] = Field(default_factory=dict)
    connection_timeout_ms: int = Field(default=30_000, gt=0)
    request_timeout_ms: int = Field(default=60_000, gt=0)
    tool_filter: ToolFilterConfig = ToolFilterConfig()
    agents: Ids | None = None
    """Only these; None: all."""
    read_only: bool | Ids = False
    """The owner vouches that these tools change nothing, so that they may run again after a crash."""
    supports_parallel_tool_calls: bool = True

    @model_validator(mode="after")
    def _one_way_to_it(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("a server has either a command or a url")
        if self.transport is not None and (self.transport == "stdio") != (self.command is not None):
            raise ValueError(
                f"transport {self.transport} does not go with {'command' if self.command else 'url'}"
            )
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("url must begin with http:// or https://")
        return self

    @property
    def way(self) -> Transport:
        return self.transport or ("streamable-http" if self.command is None else "stdio")


class McpConfig(ConfigPart):
    servers: dict[str, McpServerConfig] = Field(default_factory=dict)
