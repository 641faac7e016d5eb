"""What can be asked about jobs, and by whom. Satisfies `agent.tools.jobs.Jobs`."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import orjson

from openclaw.agent.taint import ordered
from openclaw.agent.tools.jobs import JobError, JobJson, JobMaker, TooManyJobsError
from openclaw.gateway.jobs.errand import run_key
from openclaw.gateway.jobs.heartbeat import Heartbeats, Pulse, Waiting
from openclaw.gateway.jobs.job import At, Job, JobState
from openclaw.gateway.jobs.lenient import canonical_job, canonical_patch
from openclaw.gateway.jobs.moments import told
from openclaw.gateway.jobs.outcomes import delivery_status
from openclaw.gateway.jobs.runs import JobParts, JobRuns
from openclaw.gateway.jobs.schedule import next_run
from openclaw.gateway.jobs.shapes import (
    Birth,
    job_json,
    job_text,
    parse_job,
    patched,
    read_job,
    read_state,
    state_text,
)
from openclaw.gateway.jobs.ticker import Ticker
from openclaw.sessions.keys import agent_of, main_key
from openclaw.store.jobs import JobRow
from openclaw.types.events import JobChanged
from openclaw.types.ids import new_id

MOMENT_MS = 1_000
MOST = 100
"""Jobs of one person."""
OPERATOR = "operator:"
"""How a sender begins who holds the machine: the command line, the web page."""


class JobDesk:
    def __init__(self, parts: JobParts, runs: JobRuns, ticker: Ticker, heartbeats: Heartbeats) -> None:
        self._parts = parts
        self._runs = runs
        self._ticker = ticker
        self._heartbeats = heartbeats

    async def status(self, maker: JobMaker) -> JobJson:
        rows = await self._visible(maker)
        times = [row.next_run_at for row in rows if row.enabled and row.next_run_at is not None]
        return {
            "enabled": self._parts.config.enabled,
            "jobs": len(rows),
            "running": sum(row.running is not None for row in rows),
            "nextWakeAtMs": min(times, default=None),
            "heartbeats": {
                agent: f"every {pulse.every_ms // 1000} s" for agent, pulse in self._heartbeats.pulses.items()
            },
        }

    async def listing(self, maker: JobMaker) -> list[JobJson]:
        return await self._shown(await self._visible(maker))

    async def add(self, job: JobJson, maker: JobMaker, *, key: str = "") -> JobJson:
        now = self._parts.clock.now_ms()
        job_id = f"job_{hashlib.sha256(key.encode()).hexdigest()[:16]}" if key else new_id("job")
        found = parse_job(canonical_job(job), Birth(job_id, maker, now, now, self._parts.zone))
        self._admit(found, maker)
        _refuse_half_an_address(found)
        row = JobRow(
            job_id, found.agent, maker.sender, found.enabled, self._first_run(found), job_text(found),
            state_text(JobState()), now,
        )  # fmt: skip
        added = await self._parts.ledger.add(row, MOST)
        if added == "full":
            raise TooManyJobsError(f"there are {MOST} jobs already; remove some first")
        self._ticker.poke()
        if added == "added":
            await self._parts.bus.publish(JobChanged(job_id, "added", now))
        return await self._one(job_id)

    async def update(self, job_id: str, patch: JobJson, maker: JobMaker) -> JobJson:
        parts = self._parts
        async with self._runs.changing:
            row = await self._find(job_id, maker)
            before = read_job(row.job, parts.zone)
            kind = "agentTurn" if before.target == "isolated" else "systemEvent"
            merged = patched(before, canonical_patch(patch, kind))
            rests_on = _by(before.maker, maker)
            birth = Birth(before.id, rests_on, before.created_at, parts.clock.now_ms(), parts.zone)
            after = parse_job(merged, birth)
            self._admit(after, maker)
            if after.delivery != before.delivery:
                _refuse_half_an_address(after)
            same_time = after.schedule == before.schedule and row.next_run_at is not None
            next_at = row.next_run_at if same_time else self._first_run(after)
            state = read_state(row.state)
            if not same_time:
                state = replace(state, consecutive_errors=0)
            changed = replace(
                row, agent=after.agent, enabled=after.enabled, next_run_at=next_at, job=job_text(after),
                state=state_text(state),
            )  # fmt: skip
            await parts.ledger.replace(changed)
        self._ticker.poke()
        await parts.bus.publish(JobChanged(row.id, "updated", parts.clock.now_ms()))
        return await self._one(row.id)

    async def remove(self, job_id: str, maker: JobMaker) -> JobJson:
        async with self._runs.changing:
            row = await self._find(job_id, maker)
            await self._parts.ledger.remove(row.id)
        await self._parts.bus.publish(JobChanged(row.id, "removed", self._parts.clock.now_ms()))
        return {"ok": True, "removed": True, "id": row.id}

    async def run(self, job_id: str, mode: Literal["due", "force"], maker: JobMaker) -> JobJson:
        now = self._parts.clock.now_ms()
        async with self._runs.changing:
            row = await self._find(job_id, maker)
            if mode == "due" and not (row.enabled and row.next_run_at is not None and row.next_run_at <= now):
                return {"ok": True, "ran": False, "reason": "not-due", "id": row.id}
            key = f"{run_key(row.id, now)}:{new_id('now')}"
            begun = await self._ticker.claim_now(row, key)
        if begun is None:
            return {"ok": True, "ran": False, "reason": "already-running", "id": row.id}
        await self._ticker.carry_out(begun)
        return {"ok": True, "ran": True, "id": row.id, "runId": key}

    async def runs(self, job_id: str | None, limit: int, maker: JobMaker) -> list[JobJson]:
        ids = None
        if job_id is not None:
            ids = [(await self._find(job_id, maker)).id]
        elif maker.role != "owner":
            ids = [row.id for row in await self._visible(maker)]
        rows = await self._parts.ledger.runs(ids, limit)
        sends = await self._parts.ledger.deliveries([row["key"] for row in rows])
        return [_run_json(row, delivery_status(sends[row["key"]])) for row in rows]

    async def wake(self, text: str, mode: Literal["now", "next-heartbeat"], maker: JobMaker) -> JobJson:
        """Words for the agent itself, kept as a job of one run: it survives a crash as any other does."""
        if not text.strip():
            raise JobError("text is required")
        if mode == "next-heartbeat" and maker.agent not in self._heartbeats.pulses:
            raise JobError(f"the agent {maker.agent} has no heartbeat; use mode now")
        if mode == "next-heartbeat":
            if maker.role != "owner":
                raise JobError("heartbeats are the owner's; use mode now")
            now = self._parts.clock.now_ms()
            await self._parts.ledger.keep_event(new_id("wake"), maker.agent, text, maker.provenance, now)
            return {"ok": True, "mode": mode}
        at = str(self._parts.clock.now_ms() + 1)
        job = {"schedule": {"kind": "at", "at": at}, "payload": {"kind": "systemEvent", "text": text}}
        added = await self.add(job, maker)
        return {"ok": True, "mode": "now", "id": added["id"]}

    # -- who may what -----------------------------------------------------------------------------------------

    async def _visible(self, maker: JobMaker) -> list[JobRow]:
        rows = await self._parts.ledger.every()
        return [row for row in rows if maker.role == "owner" or row.creator == maker.sender]

    async def _find(self, job_id: str, maker: JobMaker) -> JobRow:
        """By its id, or by its name where only one bears it."""
        rows = await self._visible(maker)
        for row in rows:
            if row.id == job_id:
                return row
        named = [row for row in rows if _name(row) == job_id.strip().casefold()]
        if len(named) == 1:
            return named[0]
        many = f"{len(named)} jobs are named {job_id!r}; name one by its id" if named else ""
        raise JobError(many or f"there is no job {job_id!r}; `cron list` shows those that there are")

    def _admit(self, job: Job, maker: JobMaker) -> None:
        if job.agent not in self._parts.agents:
            raise JobError(f"there is no agent {job.agent!r}; there is {', '.join(self._parts.agents)}")
        if maker.role != "owner":
            self._admit_guest(job, maker)
        if (target := agent_of(job.target.removeprefix("session:"))) not in (None, job.agent):
            raise JobError(f"that session is of the agent {target}; the job is for {job.agent}")
        delivery = job.delivery
        if delivery.mode == "webhook" and not maker.sender.startswith(OPERATOR):
            raise JobError("delivery.mode webhook is for the owner's command line; use announce or none")
        if delivery.mode == "webhook" and not (delivery.to or "").startswith(("http://", "https://")):
            raise JobError("delivery.to must be an http or https address for the mode webhook")
        self._admit_recipient(job, maker)

    def _admit_guest(self, job: Job, maker: JobMaker) -> None:
        """Who is not the owner asks for himself, in his own conversation."""
        if job.agent != maker.agent:
            raise JobError(f"only the agent {maker.agent} is yours to ask")
        if job.target not in {"isolated", f"session:{maker.session_key}"} and not _is_main(job, maker):
            raise JobError("sessionTarget must be current or isolated: other conversations are not yours")
        home, delivery = maker.reply_to, job.delivery
        if delivery.channel and (home is None or home.channel != delivery.channel):
            raise JobError("delivery.channel must be the channel of this conversation; leave it out")
        if delivery.to and (home is None or home.chat != delivery.to):
            raise JobError("delivery.to must be this conversation; leave it out")

    def _admit_recipient(self, job: Job, maker: JobMaker) -> None:
        """Only whoever was asked about when the job was: the conversation itself, the owner, or the one named."""
        delivery, to = job.delivery, self._runs.address_of(job)
        if to is None:
            if delivery.mode == "announce" and (delivery.channel or delivery.to):
                raise JobError(
                    f"delivery.to is required: nobody is known on {delivery.channel or 'no channel'}"
                )
            return
        name = f"{to.channel}:{to.chat}"
        own = to == maker.reply_to or name in self._parts.owners or maker.sender.startswith(OPERATOR)
        if not own and name != maker.recipient:
            raise JobError(f"the result would go to {name}: name it in the job's delivery, as channel and to")
        known = self._parts.channels
        if known and (to.channel, to.account) not in known:
            there = ", ".join(sorted({channel for channel, _ in known}))
            raise JobError(f"delivery.channel {to.channel} ({to.account}) is not connected; there is {there}")

    def _first_run(self, job: Job) -> int | None:
        """Raises JobError for a time that has been."""
        parts, now = self._parts, self._parts.clock.now_ms()
        # What is wanted at once is looked at a moment later.
        since = now - MOMENT_MS if isinstance(job.schedule, At) else now
        at = next_run(job.schedule, since, parts.zone, job.id)
        if at is None and job.enabled and isinstance(job.schedule, At):
            when = told(job.schedule.at, now, parts.zone, parts.zone_name)
            today = told(now, now, parts.zone, parts.zone_name).removesuffix(" (in 0 s)")
            raise JobError(f"schedule.at has been: {when}; now it is {today}")
        return at

    # -- as JSON ----------------------------------------------------------------------------------------------

    async def _one(self, job_id: str) -> JobJson:
        row = await self._parts.ledger.find(job_id)
        if row is None:
            raise JobError(f"there is no job {job_id!r} any more")
        return (await self._shown([row]))[0]

    async def _shown(self, rows: Sequence[JobRow]) -> list[JobJson]:
        states = [read_state(row.state) for row in rows]
        sends = await self._parts.ledger.deliveries([state.last_key for state in states if state.last_key])
        began = {run.begun.key: run.started_at for run in await self._parts.ledger.open_runs()}
        return [
            self._job_json(row, state, _delivered(state, sends), began)
            for row, state in zip(rows, states, strict=True)
        ]

    def _job_json(
        self, row: JobRow, state: JobState, sent: tuple[str, str], began: Mapping[str, int]
    ) -> JobJson:
        parts, at = self._parts, row.next_run_at if row.enabled else None
        shown: dict[str, Any] = {
            "nextRunAtMs": at,
            "runningAtMs": began.get(row.running) if row.running else None,
            "lastRunAtMs": state.last_run_at,
            "lastRunStatus": state.last_status,
            "lastError": state.last_error or None,
            "lastDurationMs": state.last_duration_ms,
            "consecutiveErrors": state.consecutive_errors,
        }
        if state.last_key:
            shown |= {"lastDelivered": sent[0] == "delivered", "lastDeliveryStatus": sent[0]}
            shown["lastDeliveryError"] = sent[1] or None
        job = read_job(row.job, parts.zone)
        whole = {**job_json(job), "enabled": row.enabled, "createdBy": row.creator}
        whole["state"] = {name: value for name, value in shown.items() if value is not None}
        if at is not None:
            whole["nextRun"] = told(at, parts.clock.now_ms(), parts.zone, parts.zone_name)
        return whole


def _delivered(state: JobState, sends: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[str, str]:
    if state.webhook is not None:
        return ("not-delivered", state.webhook) if state.webhook else ("delivered", "")
    return delivery_status(sends.get(state.last_key, ()))


def _refuse_half_an_address(job: Job) -> None:
    """The channel that somebody wrote on last is no channel to look for this chat on."""
    delivery, home = job.delivery, job.maker.reply_to
    alone = delivery.mode == "announce" and delivery.to and not delivery.channel
    if alone and (home is None or home.chat != delivery.to):
        raise JobError(f"delivery: {delivery.to} is looked for on no channel; name the channel beside it")


def _by(before: JobMaker, changer: JobMaker) -> JobMaker:
    """A job stays its maker's; whoever changes it adds what he has read to what it rests on."""
    return replace(before, provenance=ordered((before.provenance, changer.provenance))[-1])


def _is_main(job: Job, maker: JobMaker) -> bool:
    return job.target == "main" and maker.session_key == main_key(job.agent)


def _name(row: JobRow) -> str:
    return str(orjson.loads(row.job)["name"]).casefold()


def _run_json(row: Mapping[str, Any], sent: tuple[str, str]) -> JobJson:
    ended = row["ended_at"]
    shown = {
        "jobId": row["job_id"],
        "runId": row["key"],
        "sessionKey": row["session_key"],
        "dueAtMs": row["due_at"],
        "runAtMs": row["started_at"],
        "durationMs": ended - row["started_at"] if ended is not None else None,
        "status": row["status"] or "running",
        "error": row["error"] or None,
        "summary": row["summary"] or None,
        "deliveryStatus": sent[0] if ended is not None else None,
        "deliveryError": sent[1] or None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def keep_jobs(parts: JobParts, pulses: Mapping[str, Pulse], lane: Waiting) -> tuple[JobDesk, Ticker]:
    """What can be asked, and what sees to it while the daemon runs."""
    runs = JobRuns(parts)
    heartbeats = Heartbeats(pulses, parts, runs, lane)
    ticker = Ticker(parts, runs, heartbeats)
    return JobDesk(parts, runs, ticker, heartbeats), ticker
