"""The calls under way, each with the words that wait to be said in it. Only in memory: calls are short."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from openclaw.channels.voice.talk import Call, Mail, Wish
from openclaw.types.clock import Clock

STALE_SECONDS = 300.0
"""Twilio asks again within two minutes at the most, unless the caller is put through to somebody."""
MOST_LINES = 1000
QUIET_SECONDS = 1.5
"""After the work on an answer, until it is believed that none comes: it has to pass the outbox."""
UNHEARD_SECONDS = 20.0
"""After a question, until it is believed that nobody works on it: the house answers not everybody."""
UNSEEN_SECONDS = 150.0
"""After which a call is no place for new words, though nobody has told us of its end."""
KEPT_ANSWERS = 4


@dataclass(slots=True)
class Letter:
    text: str
    settled: anyio.Event = field(default_factory=anyio.Event)
    told: bool = False


class Line:
    """One call."""

    def __init__(self, call: Call, clock: Clock) -> None:
        self.call = call
        self.lock = anyio.Lock()
        self.ended = False
        self.owed = False
        """After a restart: Twilio has come for an answer, so it had not been given one."""
        self.introduced = not call.outbound
        """Whether the assistant knows why it is talking with this person."""
        self.seen_at = clock.monotonic()
        self._clock = clock
        self._answers: dict[int, bytes] = {}
        self._early: list[Letter] = []
        self._letters: list[Letter] = []
        self._wish: Wish | None = None
        self._failure = ""
        self._working = 0
        self._idle_since: float | None = None
        self._asked_at: float | None = None
        self._news = anyio.Event()

    # -- what Twilio has been told --------------------------------------------------------------------

    def answer_to(self, turn: int) -> bytes | None:
        return self._answers.get(turn)

    def keep_answer(self, turn: int, answer: bytes) -> None:
        self._answers[turn] = answer
        while len(self._answers) > KEPT_ANSWERS:
            del self._answers[min(self._answers)]

    # -- what the house has for the caller ------------------------------------------------------------

    def post(self, text: str) -> Letter:
        letter = Letter(text)
        self._letters.append(letter)
        self._tell()
        return letter

    def withdraw(self, letter: Letter) -> None:
        for kept in (self._early, self._letters):
            if letter in kept:
                kept.remove(letter)

    def wish(self, wish: Wish) -> None:
        self._wish = wish

    def fail(self, line: str) -> None:
        self._failure = line
        self._tell()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around the work on an answer."""
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._idle_since = self._clock.monotonic()
            self._tell()

    def end(self) -> None:
        """The call is over: what was not said yet never will be."""
        self.ended = True
        for letter in (*self._early, *self._letters):
            letter.settled.set()
        self._early, self._letters = [], []
        self._tell()

    # -- how the call goes on -------------------------------------------------------------------------

    def ask(self) -> None:
        """A new question: what has come by now answers an older one."""
        self._early += self._letters
        self._letters, self._idle_since, self._asked_at = [], None, self._clock.monotonic()

    def take(self) -> Mail:
        """All there is. Contract: nothing is awaited between this and `keep_answer`, or words would get lost."""
        # A wish is for after the answer, and words on the way to it are not the answer.
        working = self._working > 0
        wish = None if working else self._wish
        mail = Mail(
            _text(self._letters), _text(self._early), wish, self._is_over(), self._failure, working=working
        )
        if not working and (mail.text or mail.over):
            self._wish = None
        for letter in (*self._early, *self._letters):
            letter.told = True
            letter.settled.set()
        self._early, self._letters = [], []
        return mail

    async def wait_for_news(self, seconds: float) -> None:
        """Returns as soon as there is something to say, or it is sure that nothing comes."""
        until = self._clock.monotonic() + seconds
        while not (self._letters or self._failure or self._is_over() or self.ended):
            now = self._clock.monotonic()
            if now >= until:
                return
            over_at = self._over_at()
            wake_at = until if over_at is None else min(until, over_at)
            with anyio.move_on_after(max(wake_at - now, 0.001)):
                await self._news.wait()

    def _is_over(self) -> bool:
        over_at = self._over_at()
        return over_at is not None and self._clock.monotonic() >= over_at

    def _over_at(self) -> float | None:
        """When it may be believed that no answer comes; None while there is work on it."""
        if self._working:
            return None
        if self._idle_since is not None:
            return self._idle_since + QUIET_SECONDS
        return None if self._asked_at is None else self._asked_at + UNHEARD_SECONDS

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()


class Switchboard:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[str, Line] = {}
        self._opened = anyio.Event()

    def find(self, sid: str) -> Line | None:
        return self._lines.get(sid)

    def live(self, sid: str) -> Line | None:
        line = self._lines.get(sid)
        return None if line is None or line.ended else line

    def with_peer(self, peer: str) -> Line | None:
        """The call with this number that is under way now, if any."""
        since = self._clock.monotonic() - UNSEEN_SECONDS
        calls = (line for line in self._lines.values() if line.call.peer == peer and not line.ended)
        return next((line for line in calls if line.seen_at >= since), None)

    def open(self, call: Call) -> Line:
        self._forget_stale()
        line = self._lines[call.sid] = Line(call, self._clock)
        self._opened.set()
        self._opened = anyio.Event()
        return line

    async def until_live(self, sid: str) -> Line:
        """After a restart a call is known once its next request has come."""
        while (line := self.live(sid)) is None:
            await self._opened.wait()
        return line

    def end(self, sid: str) -> None:
        if (line := self._lines.get(sid)) is not None:
            line.end()

    def _forget_stale(self) -> None:
        before = self._clock.monotonic() - STALE_SECONDS
        stale = [sid for sid, line in self._lines.items() if line.seen_at < before]
        for sid in (*stale, *list(self._lines)[: max(0, len(self._lines) - MOST_LINES)]):
            if (line := self._lines.pop(sid, None)) is not None:
                line.end()


def _text(letters: list[Letter]) -> str:
    return " ".join(letter.text for letter in letters)
