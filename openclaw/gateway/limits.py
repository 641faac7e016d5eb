"""`sendPolicy.*` and `budgets.*` of the config file."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field

from openclaw.schema import ConfigPart, Ids
from openclaw.sessions.config import SendAction, SessionSendMatch
from openclaw.types.unreadable import UNREADABLE

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")


def _readable(check: Callable[[Sequence[str]], tuple[str, ...]]) -> BeforeValidator:
    """A list of texts that `check` has looked at; what was switched off for a mistake stays that."""

    def read(value: object) -> object:
        texts = [value] if isinstance(value, str) else value
        if texts == [UNREADABLE] or not isinstance(texts, list | tuple):
            return texts
        return check([str(text).strip().lower() for text in texts])

    return BeforeValidator(read)


def _days(texts: Sequence[str]) -> tuple[str, ...]:
    if strange := [text for text in texts if text[:3] not in WEEKDAYS]:
        raise ValueError(f"{strange[0]!r} is no day: mon, tue, wed, thu, fri, sat, sun")
    return tuple(text[:3] for text in texts)


def _hours(texts: Sequence[str]) -> tuple[str, ...]:
    if not texts:
        return ()
    if len(texts) != 2 or not all(_CLOCK.fullmatch(text) for text in texts):
        raise ValueError('it must be two times of the day, ["22:00", "07:00"]')
    if minutes(texts[0]) == minutes(texts[1]):
        raise ValueError("begin and end are the same; leave hours out for the whole day")
    return tuple(texts)


def minutes(clock: str) -> int:
    """Of a day: `07:30` is 450."""
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _zone(value: object) -> object:
    if not isinstance(value, str) or value == UNREADABLE:
        return value
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("it is no time zone; write it as in Australia/Sydney") from None
    return value


class SendMatch(SessionSendMatch):
    """Every condition that is there must hold; of several texts one is enough."""

    sender: Ids = ()
    """The channel's ids, `821071206` or `telegram:821071206`."""
    days: Annotated[tuple[str, ...], _readable(_days)] = ()
    hours: Annotated[tuple[str, ...], _readable(_hours)] = ()
    """From and until, without the latter; over midnight it belongs to the day on which it began."""
    timezone: Annotated[str | None, BeforeValidator(_zone)] = None
    """None: `agents.defaults.userTimezone`."""


class SendRule(ConfigPart):
    action: SendAction = "deny"
    reply: str = ""
    """What a refused sender is told; empty: nothing."""
    match: SendMatch = SendMatch()


class SendPolicyConfig(ConfigPart):
    """Who may speak with the assistant, and when. The first rule that matches decides; without one it is allowed."""

    rules: tuple[SendRule, ...] = ()


def _dollars(value: object) -> object:
    return value.strip().lstrip("$").strip() if isinstance(value, str) else value


Dollars = Annotated[float, BeforeValidator(_dollars), Field(ge=0, allow_inf_nan=False)]


class BudgetsConfig(ConfigPart):
    """Hard caps in US dollars; None: no cap."""

    per_day: Dollars | None = None
    """The owner's day."""
    per_session: Dollars | None = None
    """Until the conversation begins anew."""
    per_turn: Dollars | None = None
    per_sender_per_hour: Dollars | None = None
    """In any sixty minutes."""
