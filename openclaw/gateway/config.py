import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from openclaw.schema import ConfigPart, Ids, SecretField


class CommandsConfig(ConfigPart):
    owner_allow_from: Ids = ()
    """The owner's sender ids, `telegram:821071206`. Empty: the channels' `allowFrom` of this file, without `*`."""
    allow_from: dict[str, Ids] = {}
    """Who may give commands, by channel or `*`. When set, nobody else may."""
    use_access_groups: bool = True
    """Without `allowFrom`: only those whom the owner let in may. False: everybody who is answered."""
    native: Literal["auto"] | bool = "auto"
    """False: channels show no menu of the commands."""
    text: bool = True
    """False: commands in messages are read as plain text; only stopping goes on to work."""
    restart: bool = True
    """Whether the owner may restart the daemon by `/restart`."""
    config: bool = False
    """Whether the owner may read and change the config by `/config`."""


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
    tier: str = ""
    """The agent's: without `agentId` the first agent of this tier answers."""


class Binding(ConfigPart):
    agent_id: str = ""
    comment: str = ""
    match: BindingMatch

    @model_validator(mode="after")
    def _names_an_agent(self) -> "Binding":
        if not self.agent_id and not self.match.tier:
            raise ValueError("it names no agent: set agentId, or match.tier")
        return self


class DeliveryConfig(ConfigPart):
    on_ambiguous: Literal["resend-once-marked", "ask", "drop"] | None = None
    """What happens to a message that may or may not have been delivered. Unset: resend to owners, ask for others."""
    retry_attempts: int = Field(default=8, gt=0)
    """How often a message that a channel refuses for now is offered again."""


class TraceConfig(ConfigPart):
    retention_days: int = Field(default=30, gt=0)
    """How long the traces of messages are kept."""


def _queue_mode(value: object) -> object:
    return {"queue": "followup", "steer+backlog": "steer-backlog"}.get(str(value), value)


QueueModeName = Annotated[
    Literal["steer", "followup", "collect", "steer-backlog", "interrupt"], BeforeValidator(_queue_mode)
]


class QueueConfig(ConfigPart):
    mode: QueueModeName = "steer"
    """What a message does that comes while its session is busy."""
    by_channel: dict[str, QueueModeName] = {}
    debounce_ms: int = Field(default=500, ge=0)
    """`collect`: how long it must be quiet before the waiting messages are answered together."""
    debounce_ms_by_channel: dict[str, int] = {}
    cap: int = Field(default=20, gt=0)
    """How many messages of one session may wait."""
    drop: Literal["old", "new", "summarize"] = "summarize"
    """What gives way when more come."""


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from error
    return value


AckScope = Literal["group-mentions", "group-all", "direct", "all", "off", "none"]


class GroupChatConfig(ConfigPart):
    mention_patterns: tuple[Annotated[str, AfterValidator(_pattern)], ...] = ()
    """Regular expressions that call the assistant in a group, case aside, besides its name."""
    history_limit: int = Field(default=50, ge=0)
    """How many messages said meanwhile it is told when it is called."""


class MessagesConfig(ConfigPart):
    queue: QueueConfig = QueueConfig()
    group_chat: GroupChatConfig = GroupChatConfig()
    ack_reaction: str = "👀"
    """What a message is marked with as soon as it is taken up; empty: nothing."""
    ack_reaction_scope: AckScope = "group-mentions"


FOR_EVER = "never"


def _retention(value: object) -> object:
    return FOR_EVER if value is False else value


class CronConfig(ConfigPart):
    enabled: bool = True
    """False: nothing becomes due; jobs can still be listed and changed."""
    max_concurrent_runs: int = Field(default=8, gt=0)
    session_retention: Annotated[
        str, BeforeValidator(_retention), Field(pattern=r"^\d+(\.\d+)?[smhdw]$|^never$")
    ] = "24h"
    """How long the transcripts of earlier runs stay, in sessions of their own; false: for ever."""
    webhook_token: SecretField | None = None
    """Sent as a bearer token with `delivery.mode: webhook`."""


class DiscordConfig(ConfigPart):
    webhook_url: SecretField | None = None
    """Whoever has this address can write to the channel: it is a secret itself."""


class OpsConfig(ConfigPart):
    discord: DiscordConfig = DiscordConfig()
    """Alerts go there besides the log, the UI and the owner's chat."""
