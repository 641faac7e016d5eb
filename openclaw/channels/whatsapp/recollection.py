"""What a number remembers of its conversations while it lives. Nothing depends on it but comfort."""

from collections import OrderedDict
from typing import TypeVar

from openclaw.types.messages import Quoted, Sender

T = TypeVar("T")

WINDOW_MS = 24 * 3_600_000 - 60_000
"""After somebody's last message WhatsApp takes answers for a day; a minute of it is for the way."""
AD_WINDOW_MS = 72 * 3_600_000 - 60_000
"""Whoever came by an advertisement may be written to for longer."""
_MOST = 5_000
_LONGEST = 300


class Recollection:
    def __init__(self) -> None:
        self._said: OrderedDict[str, Quoted] = OrderedDict()
        self._heard: OrderedDict[str, tuple[str, int]] = OrderedDict()
        """By chat: the last message that came from there, and when."""
        self._open_until: OrderedDict[str, int] = OrderedDict()
        self._shut: set[str] = set()

    def note_said(self, message_id: str, sender: Sender, text: str, *, own: bool = False) -> None:
        _put(self._said, message_id, Quoted(sender, text.strip()[:_LONGEST], own))

    def recall(self, message_id: str) -> Quoted | None:
        return self._said.get(message_id)

    def note_heard(self, chat: str, message_id: str, at: int, *, window_ms: int = WINDOW_MS) -> None:
        before = self._heard.get(chat)
        self._shut.discard(chat)
        _put(self._open_until, chat, max(self._open_until.get(chat, 0), at + window_ms))
        if before is None or before[1] <= at:
            _put(self._heard, chat, (message_id, at))

    def last_heard(self, chat: str) -> str | None:
        found = self._heard.get(chat)
        return found[0] if found is not None else None

    def note_shut(self, chat: str) -> None:
        """The provider has said that it takes no more answers for now."""
        if len(self._shut) < _MOST:
            self._shut.add(chat)

    def is_shut(self, chat: str, now: int) -> bool:
        """False where it is not known: then the provider decides."""
        return chat in self._shut or now > self._open_until.get(chat, now)


def _put(memory: OrderedDict[str, T], key: str, value: T) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > _MOST:
        memory.popitem(last=False)
