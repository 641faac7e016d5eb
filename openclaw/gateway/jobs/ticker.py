"""Sees when jobs and heartbeats are due: over jumps of the clock, and over a night's sleep of the machine."""

import logging
from collections.abc import Mapping
from dataclasses import replace

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup, TaskStatus

from openclaw.agent.tools.jobs import JobError
from openclaw.bus import Gap
from openclaw.gateway.jobs.errand import Due, run_key
from openclaw.gateway.jobs.heartbeat import Heartbeats, Pulse
from openclaw.gateway.jobs.job import At
from openclaw.gateway.jobs.moments import duration_ms
from openclaw.gateway.jobs.runs import JobParts, JobRuns, is_own_session
from openclaw.gateway.jobs.schedule import next_run
from openclaw.gateway.jobs.shapes import read_job
from openclaw.sessions.archives import prune
from openclaw.store.jobs import Begun, JobRow
from openclaw.types.errors import OpenClawError
from openclaw.types.events import Event, TraceRecorded, TurnFinished

logger = logging.getLogger(__name__)

NAP_SECONDS = 30.0
"""The longest: a timer does not run while the machine sleeps, and does not see that the clock was put right."""
AFTER_A_FAILURE_SECONDS = 5.0
JUMP_MS = 2_000
TIDY_MS = 3_600_000


class Ticker:
    def __init__(self, parts: JobParts, runs: JobRuns, heartbeats: Heartbeats) -> None:
        self._parts = parts
        self._runs = runs
        self._heartbeats = heartbeats
        self._changed = anyio.Event()
        self._last: tuple[int, float] | None = None
        """Wall and monotonic time of the last look."""
        self._group: TaskGroup | None = None
        self._tidied = parts.clock.now_ms()

    async def claim_now(self, row: JobRow, key: str) -> Begun | None:
        """Beside its schedule; None when it runs already. The caller holds `JobRuns.changing`. Raises JobError."""
        now = self._parts.clock.now_ms()
        job = read_job(row.job, self._parts.zone)
        return await self._runs.claim(row, job, Due(key, now, now), row.next_run_at)

    async def carry_out(self, begun: Begun) -> None:
        """Where no daemon runs, it finds the message in the inbox when it starts."""
        if self._group is not None:
            self._carry_out(begun)
        else:
            await self._runs.carry_out(begun)

    def adopt(self, pulses: Mapping[str, Pulse]) -> None:
        self._heartbeats.adopt(pulses)
        self.poke()

    def poke(self) -> None:
        """Something about the jobs has changed."""
        self._changed.set()

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. Started when it knows every run of an earlier life: no turn of theirs must begin before."""
        await self._runs.take_up()
        task_status.started()
        async with anyio.create_task_group() as group:
            self._group = group
            group.start_soon(self._parts.bus.watch, "jobs", self._see, TurnFinished, TraceRecorded)
            while True:
                # Taken before looking: what changes meanwhile is looked at again.
                changed = self._changed = anyio.Event()
                wait = await self._supervised_look()
                with anyio.move_on_after(wait):
                    await changed.wait()

    async def _see(self, event: Event | Gap) -> None:
        before = self._runs.under_way
        await self._runs.see(event)
        if self._runs.under_way != before:
            self.poke()

    async def _supervised_look(self) -> float:
        try:
            return await self.look()
        except OpenClawError as error:
            logger.error("jobs wait: %s", error)
        except Exception:
            logger.exception("looking for due jobs failed")
        return AFTER_A_FAILURE_SECONDS

    async def look(self) -> float:
        """Begin what is due; returns the seconds until the next look."""
        now = self._parts.clock.now_ms()
        if self._jumped_back(now):
            await self._reschedule(now)
        await self._tidy(now)
        for begun in await self._runs.attend():
            self._carry_out(begun)
        waits = [NAP_SECONDS]
        if (late := self._runs.stop_late()) is not None:
            waits.append(late)
        next_beat = await self._heartbeats.next_beat(now, self._carry_out)
        next_job = await self._begin_due(now) if self._parts.config.enabled else None
        waits += [(at - now) / 1000 for at in (next_beat, next_job) if at is not None]
        return max(0.0, min(waits))

    async def _begin_due(self, now: int) -> int | None:
        """Returns when the next one is due. What waits for room is begun when one of those that run has ended."""
        room = self._parts.config.max_concurrent_runs - self._runs.under_way
        due, following = await self._parts.ledger.due(now, max(0, room))
        for row in due:
            async with self._runs.changing:
                # It may have been changed since it was read.
                fresh = await self._parts.ledger.find(row.id)
                if fresh is not None and fresh.enabled and fresh.next_run_at == row.next_run_at:
                    await self._begin(fresh, row.next_run_at or now, now)
        return following

    async def _begin(self, row: JobRow, due: int, now: int) -> None:
        """However many times it was missed, it runs once."""
        try:
            job = read_job(row.job, self._parts.zone)
        except JobError as error:
            logger.error("the job %s is switched off, for it cannot be read: %s", row.id, error)
            await self._parts.ledger.replace(replace(row, enabled=False))
            return
        following = next_run(job.schedule, now, self._parts.zone, job.id)
        begun = await self._runs.claim(row, job, Due(run_key(job.id, due), due, now), following)
        if begun is not None:
            self._carry_out(begun)
        else:
            # The clock was put back, and this very run has been.
            await self._parts.ledger.reschedule([(row.id, following)])

    def _carry_out(self, begun: Begun) -> None:
        """Beside: its session may be in use for a while, and nothing else waits for that."""
        if self._group is not None:
            self._group.start_soon(self._runs.carry_out, begun)

    def _jumped_back(self, now: int) -> bool:
        monotonic, last = self._parts.clock.monotonic(), self._last
        self._last = (now, monotonic)
        if last is None:
            return False
        drift = (now - last[0]) - (monotonic - last[1]) * 1000
        if abs(drift) > JUMP_MS:
            logger.info("the clock jumped by %.0f s, or the machine slept", drift / 1000)
        return drift < -JUMP_MS

    async def _reschedule(self, now: int) -> None:
        """By a clock that was wrong the next time may lie far ahead."""
        sooner: list[tuple[str, int | None]] = []
        for row in await self._parts.ledger.every():
            try:
                job = read_job(row.job, self._parts.zone)
            except JobError:
                continue
            if row.enabled and row.next_run_at is not None and not isinstance(job.schedule, At):
                at = next_run(job.schedule, now, self._parts.zone, job.id)
                if at is not None and at < row.next_run_at:
                    sooner.append((row.id, at))
        await self._parts.ledger.reschedule(sooner)

    async def _tidy(self, now: int) -> None:
        kept = duration_ms(self._parts.config.session_retention)
        if kept is None or now < self._tidied + TIDY_MS:
            return
        self._tidied = now
        await anyio.to_thread.run_sync(
            prune, self._parts.state, list(self._parts.agents), now - kept, is_own_session
        )
