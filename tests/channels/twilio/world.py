"""What a channel with telephone numbers is handed, as fakes that behave."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from openclaw.channels.twilio.config import TwilioConfig
from openclaw.channels.twilio.login import Login
from openclaw.types.errors import SecretError
from openclaw.types.phone import CallRow, PhoneRefusal, SmsRow
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeTwilio


@dataclass
class Secrets:
    """Knows plain values, and references by name."""

    values: dict[str, str] = field(default_factory=dict)
    fresh_reads: int = 0

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        self.fresh_reads += fresh
        if reference.is_plain:
            return Secret(reference.text)
        if reference.text not in self.values:
            raise SecretError(f"{reference.text} is not there")
        return Secret(self.values[reference.text])


@dataclass
class MemoryPhone:
    """Keeps what it is told, each sid once; raises what it is told to first."""

    texts: dict[str, SmsRow] = field(default_factory=dict)
    statuses: list[tuple[str, str, int | None]] = field(default_factory=list)
    calls: dict[str, CallRow] = field(default_factory=dict)
    events: list[tuple[str, str, str, str]] = field(default_factory=list)
    listening: dict[str, int] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    now: int = 0

    async def sms(self, row: SmsRow) -> bool:
        if self.failures:
            raise self.failures.pop(0)
        fresh = row.sid not in self.texts
        self.texts.setdefault(row.sid, row)
        return fresh

    async def sms_status(self, sid: str, status: str, error_code: int | None = None) -> bool:
        fresh = (sid, status, error_code) not in self.statuses
        self.statuses.append((sid, status, error_code))
        return fresh

    async def known_sms(self, sid: str) -> bool:
        return sid in self.texts

    async def sms_of(self, outbox_id: str) -> str | None:
        return next((row.sid for row in self.texts.values() if row.outbox_id == outbox_id), None)

    async def said_in(self, sid: str) -> str:
        return ""

    async def listening_since(self, channel: str, number: str) -> int:
        return self.listening.setdefault(number, self.now)

    async def call(self, row: CallRow) -> bool:
        fresh = row.sid not in self.calls
        self.calls.setdefault(row.sid, row)
        return fresh

    async def call_status(
        self,
        sid: str,
        status: str,
        *,
        sequence: int | None = None,
        duration: int | None = None,
        cost: float = 0.0,
    ) -> bool:
        self.statuses.append((sid, status, sequence))
        return True

    async def recording(self, sid: str, path: str) -> None:
        self.events.append(("voice", "recording", sid, path))

    async def happened(self, channel: str, kind: str, ref: str, summary: str) -> None:
        self.events.append((channel, kind, ref, summary))


@dataclass
class Refusals:
    told: list[PhoneRefusal] = field(default_factory=list)

    async def __call__(self, refusal: PhoneRefusal) -> None:
        self.told.append(refusal)

    def codes(self) -> Sequence[int]:
        return [refusal.code for refusal in self.told]


def twilio_config(twilio: FakeTwilio, **more: object) -> dict[str, object]:
    return {"accountSid": twilio.account_sid, "authToken": twilio.token, "apiRoot": twilio.url, **more}


def login(twilio: FakeTwilio, secrets: Secrets | None = None, **more: object) -> Login:
    config = TwilioConfig.model_validate(twilio_config(twilio, **more))
    return Login(config, secrets or Secrets(), "channels.sms")
