"""`/stop`: what a session is doing ends at once, and what waits for it ends unanswered."""

from collections.abc import Sequence
from dataclasses import dataclass

from openclaw.bus import Bus
from openclaw.gateway.commands.parts import Aborts
from openclaw.gateway.runs import Runs
from openclaw.gateway.waiting import WaitingRoom
from openclaw.store.ledger import Ledger
from openclaw.types.events import MessageReceived, TraceRecorded, TurnFinished


@dataclass(frozen=True, slots=True)
class Stopper:
    ledger: Ledger
    room: WaitingRoom
    runs: Runs
    bus: Bus
    at_work: Sequence[Aborts]
    """All that works in a session's lane."""

    async def stop(self, session_key: str, run_id: str | None = None) -> list[str]:
        """The ids of the runs that were stopped. `run_id`: none but this one."""
        rows = await self.ledger.waiting(session_key, 10_000)
        rows = [row for row in rows if run_id in (None, row.run_id)]
        waiting = [row for row in rows if row.state == "queued"]
        # First what waits: a turn that begins in between is under way by then, and is stopped with the rest.
        await self.ledger.sort([], [self.room.ended(row, "ignored", "stopped") for row in waiting])
        stopped = sum(worker.abort(session_key, run_id=run_id) for worker in self.at_work)
        for row in waiting:
            ended = TurnFinished(row.run_id, session_key, "aborted", "", "stopped")
            self.runs.finished(ended)
            await self.bus.publish(ended)
            await self.bus.publish(TraceRecorded(row.trace_id, "ignored"))
        if any(row.event.mail_to is not None for row in waiting):
            await self.bus.publish(MessageReceived())
        running = [row.run_id for row in rows if row.state == "running"] if stopped else []
        return [*running, *(row.run_id for row in waiting)]

    def leave(self, run_id: str) -> None:
        """Whoever asked for this run is gone. What else its session does goes on."""
        run = self.runs.find(run_id)
        if run is None or run.ended is not None:
            return
        # One that has not begun ends unanswered when its turn comes: nobody awaits it.
        self.runs.forget(run_id)
        for worker in self.at_work:
            worker.abort(run.session_key, "client_gone", run_id)


def told(stopped: int) -> str:
    """Pure."""
    match stopped:
        case 0:
            return "Nothing was under way."
        case 1:
            return "Stopped."
        case _:
            return f"Stopped: {stopped} messages will not be answered."
