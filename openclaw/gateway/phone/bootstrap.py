"""The first sender's trust: while nobody has ever been listed, for a short while after the telephone was set up.

A number can be forged, so it brings answers and never authority, the owner is told, and one command takes it back.
"""

from openclaw.gateway.phone.numbers import Marks, NumberBook
from openclaw.types import e164
from openclaw.types.clock import Clock

SINCE = "sms-since"
"""The mark of the first start with texts set up: from then on the window is counted."""
TRUSTED = "bootstrap-trusted"
"""The mark of the event whose sender was trusted. There is only one, ever."""
BY = "bootstrap"


class Bootstrap:
    def __init__(self, book: NumberBook, marks: Marks, clock: Clock, window_minutes: float | None) -> None:
        """`window_minutes=None`: switched off."""
        self._book = book
        self._marks = marks
        self._clock = clock
        self._window = window_minutes

    def adopt(self, window_minutes: float | None) -> None:
        self._window = window_minutes

    async def begin(self) -> None:
        """At the start, with texts set up."""
        await self._marks.keep(SINCE, str(self._clock.now_ms()))

    async def trusts(self, number: str, event_key: str, received_at: int) -> bool:
        """Lists the number when it is the first. The same event is told the same again, after a crash too."""
        if await self._marks.find(TRUSTED) == event_key:
            await self._book.add(number, BY)
            return True
        # Names and short codes text first where a number is new, and cannot be listed.
        if e164.parse(number) is None or not await self._is_open(received_at):
            return False
        # Claimed first: a crash behind it comes here again with the same event, and nobody else ever does.
        if await self._marks.keep(TRUSTED, event_key) != event_key:
            return False
        await self._book.add(number, BY)
        return True

    async def open_until(self) -> int | None:
        """Until when the first sender would be trusted; None when nobody is any more."""
        now = self._clock.now_ms()
        if self._window is None or not await self._is_open(now):
            return None
        since = await self._marks.find(SINCE)
        return int(int(since) + self._window * 60_000) if since is not None else None

    async def _is_open(self, at: int) -> bool:
        # A list that cannot be read is no empty one.
        if self._window is None or await self._book.was_filled() or self._book.fault:
            return False
        if await self._marks.find(TRUSTED) is not None:
            return False
        since = await self._marks.find(SINCE)
        return since is not None and 0 <= at - int(since) <= self._window * 60_000


def announcement(number: str, minutes: float) -> str:
    return (
        f"{number} was the first to text your number and is now authorised: it gets answers by SMS, with your notes "
        f"and recent conversations in view, but never your authority. (This happens once, within {minutes:g} minutes "
        "after SMS was set up.) If that was not you, take it back at once:\n"
        f"openclaw phone numbers remove {number}"
    )
