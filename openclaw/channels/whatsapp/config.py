"""`channels.whatsapp` of the config file."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openclaw.channels.twilio.bases import Bases, bases_of
from openclaw.channels.twilio.config import API_ROOT, PublicUrl, TwilioConfig
from openclaw.schema import ConfigPart, Ids, OwnPort, SecretField
from openclaw.types import e164

CHANNEL = "whatsapp"
CLOUD_PATH = "/webhooks/whatsapp"
TWILIO_PATH = "/webhooks/whatsapp/twilio"
GRAPH_ROOT = "https://graph.facebook.com"
MAX_TEXT = 4096
"""Characters of one message by the Business Cloud API."""
MAX_TWILIO_TEXT = 1600

DmPolicy = Literal["pairing", "allowlist", "open", "disabled"]
Provider = Literal["cloud", "twilio"]
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
"""What WhatsApp calls a business-scoped user id."""


def _ids(value: object) -> object:
    """As people write them: `whatsapp:+1 (201) 555-0123`, and the number as WhatsApp itself writes it, without `+`."""
    values = value if isinstance(value, list | tuple) else [value]
    return [_id(str(item)) if isinstance(item, str | int) else item for item in values]


def _id(entry: str) -> str:
    bare = entry.strip().removeprefix("whatsapp:").removeprefix("wa:").strip()
    return e164.parse(bare) or (e164.parse(f"+{bare}") if bare.isdecimal() else None) or bare


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    bare = value.strip().removeprefix("whatsapp:")
    return e164.parse(bare) or bare


def _urls(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Template(ConfigPart):
    """An approved template whose one parameter is the text: the way to people who have not written for a day."""

    name: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,512}$")
    language: str = Field(default="en_US", pattern=r"^[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$")
    content_sid: str | None = Field(default=None, pattern=r"^HX[0-9a-fA-F]{32}$")
    """The same at Twilio."""


class WhatsAppAccount(ConfigPart):
    enabled: bool = True
    provider: Provider = "cloud"
    """`cloud`: Meta's Business Cloud API. `twilio`: the same through Twilio."""
    access_token: SecretField | None = None
    phone_number_id: str | None = Field(default=None, pattern=r"^[0-9]{1,64}$", coerce_numbers_to_str=True)
    """Meta's id of our number, not the number itself."""
    app_secret: SecretField | None = None
    """It signs what Meta posts to us; without it nothing is received."""
    verify_token: SecretField | None = None
    """Our own invention; Meta shows it when the webhook is set up."""
    api_root: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    graph_version: str = Field(default="v26.0", pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$")
    dm_policy: DmPolicy = "pairing"
    allow_from: Annotated[Ids, BeforeValidator(_ids)] = ()
    text_chunk_limit: int = Field(default=4000, ge=16, le=MAX_TEXT)
    send_read_receipts: bool = True
    """Blue ticks, and with them that an answer is being written: WhatsApp knows the second only with the first."""
    media_max_mb: float = Field(default=20, gt=0, le=100)
    template: Template = Template()
    timeout_seconds: float = Field(default=20, gt=0)
    from_number: Annotated[str | None, BeforeValidator(_number)] = None
    """By Twilio: our number."""
    account_sid: str | None = None
    auth_token: SecretField | None = None
    public_webhook_url: PublicUrl | None = None
    public_webhook_urls: Annotated[tuple[PublicUrl, ...], BeforeValidator(_urls)] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """`allowFrom` without what is no id."""
        return tuple(entry for entry in self.allow_from if is_id(entry))

    @property
    def identity(self) -> str:
        """What tells this number from another; empty where nothing is set."""
        return (self.phone_number_id if self.provider == "cloud" else self.from_number) or ""

    @property
    def graph_root(self) -> str:
        return (self.api_root or GRAPH_ROOT).rstrip("/")

    @property
    def chunk_limit(self) -> int:
        return (
            self.text_chunk_limit if self.provider == "cloud" else min(self.text_chunk_limit, MAX_TWILIO_TEXT)
        )

    @property
    def media_bytes(self) -> int:
        return round(self.media_max_mb * 1_000_000)

    @property
    def bases(self) -> Bases:
        return bases_of(self.public_webhook_urls, self.public_webhook_url, (TWILIO_PATH, *_SMS_PATHS))

    @property
    def twilio(self) -> TwilioConfig:
        return TwilioConfig(
            account_sid=self.account_sid,
            auth_token=self.auth_token,
            public_webhook_url=self.public_webhook_url,
            public_webhook_urls=self.public_webhook_urls,
            api_root=self.api_root or API_ROOT,
            timeout_seconds=self.timeout_seconds,
        )


_SMS_PATHS = ("/sms", "/sms/webhook", "/webhooks/sms", "/webhooks/twilio/sms")
"""A full URL that was taken over from `channels.sms` ends in one of these."""
# What tells one number from another is never taken over from the part around the accounts.
_OWN = frozenset({"phone_number_id", "from_number"})


class WhatsAppConfig(WhatsAppAccount):
    webhook_port: OwnPort = None
    accounts: dict[str, WhatsAppAccount] = Field(default_factory=dict)
    """Further numbers; what an account does not say is as written above it."""

    def each_account(self) -> Mapping[str, WhatsAppAccount]:
        """Every number with what it inherits; those without a number and those switched off left out."""
        found: dict[str, WhatsAppAccount] = {}
        if self.enabled and "default" not in self.accounts and (self.identity or not self.accounts):
            found["default"] = self
        for name, account in self.accounts.items():
            whole = self._inherited(name, account)
            if self.enabled and whole.enabled and whole.identity:
                found[name] = whole
        return found

    def problems(self) -> Iterator[str]:
        """What is wrong although it can be used, in words that say what to do."""
        for name, account in {"": self, **self.accounts}.items():
            place = f"channels.whatsapp.accounts.{name}" if name else "channels.whatsapp"
            yield from _own_problems(place, account)
            if name and not self._inherited(name, account).identity:
                key = "phoneNumberId" if self._inherited(name, account).provider == "cloud" else "fromNumber"
                yield f"{place} has no number of its own and is not started; set {place}.{key}"
        for name, whole in self.each_account().items():
            yield from _unheard(
                "channels.whatsapp" if name == "default" else f"channels.whatsapp.accounts.{name}", whole
            )

    def _inherited(self, name: str, account: WhatsAppAccount) -> WhatsAppAccount:
        shared = set(WhatsAppAccount.model_fields) - (frozenset() if name == "default" else _OWN)
        if "provider" in account.model_fields_set and account.provider != self.provider:
            shared -= {"api_root"}  # of the other provider
        return account.model_copy(
            update={field: getattr(self, field) for field in shared - account.model_fields_set}
        )


_TWILIO_KEYS = ("accountSid", "authToken", "publicWebhookUrl", "publicWebhookUrls", "apiRoot")


def beside_sms(channels: object) -> object:
    """Pure. `channels` of the file: WhatsApp by Twilio has the account and bases of SMS where it says none."""
    if not isinstance(channels, Mapping):
        return channels
    whatsapp, sms = channels.get(CHANNEL), channels.get("sms")
    if not isinstance(whatsapp, Mapping) or not isinstance(sms, Mapping):
        return channels
    given = {name: sms[name] for name in _TWILIO_KEYS if name in sms}
    if whatsapp.get("provider") == "twilio":
        number = (
            {"fromNumber": sms["fromNumber"]} if "fromNumber" in sms and not whatsapp.get("accounts") else {}
        )
        return {**channels, CHANNEL: {**given, **number, **whatsapp}}
    accounts = whatsapp.get("accounts")
    if not isinstance(accounts, Mapping):
        return channels
    completed = {
        name: {**given, **account}
        if isinstance(account, Mapping) and account.get("provider") == "twilio"
        else account
        for name, account in accounts.items()
    }
    return {**channels, CHANNEL: {**whatsapp, "accounts": completed}}


def is_id(entry: str) -> bool:
    return entry == "*" or e164.parse(entry) == entry or _USER_ID.fullmatch(entry) is not None


def _own_problems(place: str, account: WhatsAppAccount) -> Iterator[str]:
    for entry in account.allow_from:
        if not is_id(entry):
            yield (
                f"{place}.allowFrom: {entry!r} is neither a number like +12015550123 nor a user id like"
                " US.13491208655302741918, and lets nobody in; write one of these"
            )
    if account.from_number and e164.parse(account.from_number) is None:
        yield (
            f"{place}.fromNumber: {account.from_number!r} is no number like +12015550123; write it with + and the"
            " country's code"
        )


def _unheard(place: str, account: WhatsAppAccount) -> Iterator[str]:
    """Why nothing would be received."""
    if account.provider == "cloud" and account.app_secret is None:
        yield (
            f"{place}.appSecret is not set, so nothing is received; it is in Meta's app dashboard, App settings, Basic"
        )
    if account.provider == "cloud" and account.app_secret is not None and account.verify_token is None:
        yield (
            f"{place}.verifyToken is not set, so Meta cannot set up the webhook;"
            " set it to 32 random letters and digits"
        )
    if account.provider == "twilio" and not account.bases:
        yield (
            f"{place} has no publicWebhookUrls, so nothing is received; set them to the public https address that leads"
            " to the webhook port"
        )
