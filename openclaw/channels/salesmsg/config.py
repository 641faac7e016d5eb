"""`channels.salesmsg` of the config file."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openclaw.schema import ConfigPart, Ids, OwnPort, SecretField
from openclaw.types import e164

MAX_TEXT = 1600
API_ROOT = "https://api.salesmessage.com/pub/v2.3"

DmPolicy = Literal["pairing", "allowlist", "open", "disabled"]


def _number(entry: object) -> object:
    if not isinstance(entry, str):
        return entry
    text = entry.strip().removeprefix("salesmsg:")
    return e164.parse_north_american(text) or text


def _numbers(value: object) -> object:
    return [_number(entry) for entry in (value if isinstance(value, list | tuple) else [value])]


Numbers = Annotated[Ids, BeforeValidator(_numbers)]


class SalesmsgConfig(ConfigPart):
    enabled: bool = True
    webhook_token: SecretField | None = None
    """Shown by SalesMsg in the query of each call: `?token=…` or `?secret=…`."""
    api_token: SecretField | None = None
    """A personal access token. It lives for an hour and is exchanged for a new one in time."""
    api_root: str = Field(default=API_ROOT, pattern=r"^https?://[^\s?#]+$")
    agent_id: str | None = None
    """Who answers. Without it: `bindings`, then the default agent."""
    allowed_agents: tuple[str, ...] = ()
    """Whom a call may ask for by its own `agentId`."""
    dm_policy: DmPolicy = "open"
    allow_from: Numbers = ()
    numbers: Numbers = ()
    """Ours: what comes from one of them is our own message."""
    team_id: str | None = None
    """For messages to a number with which there is no conversation yet."""
    text_chunk_limit: int = Field(default=MAX_TEXT, ge=16, le=MAX_TEXT)
    webhook_port: OwnPort = None
    timeout_seconds: float = Field(default=20, gt=0)

    @property
    def allowed(self) -> tuple[str, ...]:
        """`allowFrom` without what is no number."""
        return tuple(entry for entry in self.allow_from if _is_sender(entry))

    def agent(self, asked: str) -> str | None:
        """Who gets a message whose call asks for somebody: a call's content is a claim."""
        return asked if asked and asked in {self.agent_id, *self.allowed_agents} else self.agent_id

    def problems(self) -> tuple[str, ...]:
        """What is wrong although it can be used, in words that say what to do."""
        return tuple(self._problems()) if self.enabled else ()

    def _problems(self) -> Iterator[str]:
        if self.webhook_token is None:
            yield (
                "channels.salesmsg has no webhookToken, and its webhook is not served; set it to 32 random letters and"
                " digits, and the address at SalesMsg to …/webhooks/salesmsg?token=<the same>"
            )
        if self.api_token is None:
            yield (
                "channels.salesmsg has no apiToken, and texts that come cannot be answered; make a personal access"
                " token at SalesMsg (Settings, API)"
            )
        for entry in self.allow_from:
            if not _is_sender(entry):
                yield (
                    f"channels.salesmsg.allowFrom: {entry!r} is no number and lets nobody in; write it like"
                    " +12015550123"
                )


def _is_sender(entry: str) -> bool:
    return entry == "*" or e164.parse(entry) is not None
