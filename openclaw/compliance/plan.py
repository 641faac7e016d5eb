"""What a message is and where it goes, found out before anything is decided. Pure."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from openclaw.compliance.area_codes import TOLL_FREE, area_code, state_of
from openclaw.compliance.windows import Place
from openclaw.types import e164
from openclaw.types.dealings import Contact, Thread
from openclaw.types.sending import Facts, SendIntent

Aim = Literal["owner", "reply", "transactional", "marketing", "optout_confirm", "help_reply"]
"""What a message really is, whatever its author calls it."""
SenderKind = Literal["long", "toll-free", "short", "foreign"]

REPLY_MS = 24 * 3_600_000
CONFIRM_MS = 300_000
MOST_ZONES = 6
EVERYWHERE = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
_TERRITORIES = frozenset({"PR", "VI", "GU", "AS", "MP"})
_FREE = frozenset({"owner", "optout_confirm", "help_reply"})


@dataclass(frozen=True, slots=True)
class Plan:
    aim: Aim
    number: str | None
    """E.164; None where the address is none, as with conversations that a provider numbers itself."""
    region: str
    """`US`, which its territories count to; empty when unknown."""
    premium: bool
    """Whoever calls or texts it pays its owner."""
    place: Place
    sender: SenderKind
    sender_number: str
    segments: int
    inbound_age: int | None
    """Milliseconds since the message that this one answers."""

    @property
    def free(self) -> bool:
        """Neither quiet hours nor caps hold it up."""
        return self.aim in _FREE


def plan(intent: SendIntent, facts: Facts) -> Plan:
    dealings = facts.dealings
    contact, thread = (dealings.contact, dealings.thread) if dealings else (Contact(), Thread())
    number = e164.parse(intent.to.chat) or contact.number
    own = facts.rules.senders.get((intent.to.channel, intent.to.account), "")
    region, zones, premium = _whereabouts(number) if number else ("", (), False)
    age = _open_since(thread, facts.now)
    return Plan(
        aim_of(intent, facts, contact, thread),
        number,
        region,
        premium,
        Place(_zones(zones, number, contact, facts), _states(number, contact)),
        _kind(own),
        own,
        1 if intent.to.channel == "voice" else facts.rules.segments(intent.text),
        age,
    )


def aim_of(intent: SendIntent, facts: Facts, contact: Contact, thread: Thread) -> Aim:
    """The author's label is believed only as far as the ledger bears it out."""
    authorized = (e164.parse(intent.to.chat) or contact.number) in facts.authorized
    answers = _open_since(thread, facts.now) is not None
    match intent.purpose:
        case "campaign":
            return "marketing"
        case "optout_confirm":
            return "optout_confirm" if confirmable(contact, facts.now, intent.id) else "marketing"
        case _ if authorized:
            return "owner"
        case "help_reply":
            return "help_reply" if answers else "marketing"
        case "reply" | "owner":
            return "reply" if answers else "marketing"
        case "notice" | "message" | "api":
            return "reply" if answers else "transactional"


def confirmable(contact: Contact, now: int, name: str) -> bool:
    """Whether the one text that confirms an opt-out may still go: in time, and again if it did not get through."""
    newest = max(contact.opt_outs, key=lambda each: each.at, default=None)
    return (
        newest is not None
        and 0 <= now - newest.at <= CONFIRM_MS
        and all(each.confirmed_by in {"", name} for each in contact.opt_outs)
    )


def _open_since(thread: Thread, now: int) -> int | None:
    """How old the message is that may be answered. One that has an answer bears no second one."""
    if thread.answers is not None:
        came = thread.answers
    elif thread.newest_in is not None and (thread.last_out is None or thread.newest_in > thread.last_out):
        came = thread.newest_in
    else:
        return None
    return now - came if now - came <= REPLY_MS else None


@lru_cache(maxsize=4096)
def _whereabouts(number: str) -> tuple[str, tuple[str, ...], bool]:
    # Imported by the first message to a telephone: 30 ms that no other house pays.
    import phonenumbers
    from phonenumbers import timezone

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "", (), False
    region = phonenumbers.region_code_for_number(parsed) or ("US" if number.startswith("+1") else "")
    zones = tuple(zone for zone in timezone.time_zones_for_number(parsed) if zone != "Etc/Unknown")
    premium = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE
    return "US" if region in _TERRITORIES else region, zones, premium


def _zones(zones: tuple[str, ...], number: str | None, contact: Contact, facts: Facts) -> tuple[str, ...]:
    if contact.zone is not None:
        return (contact.zone,)
    domestic = number is None or number.startswith("+1")
    if not zones or (domestic and len(zones) > MOST_ZONES):
        return (facts.rules.zone,) if facts.rules.zone else EVERYWHERE
    return zones


def _states(number: str | None, contact: Contact) -> frozenset[str]:
    return frozenset(state for state in (state_of(number or ""), contact.state) if state)


def _kind(own: str) -> SenderKind:
    if not own:
        return "long"
    if area_code(own) in TOLL_FREE:
        return "toll-free"
    if own.isdigit() and len(own) <= 6:
        return "short"
    return "long" if own.startswith("+1") else "foreign"
