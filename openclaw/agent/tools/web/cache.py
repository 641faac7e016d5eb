"""What was brought a moment ago."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from openclaw.types.clock import Clock

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    value: Value
    size: int
    until: float


class TtlCache(Generic[Value]):
    """Bounded by age and by size; what was not asked for the longest goes first."""

    def __init__(self, seconds: float, most: int, size: Callable[[Value], int], clock: Clock) -> None:
        self._seconds = seconds
        self._most = most
        self._size = size
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept[Value]] = OrderedDict()
        self._total = 0

    def get(self, key: Hashable) -> Value | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._clock.monotonic() >= kept.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.value

    def put(self, key: Hashable, value: Value) -> None:
        if key in self._kept:
            self._drop(key)
        size = self._size(value)
        if self._seconds <= 0 or size > self._most:
            return
        self._kept[key] = _Kept(value, size, self._clock.monotonic() + self._seconds)
        self._total += size
        while self._total > self._most:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        self._total -= self._kept.pop(key).size
