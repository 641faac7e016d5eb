import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from openclaw.schema import ConfigPart, Ids
from openclaw.types.unreadable import UNREADABLE

DmScope = Literal["main", "per-peer", "per-channel-peer", "per-account-channel-peer"]
ResetMode = Literal["none", "daily", "idle"]
SendAction = Literal["allow", "deny"]


class ResetConfig(ConfigPart):
    """When a conversation begins anew by itself. What a block leaves out follows from what it says."""

    mode: ResetMode = "none"
    at_hour: int = Field(default=4, ge=0, le=23)
    """`daily`: the hour of the owner's day."""
    idle_minutes: int | None = Field(default=None, gt=0)
    """`idle`: None is 60. With `daily` whichever comes first, if it is set."""


class ResetByType(ConfigPart):
    direct: ResetConfig | None = None
    dm: ResetConfig | None = None
    """The original's other name of `direct`."""
    group: ResetConfig | None = None
    thread: ResetConfig | None = None


def _chat_type(value: object) -> object:
    if not isinstance(value, str):
        return value
    name = "direct" if value.strip().lower() == "dm" else value.strip().lower()
    if name not in {"direct", "group", "channel", UNREADABLE}:
        raise ValueError("it must be direct, group or channel")
    return name


ChatTypeField = Annotated[str, BeforeValidator(_chat_type)]


class SessionSendMatch(ConfigPart):
    """Every condition that is there must hold."""

    # A condition that we do not know must not make an `allow` hold for everybody: it is kept, see `is_readable`.
    model_config = ConfigDict(extra="allow")

    channel: Ids = ()
    chat_type: ChatTypeField | None = None
    key_prefix: str = ""
    """Of the session key without `agent:<id>:`."""
    raw_key_prefix: str = ""
    """Of the whole session key."""

    @property
    def is_readable(self) -> bool:
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return not self.model_extra and not any(
            value == UNREADABLE or (isinstance(value, tuple) and UNREADABLE in value)
            for value in values.values()
        )


class SessionSendRule(ConfigPart):
    action: SendAction = "deny"
    match: SessionSendMatch = SessionSendMatch()


class SessionSendPolicy(ConfigPart):
    """The original's: one rule that denies is enough; else one that allows; else the default."""

    default: SendAction = "allow"
    rules: tuple[SessionSendRule, ...] = ()


_LINK_NAME = re.compile(r"[^\s:]{1,64}")


def _link_name(value: object) -> object:
    if isinstance(value, str) and not _LINK_NAME.fullmatch(value):
        raise ValueError(
            "the name becomes a part of session keys: no spaces, no colons, 64 characters at most"
        )
    return value


LinkName = Annotated[str, BeforeValidator(_link_name)]


class SessionConfig(ConfigPart):
    dm_scope: DmScope = "main"
    """Which direct messages share a conversation; `main`: all of them."""
    identity_links: dict[LinkName, Ids] = {}
    """`name: ["telegram:1", …]`: the same person on several channels."""
    reset: ResetConfig = ResetConfig()
    reset_by_type: ResetByType = ResetByType()
    """Outranks `reset`, field by field."""
    reset_by_channel: dict[str, ResetConfig] = {}
    """Outranks both, as a whole."""
    idle_minutes: int | None = Field(default=None, gt=0)
    """From old files; read where no block says its own."""
    reset_triggers: Ids = ("/new", "/reset")
    """What people write to begin anew."""
    send_policy: SessionSendPolicy = SessionSendPolicy()
    cache_megabytes: int = Field(default=64, gt=0)
    """How much of the transcripts stays in memory."""

    def problems(self) -> list[str]:
        """What is allowed and hardly meant; `<key> <what>; <mend>`."""
        named: dict[str, str] = {}
        found = []
        for name, identities in self.identity_links.items():
            for identity in identities:
                other = named.setdefault(identity.strip().lower(), name)
                if other != name:
                    found.append(
                        f"session.identityLinks.{name} names {identity}, who is {other} already;"
                        " take one of the two out, until then the first counts"
                    )
        if self.identity_links and self.dm_scope == "main":
            found.append(
                "session.identityLinks has no effect while all direct messages are one conversation;"
                " set session.dmScope to per-peer, or take it out"
            )
        return found
