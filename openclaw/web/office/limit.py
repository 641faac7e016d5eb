"""How often one client may rewrite what the house runs on."""

from collections import OrderedDict
from dataclasses import dataclass, field

from openclaw.types.clock import Clock

MOST, WINDOW_SECONDS = 3, 60.0
MOST_REMEMBERED = 1024


@dataclass(slots=True)
class WriteLimit:
    """Of the last minute. The table is bounded: who was longest quiet is forgotten first."""

    clock: Clock
    _writes: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)

    def wait(self, who: str) -> float:
        """Counts one write; seconds to wait instead when there were too many."""
        now = self.clock.monotonic()
        recent = [at for at in self._writes.pop(who, []) if now - at < WINDOW_SECONDS]
        self._writes[who] = recent
        while len(self._writes) > MOST_REMEMBERED:
            self._writes.popitem(last=False)
        if len(recent) >= MOST:
            return WINDOW_SECONDS - (now - recent[0])
        recent.append(now)
        return 0.0
