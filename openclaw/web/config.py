from typing import Literal

from pydantic import Field

from openclaw.schema import ConfigPart, SecretField

Bind = Literal["auto", "loopback", "lan", "tailnet", "custom"]


class RateLimitConfig(ConfigPart):
    max_attempts: int = Field(default=10, gt=0)
    """So many refused tokens from one address within `windowMs` lock it out."""
    max_attempts_together: int = Field(default=100, gt=0)
    """So many from all addresses together: for the rest of `windowMs` only who was let in before may try."""
    window_ms: int = Field(default=60_000, gt=0)
    lockout_ms: int = Field(default=300_000, gt=0)
    exempt_loopback: bool = True
    """Programs on this machine are not locked out; a browser on it is."""


class GatewayAuthConfig(ConfigPart):
    mode: Literal["token", "none"] = "token"
    """`none` lets in every program on this machine, and nothing from elsewhere."""
    token: SecretField | None = None
    rate_limit: RateLimitConfig = RateLimitConfig()


class ControlUiConfig(ConfigPart):
    enabled: bool = True
    allowed_origins: tuple[str, ...] = ()
    """Pages that may open the WebSocket besides our own, `https://desk.example.org` for instance."""


class EndpointConfig(ConfigPart):
    enabled: bool = True


class EndpointsConfig(ConfigPart):
    chat_completions: EndpointConfig = EndpointConfig()
    responses: EndpointConfig = EndpointConfig()


class HttpConfig(ConfigPart):
    endpoints: EndpointsConfig = EndpointsConfig()


class ReloadConfig(ConfigPart):
    mode: Literal["hybrid", "hot", "restart", "off"] = "hybrid"
    debounce_ms: int = Field(default=300, ge=0)


class DirectToolsConfig(ConfigPart):
    allow: tuple[str, ...] = ()
    """Opens to `/tools/invoke` what is otherwise only for conversations, `exec` for instance."""
    deny: tuple[str, ...] = ()


class GatewayConfig(ConfigPart):
    """The control plane: the command line, the web UI and the HTTP API come in here."""

    mode: Literal["local", "remote"] = "local"
    port: int = Field(default=18789, ge=0, le=65535)
    bind: Bind = "loopback"
    custom_bind_host: str | None = None
    auth: GatewayAuthConfig = GatewayAuthConfig()
    control_ui: ControlUiConfig = ControlUiConfig()
    http: HttpConfig = HttpConfig()
    tools: DirectToolsConfig = DirectToolsConfig()
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` is believed."""
    reload: ReloadConfig = ReloadConfig()


class WebhooksConfig(ConfigPart):
    """The public listener: only the providers' webhooks, so that a tunnel never reaches the control plane."""

    port: int = Field(default=18793, ge=0, le=65535)
    bind: Bind = "loopback"
    custom_bind_host: str | None = None
    max_body_bytes: int = Field(default=1_048_576, gt=0)
