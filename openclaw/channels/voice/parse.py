"""What Twilio posts about a call → our types. Pure; never raises for what a request holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from openclaw.types import e164
from openclaw.types.messages import Address, Arrival, Inbound, Quoted, Sender, Unusable

CHANNEL = "voice"
ACCOUNT = "default"
ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
UNHEARD = ENDED - {"completed"}
"""Nobody has spoken with us."""
STATUSES = ENDED | {"queued", "initiated", "ringing", "in-progress", "answered"}
_CALL = re.compile(r"CA[0-9A-Za-z]{8,62}", re.ASCII)
_RECORDING = re.compile(r"RE[0-9A-Za-z]{8,62}", re.ASCII)
_TRANSCRIPTION = re.compile(r"TR[0-9A-Za-z]{8,62}", re.ASCII)
_LONGEST_WORDS = 4000
_LONG_SECONDS = 10**7


@dataclass(frozen=True, slots=True)
class Report:
    """One request of a call, whichever way it went."""

    sid: str
    peer: str
    """The other one's number; empty when it is withheld or none. A claim: anyone can send from any number."""
    ours: str
    outbound: bool
    status: str
    words: str = ""
    """What was said, or the keys that were pressed; empty for silence."""
    dial_status: str = ""
    """How it went with whom the call was put through to."""
    dial_sid: str = ""
    dial_duration: int | None = None
    """Of the call to them, which costs what every call does."""
    sequence: int | None = None
    duration: int | None = None
    """In seconds, once it is over."""

    @property
    def from_number(self) -> str:
        return self.ours if self.outbound else self.peer

    @property
    def to_number(self) -> str:
        return self.peer if self.outbound else self.ours


@dataclass(frozen=True, slots=True)
class Recorded:
    sid: str
    call: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Transcribed:
    sid: str
    call: str
    recording: str
    text: str
    failed: bool


def read_report(form: Mapping[str, str]) -> Report | None:
    """None where there is no call that it could be about."""
    if not _CALL.fullmatch(sid := form.get("CallSid", "")):
        return None
    outbound = form.get("Direction", "inbound").startswith("outbound")
    caller, called = _number(form.get("From")), _number(form.get("To"))
    return Report(
        sid,
        called if outbound else caller,
        caller if outbound else called,
        outbound,
        form.get("CallStatus", "").lower()[:20],
        _words(form),
        form.get("DialCallStatus", "").lower()[:20],
        form.get("DialCallSid", "") if _CALL.fullmatch(form.get("DialCallSid", "")) else "",
        _whole(form.get("DialCallDuration")),
        _whole(form.get("SequenceNumber")),
        _whole(form.get("CallDuration")),
    )


def read_recorded(form: Mapping[str, str]) -> Recorded | None:
    call, sid = form.get("CallSid", ""), form.get("RecordingSid", "")
    if not _CALL.fullmatch(call) or not _RECORDING.fullmatch(sid):
        return None
    return Recorded(sid, call, form.get("RecordingStatus", "completed") == "completed")


def read_transcribed(form: Mapping[str, str]) -> Transcribed | None:
    call, sid, recording = (form.get(name, "") for name in ("CallSid", "TranscriptionSid", "RecordingSid"))
    if not _CALL.fullmatch(call) or not _TRANSCRIPTION.fullmatch(sid):
        return None
    if not _RECORDING.fullmatch(recording):
        recording = ""
    failed = form.get("TranscriptionStatus") == "failed"
    return Transcribed(sid, call, recording, form.get("TranscriptionText", ""), failed)


def utterance(report: Report, turn: int, raw: bytes, now: int, *, answers: str = "") -> Arrival:
    """What was said in one turn of a call. Repeated, it is the same arrival. `answers`: words of ours."""
    message = Inbound(
        channel=CHANNEL,
        # Without a number of his own a caller is nobody we know, and has a conversation of his own.
        sender=Sender(report.peer or f"withheld-{report.sid.lower()}"),
        text=report.words,
        sent_at=now,
        account=ACCOUNT,
        reply_to=Address(CHANNEL, report.peer or f"withheld-{report.sid.lower()}", ACCOUNT, report.sid),
        message_id=f"{report.sid}.{turn}",
        quoted=Quoted(Sender(report.ours), answers, own=True) if answers else None,
    )
    return Arrival(f"{CHANNEL}:{ACCOUNT}:{report.sid}:{turn}", CHANNEL, ACCOUNT, raw, message)


def happening(ref: str, what: str, raw: bytes) -> Arrival:
    """What is to be remembered as having come, and is answered by nobody."""
    return Arrival(f"{CHANNEL}:{ACCOUNT}:{ref}", CHANNEL, ACCOUNT, raw, Unusable(what))


def noted_turn(sid: str, query: Mapping[str, str]) -> str:
    """The key under which a request of the call itself is remembered."""
    turn = query.get("turn", "")
    return f"{CHANNEL}:{ACCOUNT}:{sid}:{turn if turn.isascii() and turn.isdecimal() else 'begin'}"


def _words(form: Mapping[str, str]) -> str:
    if speech := " ".join(form.get("SpeechResult", "").split()):
        return speech[:_LONGEST_WORDS]
    digits = "".join(char for char in form.get("Digits", "") if char in "0123456789*#")
    return f"[pressed on the keypad: {digits[:100]}]" if digits and form.get("Digits") != "hangup" else ""


def _number(text: str | None) -> str:
    return e164.parse(text or "") or ""


def _whole(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 12:
        return None
    return min(int(text), _LONG_SECONDS)
