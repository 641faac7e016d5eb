"""Shows what happens in the house to every connection: bus events in, frames of the original's shapes out."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

from openclaw.bus import Bus, Gap
from openclaw.types.events import ChannelChanged, Event, SessionChanged, Stopping
from openclaw.web.desk import Desk
from openclaw.web.rpc import frames
from openclaw.web.rpc.feed import Feed
from openclaw.web.rpc.handshake import TICK_SECONDS, Caller
from openclaw.web.rpc.narration import TURN_EVENTS, Narrator, Told, is_turn_event
from openclaw.web.rpc.sessions import agent_of

logger = logging.getLogger(__name__)
EVENTS = ("connect.challenge", "agent", "chat", "health", "sessions.changed", "shutdown", "tick")
WATCH_DEPTH = 4096


@dataclass(frozen=True, slots=True)
class Listener:
    caller: Caller
    feed: Feed


class Broadcast:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._listeners: dict[str, Listener] = {}
        self._narrator = Narrator()
        self._seq = 0
        self.versions = {"presence": 1, "health": 1}

    @contextmanager
    def joined(self, listener: Listener) -> Iterator[None]:
        self._listeners[listener.caller.connection] = listener
        try:
            yield
        finally:
            del self._listeners[listener.caller.connection]

    async def run(self, bus: Bus) -> None:
        """Until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._tick)
            kinds = (*TURN_EVENTS, SessionChanged, ChannelChanged, Stopping)
            await bus.watch("the control plane", self.see, *kinds, depth=WATCH_DEPTH)

    async def see(self, event: Event | Gap) -> None:
        now = time.time_ns() // 1_000_000
        match event:
            case Gap():
                self._tell_all(self._narrator.catch_up(self._desk.run, now))
            case SessionChanged():
                changed = {"sessionKey": event.session_key, "agentId": agent_of(event.session_key)}
                self.broadcast("sessions.changed", changed | {"reason": event.reason, "ts": now})
            case ChannelChanged():
                self.versions["health"] += 1
                health = await self._desk.health()
                self.broadcast("health", {"ok": True, "ts": now, **health}, versions=True)
            case Stopping():
                self.broadcast("shutdown", {"reason": event.reason})
            case _ if is_turn_event(event):
                self._tell_all(self._narrator.tell(event, now, anyio.current_time()))
            case _:
                pass

    def broadcast(self, name: str, payload: Mapping[str, object], *, versions: bool = False) -> None:
        self._send(Told(name, payload), self.versions if versions else None)

    def _tell_all(self, told: Iterator[Told]) -> None:
        for item in told:
            self._send(item, None)

    def _send(self, told: Told, versions: Mapping[str, int] | None) -> None:
        readers = [
            listener
            for listener in self._listeners.values()
            if listener.caller.may("operator.read") and (told.cap is None or told.cap in listener.caller.caps)
        ]
        seq = None
        if told.cap is None:
            self._seq += 1
            seq = self._seq
        if not readers:
            return
        frame = frames.event(told.name, told.payload, seq, versions)
        for listener in readers:
            listener.feed.offer(frame, droppable=told.droppable)

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(TICK_SECONDS)
            self.broadcast("tick", {"ts": time.time_ns() // 1_000_000})
