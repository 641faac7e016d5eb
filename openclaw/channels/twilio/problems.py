"""What Twilio's refusals mean, and what the owner can do."""

from http import HTTPStatus

from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.messages import Address

CREDENTIALS_WAIT_SECONDS = 60.0
_RATE_WAIT_SECONDS = 5.0
_QUEUE_WAIT_SECONDS = 60.0
_RATE_LIMITED = frozenset({20429, 14107})
_QUEUE_FULL = frozenset({21611, 30001})
_BAD_CREDENTIALS = frozenset({20003, 20005, 20008})

_FIRST_OWN_CODE = 10_000
"""Twilio's codes lie above; below are HTTP's."""

ADVICE: dict[int, str] = {
    14107: "too many requests: this number may be in a loop of replies",
    20003: "Twilio refused the credentials: set accountSid and authToken anew from the Twilio console",
    20005: "the Twilio account is not active: see the console",
    20429: "too many requests",
    20404: "Twilio does not know this resource: check accountSid and the numbers",
    21210: "the calling number is not one of this account's: check fromNumber",
    21211: "this is no telephone number: write it as +12015550123",
    21212: "the sending number is not valid: check fromNumber",
    21214: "this number cannot be called",
    21215: "calls to this country are switched off: console, Voice, Settings, Geo permissions",
    21216: "Twilio does not let this account call this number",
    21219: "a trial account calls verified numbers only: verify this one in the console, or upgrade the account",
    21408: "texts to this country are switched off: console, Messaging, Settings, Geo permissions",
    21602: "the text was empty",
    21606: "the sending number cannot send texts: buy one that can, or check fromNumber",
    21608: "a trial account texts verified numbers only: verify this one in the console, or upgrade the account",
    21610: "this person has opted out with STOP: nobody may text them until they send START",
    21611: "too many texts wait for this number",
    21612: "Twilio has no way from this sending number to that recipient",
    21614: "this number cannot receive texts; it may be a landline",
    21617: "the text is longer than 1600 characters",
    21619: "the text was empty",
    21659: "the sending number is not one of this account: check fromNumber",
    21703: "the messaging service has no number to send from: add one in the console",
    30001: "too many texts wait for this account",
    30002: "the Twilio account is suspended: see the console",
    30003: "the telephone cannot be reached: it is off or has no network",
    30004: "the recipient or their carrier blocks these texts",
    30005: "this number is not in service",
    30006: "a landline, or a carrier that takes no texts",
    30007: "the carrier took the text for spam: look at its wording, and at the registration of the number",
    30008: "the carrier gave no reason",
    30022: "the daily limit of this 10DLC campaign is reached",
    30023: "the carrier's daily limit of this 10DLC brand is reached",
    30032: "the toll-free number is not verified: Twilio blocks its texts until it is; see the console",
    30034: "the number is not registered for 10DLC: US carriers block its texts until its campaign is approved",
    63015: "this person has not joined the WhatsApp sandbox",
    63016: "more than 24 hours since their last message: WhatsApp takes only an approved template now",
    63018: "too many WhatsApp messages",
    63024: "this number has no WhatsApp",
    63049: "Meta held this message back as marketing",
}  # fmt: skip


class RefusalError(Exception):
    """An answer of 400 and more."""

    def __init__(self, status: int, code: int, said: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"Twilio answered {status} ({code}): {explained(code, said)}")
        self.status = status
        self.code = code
        """Twilio's own; the status where the answer has none."""
        self.said = said
        self.retry_after = retry_after

    @property
    def is_rate_limit(self) -> bool:
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.code in _RATE_LIMITED

    @property
    def is_credentials(self) -> bool:
        return self.status == HTTPStatus.UNAUTHORIZED or self.code in _BAD_CREDENTIALS

    @property
    def is_certain(self) -> bool:
        """Twilio itself has refused; else somebody between us and it gave up."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR or self.code >= _FIRST_OWN_CODE


class UnreachableError(Exception):
    """No answer came. `sent`: the request may have arrived."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(f"Twilio cannot be reached: {reason}")
        self.reason = reason
        self.sent = sent


def explained(code: int, said: str = "") -> str:
    """What the owner can do, else what Twilio says."""
    return ADVICE.get(code) or said or f"error {code}; see https://www.twilio.com/docs/api/errors/{code}"


def sending(
    error: RefusalError | UnreachableError, to: Address, *, again_after: float = 1.0
) -> DeliveryError | AmbiguousDeliveryError:
    """What became of a message. `again_after`: seconds until the next try where Twilio names none."""
    if isinstance(error, UnreachableError):
        if error.sent:
            return AmbiguousDeliveryError(to, error.reason)
        return DeliveryError(to, f"no connection: {error.reason}", retry_after=again_after)
    if not error.is_certain and error.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return AmbiguousDeliveryError(to, f"Twilio answered {error.status}")
    reason = f"{explained(error.code, error.said)} (Twilio error {error.code})"
    return DeliveryError(to, reason, retry_after=_wait(error, again_after))


def _wait(error: RefusalError, again_after: float) -> float | None:
    if error.is_rate_limit:
        return error.retry_after or _RATE_WAIT_SECONDS
    if error.is_credentials:
        return CREDENTIALS_WAIT_SECONDS
    if error.code in _QUEUE_FULL:
        return _QUEUE_WAIT_SECONDS
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return error.retry_after or again_after
    return None
