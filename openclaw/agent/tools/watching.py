"""Tools that run for long are told of: for how long, and what they last said."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from openclaw.agent.tools.base import Scene
from openclaw.types.clock import Clock
from openclaw.types.conversation import ToolCall
from openclaw.types.events import ToolProgressed

Emit = Callable[[ToolProgressed], Awaitable[None]]

EVERY_SECONDS = 1.0
LONGEST_WORDS = 500


@dataclass(slots=True)
class _Watched:
    call: ToolCall
    since: float
    said: str = ""


class Watch:
    """Of calls that run side by side. Once a second, whatever they say; one that is quick is never told of."""

    def __init__(self, scene: Scene, emit: Emit, clock: Clock, calls: int) -> None:
        self._scene = scene
        self._emit = emit
        self._clock = clock
        self._left = calls
        self._running: dict[str, _Watched] = {}
        self._over = anyio.Event()

    def begin(self, call: ToolCall) -> Callable[[str], None]:
        """What the call says goes to the answer. Never waits."""
        watched = self._running[call.id] = _Watched(call, self._clock.monotonic())

        def tell(words: str) -> None:
            watched.said = words[-LONGEST_WORDS:]

        return tell

    def end(self, call: ToolCall) -> None:
        self._running.pop(call.id, None)
        self._left -= 1
        if self._left == 0:
            self._over.set()

    async def run(self) -> None:
        """Until every call has ended."""
        while not self._over.is_set():
            with anyio.move_on_after(EVERY_SECONDS):
                await self._over.wait()
                return
            for watched in list(self._running.values()):
                seconds = self._clock.monotonic() - watched.since
                if seconds >= EVERY_SECONDS / 2:
                    await self._emit(self._told(watched, seconds))

    def _told(self, watched: _Watched, seconds: float) -> ToolProgressed:
        call, scene = watched.call, self._scene
        return ToolProgressed(
            scene.run_id, scene.session_key, call.id, call.name, watched.said, round(seconds * 1000)
        )
