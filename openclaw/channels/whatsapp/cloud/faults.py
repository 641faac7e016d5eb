"""What Meta's refusals mean, and what the owner can do. By their codes: the titles change."""

from http import HTTPStatus

from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError
from openclaw.types.messages import Address

TOKEN_WAIT_SECONDS = 60.0
PAIR_WAIT_SECONDS = 6.0
"""To one person Meta takes a message every six seconds; what was sent faster has been borrowed."""
_RATE_WAIT_SECONDS = 5.0
_SPAM_WAIT_SECONDS = 300.0
WINDOW_CLOSED = 131047
PAIR_RATE = 131056
_SPAM_RATE = 131048
_BAD_TOKEN = frozenset({0, 190, 102})
_RATE_LIMITED = frozenset({4, 17, 613, 80007, 130429})
_TRANSIENT = frozenset({1, 2, 131000, 131016, 131057, 133004, 135000})

WINDOW_ADVICE = (
    "they have not written for more than 24 hours, and WhatsApp then takes only an approved template: wait until they"
    " write, or name one in channels.whatsapp.template"
)
ADVICE: dict[int, str] = {
    0: "Meta refused the access token: make a new one and set accessToken",
    3: "the access token may not do this: it needs whatsapp_business_messaging",
    4: "too many requests",
    10: "the access token may not do this: it needs whatsapp_business_messaging for this number",
    33: "there is no such phone number for this access token: check phoneNumberId",
    100: "Meta did not understand the request",
    190: "the access token has expired or was withdrawn: make a new one and set accessToken",
    368: "Meta has blocked the account for breaking its policies: see the WhatsApp Manager",
    80007: "the WhatsApp account's rate limit is reached",
    130429: "the number's throughput is reached",
    130472: "Meta holds this message back in an experiment on marketing",
    130497: "the account may not write to this country",
    131005: "the access token may not do this: check its permissions",
    131008: "Meta misses a parameter",
    131009: "Meta refused a parameter",
    131021: "sender and recipient are the same number",
    131026: "it cannot be delivered: no WhatsApp there, an old version of it, or they have blocked this number",
    131031: "Meta has locked the account: see the WhatsApp Manager",
    131037: "the number's display name is not approved yet: see the WhatsApp Manager",
    131042: "there is a problem with the payment method: see the WhatsApp Manager",
    131045: "the number is not registered for the Cloud API: register it once more",
    131047: WINDOW_ADVICE,
    131048: "too many people have blocked or reported this number, so Meta holds messages back",
    131049: "Meta holds this message back as one marketing message too many; not again today",
    131051: "Meta does not know this type of message",
    131052: "Meta could not fetch what was attached",
    131053: "Meta could not take what was attached: check its type and size",
    131056: "too many messages to this person within a short time",
    132000: "the template has another number of parameters",
    132001: "there is no such template in this language, or it is not approved",
    132005: "the text is too long for the template",
    132007: "the text breaks the template's policy",
    132012: "a parameter does not have the template's form",
    132015: "the template is paused for its low quality",
    132016: "the template is disabled for its low quality",
    133010: "the number is not registered for the Cloud API: register it first",
}  # fmt: skip


class RefusalError(Exception):
    """An answer of 400 and more. `code=None`: it does not say which."""

    def __init__(
        self, status: int, code: int | None = None, said: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(f"WhatsApp answered {status}: {explained(code, said)}")
        self.status = status
        self.code = code
        self.said = said
        self.retry_after = retry_after

    @property
    def is_token(self) -> bool:
        return self.code in _BAD_TOKEN or (self.code is None and self.status == HTTPStatus.UNAUTHORIZED)

    @property
    def wait_seconds(self) -> float | None:
        """Until the next try; None where trying again cannot help."""
        if self.code == PAIR_RATE:
            return self.retry_after or PAIR_WAIT_SECONDS
        if self.code == _SPAM_RATE:
            return self.retry_after or _SPAM_WAIT_SECONDS
        if self.code in _RATE_LIMITED or self.status == HTTPStatus.TOO_MANY_REQUESTS:
            return self.retry_after or _RATE_WAIT_SECONDS
        if self.is_token:
            return TOKEN_WAIT_SECONDS
        if self.code in _TRANSIENT or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.retry_after or 1.0
        return None


class UnreachableError(Exception):
    """No answer came. `sent`: the request may have arrived."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(f"WhatsApp cannot be reached: {reason}")
        self.reason = reason
        self.sent = sent


def explained(code: int | None, said: str = "") -> str:
    """What the owner can do, else what Meta says; with the code."""
    if code is None:
        return said or "no reason"
    advice = ADVICE.get(code) or ("the access token may not do this" if 200 <= code <= 299 else "")
    detail = f"; Meta says: {said}" if said and code in {100, 131008, 131009} else ""
    return f"{advice or said or 'no reason'}{detail} (WhatsApp error {code})"


def sending(error: RefusalError | UnreachableError, to: Address) -> DeliveryError | AmbiguousDeliveryError:
    """What became of a message."""
    if isinstance(error, UnreachableError):
        if error.sent:
            return AmbiguousDeliveryError(to, error.reason)
        return DeliveryError(to, f"no connection: {error.reason}", retry_after=1.0)
    gave_up = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and error.code is None
    if gave_up and error.status != HTTPStatus.SERVICE_UNAVAILABLE:
        # Somebody between us and Meta does not know what became of it.
        return AmbiguousDeliveryError(to, f"WhatsApp answered {error.status}")
    return DeliveryError(to, explained(error.code, error.said), retry_after=error.wait_seconds)


def receiving(error: RefusalError | UnreachableError, place: str) -> ChannelError:
    """`place` is the account's part of the config."""
    if isinstance(error, RefusalError) and error.is_token:
        return ChannelError(
            f"Meta refused {place}.accessToken: make a new one for a system user in the Business settings and set it"
        )
    wait = error.wait_seconds if isinstance(error, RefusalError) else None
    return ChannelError(str(error), wait_seconds=wait)
