"""The keys that every part with a Twilio account shares."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field

from openclaw.schema import ConfigPart, SecretField

API_ROOT = "https://api.twilio.com"


def _bases(value: object) -> object:
    return [value] if isinstance(value, str) else value


PublicUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")]


class TwilioConfig(ConfigPart):
    account_sid: str | None = None
    """`AC` and 32 hexadecimal digits."""
    auth_token: SecretField | None = None
    """It also signs what Twilio posts to us."""
    public_webhook_url: PublicUrl | None = None
    """The full public URL of this channel's webhook, as the original has it."""
    public_webhook_urls: Annotated[tuple[PublicUrl, ...], BeforeValidator(_bases)] = ()
    """Public bases, the canonical one first."""
    api_root: str = Field(default=API_ROOT, pattern=r"^https?://[^\s?#]+$")
    timeout_seconds: float = Field(default=20, gt=0)
    """Of one request to Twilio."""

    def completed_from(self, other: "TwilioConfig") -> Self:
        """What this part does not say itself is as the other has it: voice as SMS."""
        unsaid = set(TwilioConfig.model_fields) - self.model_fields_set
        return self.model_copy(update={name: getattr(other, name) for name in unsaid})

    def same_login(self, other: "TwilioConfig") -> bool:
        return (self.account_sid, self.auth_token, self.api_root, self.timeout_seconds) == (
            other.account_sid, other.auth_token, other.api_root, other.timeout_seconds,
        )  # fmt: skip
