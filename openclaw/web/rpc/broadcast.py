"""Shows what happens in the house to every connection: bus events in, frames of the original's shapes out."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from openclaw.bus import Bus, Gap
from openclaw.gateway.work_board import shown as shown_work
from openclaw.types.events import (
    Alerted,
    ApprovalRequested,
    ApprovalResolved,
    ChannelChanged,
    ConfigChanged,
    DeviceAsked,
    DeviceSettled,
    Event,
    JobChanged,
    SessionChanged,
    Stopping,
    TraceRecorded,
    WorkTold,
)
from openclaw.web.desk import House
from openclaw.web.rpc import frames
from openclaw.web.rpc.approvals import APPROVAL_EVENTS, approval_told
from openclaw.web.rpc.devices import DEVICE_EVENTS, device_told
from openclaw.web.rpc.feed import Feed
from openclaw.web.rpc.handshake import TICK_SECONDS, Caller
from openclaw.web.rpc.narration import TURN_EVENTS, Narrator, Told, is_turn_event
from openclaw.web.rpc.sessions import agent_of

logger = logging.getLogger(__name__)
EVENTS = (
    "connect.challenge", "agent", "alert", "chat", "config.changed", "cron", "device.pair.requested",
    "device.pair.resolved", "exec.approval.requested", "exec.approval.resolved", "health", "presence",
    "sessions.changed", "shutdown", "tick", "trace", "work",
)  # fmt: skip
WATCH_DEPTH = 4096


@dataclass(frozen=True, slots=True)
class Listener:
    caller: Caller
    feed: Feed
    presence: Mapping[str, object] = field(default_factory=dict)
    """As the others are told of it."""


class Broadcast:
    def __init__(self, house: House) -> None:
        self._desk = house.desk
        self._presence = house.office.presence
        self._listeners: dict[str, Listener] = {}
        self._narrator = Narrator()
        self._seq = 0
        self._health = 1
        self._behind = anyio.Event()

    @contextmanager
    def joined(self, listener: Listener) -> Iterator[None]:
        name = listener.caller.connection
        # The newcomer has been told already who is here.
        self._presence.enter(name, listener.presence)
        self._tell_presence()
        self._listeners[name] = listener
        try:
            yield
        finally:
            del self._listeners[name]
            self._presence.leave(name)
            self._tell_presence()

    def versions(self) -> Mapping[str, int]:
        return {"presence": self._presence.version, "health": self._health}

    def _tell_presence(self) -> None:
        self.broadcast("presence", {"presence": self._presence.listing()}, versions=True)

    async def run(self, bus: Bus) -> None:
        """Until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._tick)
            tasks.start_soon(self._pace)
            kinds = (
                *TURN_EVENTS, SessionChanged, ChannelChanged, *APPROVAL_EVENTS, *DEVICE_EVENTS, JobChanged,
                TraceRecorded, Alerted, WorkTold, ConfigChanged, Stopping,
            )  # fmt: skip
            await bus.watch("the control plane", self.see, *kinds, depth=WATCH_DEPTH)

    async def see(self, event: Event | Gap) -> None:
        now = time.time_ns() // 1_000_000
        match event:
            case Gap():
                self._tell_all(self._narrator.catch_up(self._desk.run, now))
            case ChannelChanged():
                self._health += 1
                health = await self._desk.health()
                self.broadcast("health", {"ok": True, "ts": now, **health}, versions=True)
            case _ if is_turn_event(event):
                self._tell_all(self._narrator.tell(event, now, anyio.current_time()))
                if self._narrator.due is not None:
                    self._behind.set()
            case _ if (told := told_of(event, now)) is not None:
                if isinstance(event, WorkTold):
                    self._tell_all(self._narrator.summed_up(event, now))
                self._send(told, None)
            case _:
                pass

    def broadcast(self, name: str, payload: Mapping[str, object], *, versions: bool = False) -> None:
        self._send(Told(name, payload), self.versions() if versions else None)

    def _tell_all(self, told: Iterator[Told]) -> None:
        for item in told:
            self._send(item, None)

    def _send(self, told: Told, versions: Mapping[str, int] | None) -> None:
        readers = [
            listener
            for listener in self._listeners.values()
            if listener.caller.may(told.scope) and (told.cap is None or told.cap in listener.caller.caps)
        ]
        seq = None
        if told.cap is None and told.scope == "operator.read":
            self._seq += 1
            seq = self._seq
        if not readers:
            return
        frame = frames.event(told.name, told.payload, seq, versions)
        for listener in readers:
            listener.feed.offer(frame, droppable=told.droppable)

    async def _pace(self) -> None:
        """What came faster than it is told is told a little later, also when nothing more comes."""
        while True:
            await self._behind.wait()
            self._behind = anyio.Event()
            while (due := self._narrator.due) is not None:
                await anyio.sleep(max(0.0, due - anyio.current_time()))
                self._tell_all(self._narrator.flush(time.time_ns() // 1_000_000, anyio.current_time()))

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(TICK_SECONDS)
            self.broadcast("tick", {"ts": time.time_ns() // 1_000_000})


def told_of(event: Event, now: int) -> Told | None:
    """Pure. Of what is told as it is, without looking at anything else."""
    match event:
        case SessionChanged():
            changed = {"sessionKey": event.session_key, "agentId": agent_of(event.session_key)}
            return Told("sessions.changed", changed | {"reason": event.reason, "ts": now})
        case ApprovalRequested() | ApprovalResolved():
            return approval_told(event)
        case DeviceAsked() | DeviceSettled():
            return device_told(event)
        case ConfigChanged(changed, waiting, fault):
            config = {"changed": list(changed), "restartRequired": list(waiting), "fault": fault, "ts": now}
            return Told("config.changed", config)
        case JobChanged():
            return Told("cron", job_told(event))
        case TraceRecorded():
            return Told("trace", {"id": event.trace_id, "outcome": event.outcome, "ts": now})
        case Alerted():
            return Told("alert", {"kind": event.kind, "text": event.text, "ts": event.at})
        case WorkTold():
            return Told("work", shown_work(event), droppable=event.phase == "goes-on")
        case Stopping():
            return Told("shutdown", {"reason": event.reason})
        case _:
            return None


def job_told(event: JobChanged) -> Mapping[str, object]:
    """Pure."""
    told: dict[str, object] = {"jobId": event.job_id, "action": event.action, "ts": event.at}
    more = {"status": event.status, "summary": event.summary[:500], "error": event.error[:500]}
    return told | {name: value for name, value in more.items() if value}
