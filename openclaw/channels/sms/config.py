"""`channels.sms` of the config file."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openclaw.channels.twilio.bases import Bases, bases_of
from openclaw.channels.twilio.config import TwilioConfig
from openclaw.schema import ConfigPart, Ids, OwnPort
from openclaw.types import e164

MAX_TEXT = 1600
"""Twilio takes no longer body."""
MESSAGE_PATHS = ("/sms", "/sms/webhook", "/webhooks/sms", "/webhooks/twilio/sms")
STATUS_PATH = "/sms/status"

DmPolicy = Literal["stream", "pairing", "allowlist", "open", "disabled"]
"""`stream`: whoever is not authorised is taken in and not answered."""


def _without_prefix(value: object) -> object:
    values = value if isinstance(value, list | tuple) else [value]
    return [item.strip().removeprefix("sms:") if isinstance(item, str) else item for item in values]


def _number(value: object) -> object:
    """As people write it; what is no number is told by `problems`."""
    return (e164.parse(value) or value.strip()) if isinstance(value, str) else value


def _switch(value: object) -> object:
    return {"enabled": value} if isinstance(value, bool) else value


Number = Annotated[str, BeforeValidator(_number)]
Numbers = Annotated[Ids, BeforeValidator(_without_prefix)]


class BootstrapTrust(ConfigPart):
    """The first sender becomes authorised while nobody ever was."""

    enabled: bool = True
    window_minutes: int = Field(default=60, ge=0)


class Backfill(ConfigPart):
    """What came while the daemon was off is asked for when it starts; Twilio tries a webhook that failed but once."""

    enabled: bool = True
    hours: int = Field(default=72, ge=1, le=24 * 30)
    """Nothing older is taken in."""
    every_minutes: float = Field(default=5, gt=0)
    """Between looks while it runs: a tunnel may have been down."""


class SmsAccount(TwilioConfig):
    enabled: bool = True
    from_number: Number | None = None
    messaging_service_sid: str | None = Field(default=None, pattern=r"^MG[0-9a-fA-F]{32}$")
    """Texts leave through this service; it picks the number."""
    dm_policy: DmPolicy = "stream"
    allow_from: Numbers = ()
    text_chunk_limit: int = Field(default=MAX_TEXT, ge=16, le=MAX_TEXT)
    texts_per_second: float = Field(default=1.0, gt=0)
    """From one number; carriers drop what comes faster from a long code."""
    segment_price: float = Field(default=0.0113, ge=0, allow_inf_nan=False)
    """US dollars, carriers' fees included."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """`allowFrom` without what is no number."""
        entries = (entry if entry == "*" else e164.parse(entry) for entry in self.allow_from)
        return tuple(entry for entry in entries if entry)

    @property
    def sender(self) -> str:
        """What texts leave from; empty where nothing is set."""
        return self.messaging_service_sid or self.from_number or ""

    @property
    def bases(self) -> Bases:
        return bases_of(self.public_webhook_urls, self.public_webhook_url, MESSAGE_PATHS)


# What tells one number from another is never taken over from the part around the accounts.
_OWN = frozenset({"from_number", "messaging_service_sid"})


class SmsConfig(SmsAccount):
    bootstrap_trust: Annotated[BootstrapTrust, BeforeValidator(_switch)] = BootstrapTrust()
    overlay: bool = True
    """Answers are at most two short plain sentences."""
    backfill: Annotated[Backfill, BeforeValidator(_switch)] = Backfill()
    webhook_port: OwnPort = None
    accounts: dict[str, SmsAccount] = Field(default_factory=dict)
    """Further numbers; what an account does not say is as written above it."""

    def each_account(self) -> Mapping[str, SmsAccount]:
        """Every number with what it inherits; those without a number and those switched off left out."""
        found: dict[str, SmsAccount] = {}
        if self.enabled and "default" not in self.accounts and (self.sender or not self.accounts):
            found["default"] = self
        for name, account in self.accounts.items():
            whole = self._inherited(name, account)
            if self.enabled and whole.enabled and whole.sender:
                found[name] = whole
        return found

    def problems(self) -> tuple[str, ...]:
        """What is wrong although it can be used, in words that say what to do."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[str]:
        places = {"channels.sms": self, **{f"channels.sms.accounts.{n}": a for n, a in self.accounts.items()}}
        for place, account in places.items():
            yield from _own_problems(place, account)
        for name, account in self.accounts.items():
            if not self._inherited(name, account).sender:
                yield f"channels.sms.accounts.{name} has no number and is not started; set its fromNumber"
        if self.enabled and not self.bases:
            yield (
                "channels.sms has no publicWebhookUrls: texts can be sent, and none is received; set it to the"
                " public https address that leads to the webhook port"
            )

    def _inherited(self, name: str, account: SmsAccount) -> SmsAccount:
        shared = set(SmsAccount.model_fields) - (frozenset() if name == "default" else _OWN)
        return account.model_copy(
            update={field: getattr(self, field) for field in shared - account.model_fields_set}
        )


def _own_problems(place: str, account: SmsAccount) -> Iterator[str]:
    if account.from_number is not None and e164.parse(account.from_number) is None:
        yield f"{place}.fromNumber: {account.from_number!r} is no number; write it like +12015550123"
    for entry in account.allow_from:
        if entry != "*" and e164.parse(entry) is None:
            yield f"{place}.allowFrom: {entry!r} is no number and lets nobody in; write it like +12015550123"
