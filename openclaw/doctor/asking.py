"""Questions to providers: each at addresses from the config, with a short limit, and their clocks are looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from openclaw.net.door import Door
from openclaw.net.fetched import Fetched, OutboundError
from openclaw.net.urls import parsed
from openclaw.types.clock import Clock

SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A provider's clock beside ours, in milliseconds since 1970."""

    host: str
    theirs: int
    ours: int

    @property
    def ahead_seconds(self) -> float:
        """How far our clock is ahead of theirs."""
        return (self.ours - self.theirs) / 1000


class Asking:
    def __init__(self, clock: Clock, *, allowed: bool = True, seconds: float = SECONDS) -> None:
        """`allowed`: whether the owner lets us ask at all."""
        self.allowed = allowed
        self.heard: list[Heard] = []
        self._clock = clock
        self._seconds = seconds
        self._door = Door()

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Any status that came. Raises OutboundError; its text never holds more of the URL than its server and path."""
        door = self._door.opened_for([url], timeout_seconds=self._seconds)
        answer = await door.get(url, headers=headers)
        if (at := moment(answer.headers.get("date"))) is not None:
            self.heard.append(Heard(parsed(url).host, at, self._clock.now_ms()))
        return answer

    async def aclose(self) -> None:
        await self._door.aclose()


def moment(date: str | None) -> int | None:
    """Milliseconds since 1970 of a `Date` header."""
    try:
        return round(parsedate_to_datetime(date).timestamp() * 1000) if date else None
    except (ValueError, TypeError):
        return None


def reason(error: OutboundError) -> str:
    """Why there was no answer, without the address: a token may be part of it."""
    return str(error).partition(": ")[2] or "no answer"
