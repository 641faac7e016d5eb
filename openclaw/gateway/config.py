from typing import Literal

from pydantic import Field, field_validator

from openclaw.schema import ConfigPart, Ids


class CommandsConfig(ConfigPart):
    owner_allow_from: Ids = ()
    """The owner's sender ids, `telegram:821071206`. Empty: the channels' `allowFrom` of this file, without `*`."""


class PeerMatch(ConfigPart):
    kind: Literal["direct", "group", "channel"] = "direct"
    id: str

    @field_validator("kind", mode="before")
    @classmethod
    def _dm_is_direct(cls, value: object) -> object:
        return "direct" if value == "dm" else value

    @field_validator("id", mode="before")
    @classmethod
    def _numbers_are_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value


class BindingMatch(ConfigPart):
    channel: str
    account_id: str | None = None
    peer: PeerMatch | None = None


class Binding(ConfigPart):
    agent_id: str
    comment: str = ""
    match: BindingMatch


class DeliveryConfig(ConfigPart):
    on_ambiguous: Literal["resend-once-marked", "ask", "drop"] | None = None
    """What happens to a message that may or may not have been delivered. Unset: resend to owners, ask for others."""
    retry_attempts: int = Field(default=8, gt=0)
    """How often a message that a channel refuses for now is offered again."""


class TraceConfig(ConfigPart):
    retention_days: int = Field(default=30, gt=0)
    """How long the traces of messages are kept."""
