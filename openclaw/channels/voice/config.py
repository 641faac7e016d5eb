"""`channels.voice` of the config file, and what the original calls `plugins.entries.voice-call.config`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from openclaw.channels.twilio.config import TwilioConfig
from openclaw.schema import Ids, OwnPort
from openclaw.types import e164

InboundPolicy = Literal["disabled", "allowlist", "pairing", "open"]
TALK_PATHS = ("/voice/webhook", "/voice")
STATUS_PATH, RECORDED_PATH, TRANSCRIBED_PATH = (
    "/voice/status",
    "/voice/recording-complete",
    "/voice/transcription",
)
PATHS = (*TALK_PATHS, STATUS_PATH, RECORDED_PATH, TRANSCRIBED_PATH)
GREETING = "Hello! How can I help you?"


def _number(value: object) -> object:
    """As people write it, `+1 (201) 555-0123`; anything else than a full international number is a mistake."""
    if value is None or value == "":
        return None
    if (number := e164.parse(str(value))) is None:
        raise ValueError("it is no international number; write it as in +12015550123")
    return number


def _numbers(value: object) -> object:
    values = value if isinstance(value, list | tuple) else [value]
    return [e164.parse(str(item)) or str(item) for item in values]


Number = Annotated[str | None, BeforeValidator(_number)]


class VoiceConfig(TwilioConfig):
    enabled: bool = True
    from_number: Number = None
    """The number of ours that calls come to and are placed from."""
    inbound_policy: InboundPolicy = "allowlist"
    allow_from: Annotated[Ids, BeforeValidator(_numbers)] = ()
    inbound_greeting: str = Field(default=GREETING, max_length=1000)
    language: str = Field(default="en-US", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    """In which callers are understood and spoken to."""
    voice: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """Of Twilio's voices, `Polly.Joanna` for instance; None: the usual one of the language."""
    max_duration_seconds: int = Field(default=300, ge=10, le=14_400)
    record: bool = False
    recording_retention_days: int = Field(default=30, ge=1)
    forward_to: Number = None
    """Where a caller is put through to when the assistant decides so."""
    webhook_port: OwnPort = None
    price_per_minute: float = Field(default=0.014, ge=0, allow_inf_nan=False)
    """In US dollars, for what Twilio asks for each begun minute."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """`allowFrom` without what is no number: a part of one is nobody's."""
        return tuple(entry for entry in self.allow_from if entry == "*" or e164.parse(entry) == entry)

    def takes(self, peer: str) -> bool:
        """Whether a call of this number is taken at all; what its caller may then ask for, the gateway judges."""
        match self.inbound_policy:
            case "disabled":
                return False
            case "open":
                return True
            case "allowlist":
                return "*" in self.allowed or (bool(peer) and peer in self.allowed)
            case "pairing":
                return bool(peer)

    def problems(self) -> Iterator[str]:
        """What is wrong although it can be used, in words that say what to do."""
        for entry in self.allow_from:
            if entry not in self.allowed:
                yield (
                    f"channels.voice.allowFrom: {entry!r} is no international number and lets nobody in;"
                    " write it as in +12015550123"
                )
        if self.inbound_policy == "allowlist" and not self.allow_from:
            yield (
                "channels.voice.allowFrom: nobody is on it, so no call is taken; name the numbers that may call,"
                " or set channels.voice.inboundPolicy"
            )
        if self.forward_to is not None and self.forward_to == self.from_number:
            yield (
                "channels.voice.forwardTo: it is the assistant's own number, so callers would come back to it;"
                " name the number of a person"
            )


_SHARED = (
    "accountSid", "authToken", "publicWebhookUrl", "publicWebhookUrls", "apiRoot", "timeoutSeconds", "fromNumber",
)  # fmt: skip


def beside_sms(channels: object) -> object:
    """Pure. `channels` of the file: voice has the account, the bases and the number of SMS where it says none."""
    if not isinstance(channels, Mapping):
        return channels
    voice, sms = channels.get("voice"), channels.get("sms")
    if not isinstance(voice, Mapping) or not isinstance(sms, Mapping):
        return channels
    return {**channels, "voice": {name: sms[name] for name in _SHARED if name in sms} | dict(voice)}


_SAME = ("fromNumber", "inboundPolicy", "allowFrom", "inboundGreeting", "maxDurationSeconds")


def from_original(config: Mapping[str, Any]) -> dict[str, Any]:
    """Pure. `plugins.entries.voice-call.config` as keys of `channels.voice`; empty where another provider calls."""
    if config.get("provider", "twilio") != "twilio":
        return {}
    found = {name: config[name] for name in _SAME if config.get(name) is not None}
    # The original takes no calls unless it is told to.
    found.setdefault("inboundPolicy", "disabled")
    account = config.get("twilio")
    if isinstance(account, Mapping):
        found |= {name: account[name] for name in ("accountSid", "authToken") if account.get(name)}
    if config.get("publicUrl"):
        found["publicWebhookUrl"] = config["publicUrl"]
    return found
