"""A call as it goes on: what is said next, and whether we then listen, hold, put through or hang up. Pure."""

from dataclasses import dataclass, replace
from typing import Literal

MAX_SILENCES = 2
"""So often a silent caller is asked again."""
PATIENCE_SECONDS = 90.0
"""How long a caller is kept waiting for one answer."""
_REMINDER_EVERY = 5
"""Holds, of some five seconds each."""

MOMENT = "One moment, please."
STILL = "I am still working on it."
BACK = "I was interrupted for a moment. I am still here."
TOO_LONG = "I am sorry, this takes longer than I thought. You can ask me something else, or stay on the line."
NOTHING = "I have nothing to say to that. Is there anything else?"
STILL_THERE = (
    "Are you still there? I am listening.",
    "I cannot hear you. Please say something, or press a key.",
)
GOODBYE = "Goodbye."
TIME_IS_UP = "I am sorry, this call has reached its longest time. Goodbye."
NOBODY_THERE = "Nobody answers there. Is there anything else I can do for you?"
RECORDED = "This call is recorded."
NOT_TAKEN = "I am sorry, I cannot take calls from this number. Goodbye."
FAILED = "I am sorry, something went wrong on my side. Please call again later."
NO_ROOM = "I am sorry, I cannot note anything down at the moment. Please call again later."

Then = Literal["listen", "hold", "forward", "hang_up"]
Wish = Literal["forward", "hang_up"]
"""What the assistant wants done once its words are said."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the owner's file says about calls."""

    greeting: str
    most_seconds: int
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    sid: str
    peer: str
    ours: str
    outbound: bool
    began_at: int
    """In seconds since 1970."""
    turn: int = 0
    """Of the last address that was given to Twilio."""
    silences: int = 0
    asked_at: float | None = None
    """Since when an answer is awaited, in seconds that never jump."""
    holds: int = 0
    told: bool = False
    """Whether something was said since then already."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What the house has for the call by now."""

    text: str = ""
    before: str = ""
    """What had come before the question that is awaited, and was not said yet."""
    wish: Wish | None = None
    over: bool = False
    """Nothing more will come: the turn has ended."""
    failure: str = ""
    """Why the words could not be taken."""
    working: bool = False
    """The turn goes on: its answer is still to come, whatever has come meanwhile."""


@dataclass(frozen=True, slots=True)
class Move:
    call: Call
    then: Then
    words: str = ""
    """The assistant's, in the language of the call."""
    line: str = ""
    """The house's own, in English; said after the words."""


def begun(call: Call, plan: Plan) -> Move:
    """An incoming call is greeted; whom we have called has heard our message already."""
    if call.outbound:
        return Move(call, "listen")
    return Move(call, "listen", plan.greeting, RECORDED if plan.recorded else "")


def heard(call: Call, now: float) -> Call:
    return replace(call, silences=0, asked_at=now, holds=0, told=False)


def answered(call: Call, mail: Mail, now: float) -> Move:
    """While an answer is awaited."""
    if mail.failure:
        return Move(_at_rest(call), "hang_up", mail.before, mail.failure)
    words = f"{mail.before} {mail.text}".strip()
    if (mail.text and not mail.working) or (mail.over and mail.wish is not None):
        return _told(call, words, mail.wish)
    if mail.over:
        return Move(_at_rest(call), "listen", words, "" if words or call.told else NOTHING)
    if call.asked_at is not None and now - call.asked_at >= PATIENCE_SECONDS:
        return Move(_at_rest(call), "listen", words, TOO_LONG)
    line = MOMENT if call.holds == 0 and not words else _reminder(call)
    return Move(replace(call, holds=call.holds + 1, told=call.told or bool(words)), "hold", words, line)


def resumed(call: Call, now: float) -> Move:
    """An answer was awaited when the daemon ended; the turn that makes it is taken up again."""
    return Move(replace(call, asked_at=now, holds=1), "hold", "", BACK)


def silent(call: Call, mail: Mail) -> Move:
    """Nothing was said. What has come meanwhile is told first."""
    words = f"{mail.before} {mail.text}".strip()
    if mail.working:
        # Whoever waits for an answer has every right to be silent.
        return Move(replace(call, silences=0, holds=call.holds + 1), "listen", words, _reminder(call))
    if words or mail.wish is not None:
        return _told(call, words, mail.wish)
    if call.silences >= MAX_SILENCES:
        return Move(call, "hang_up", "", GOODBYE)
    return Move(replace(call, silences=call.silences + 1), "listen", "", STILL_THERE[call.silences])


def forwarded(call: Call, dial_status: str) -> Move:
    """Back from whom the call was put through to."""
    if dial_status in {"completed", "answered"}:
        return Move(call, "hang_up")
    return Move(_at_rest(call), "listen", "", NOBODY_THERE)


def limited(move: Move, plan: Plan, now: int) -> Move:
    """No call goes on for longer than the owner's file lets it; who is put through is not ours any more."""
    if move.then in {"listen", "hold"} and now - move.call.began_at >= plan.most_seconds:
        return replace(move, then="hang_up", line=TIME_IS_UP)
    return move


def _told(call: Call, words: str, wish: Wish | None) -> Move:
    if wish == "hang_up" and not words:
        return Move(_at_rest(call), "hang_up", "", GOODBYE)
    return Move(_at_rest(call), wish or "listen", words)


def _reminder(call: Call) -> str:
    return STILL if call.holds and call.holds % _REMINDER_EVERY == 0 else ""


def _at_rest(call: Call) -> Call:
    return replace(call, asked_at=None, holds=0, silences=0, told=False)
