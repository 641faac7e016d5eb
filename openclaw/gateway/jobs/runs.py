"""Runs of jobs: claimed in the ledger, delivered as messages, and settled when their turn has ended."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

import anyio

from openclaw.agent.taint import lowest
from openclaw.agent.tools.jobs import JobError
from openclaw.bus import Bus, Gap
from openclaw.gateway import quiet
from openclaw.gateway.config import CronConfig
from openclaw.gateway.jobs.errand import Due, address_of, errand, owner_address, tag
from openclaw.gateway.jobs.job import CHANNEL, AgentTurn, At, Job, SystemEvent, session_of
from openclaw.gateway.jobs.outcomes import TIMEOUT, after, outcome
from openclaw.gateway.jobs.shapes import read_job, read_state, state_text
from openclaw.gateway.jobs.webhook import Webhook
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.runs import Runs
from openclaw.sessions.keys import agent_of, main_key
from openclaw.sessions.lines import encode
from openclaw.sessions.sessions import Sessions
from openclaw.store.echoes import Echo
from openclaw.store.jobs import Begun, JobLedger, JobRow, OpenRun, RunEnd
from openclaw.store.outbox import Draft
from openclaw.types.channel import Channel, Deliver
from openclaw.types.clock import Clock
from openclaw.types.conversation import AssistantMessage, Entry, Note, Provenance
from openclaw.types.errors import OpenClawError
from openclaw.types.events import Event, JobChanged, ReplyReady, TurnFinished
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Arrival, Part, Role

logger = logging.getLogger(__name__)

NOTICE_NUMBER = -200
"""From here on the parts of a failure notice have their places among an event's messages."""
SUMMARY_CHARACTERS = 2000


class Aborts(Protocol):
    def abort(self, session_key: str, reason: str = "aborted") -> int: ...


@dataclass(slots=True)
class JobParts:
    ledger: JobLedger
    sessions: Sessions
    deliver: Deliver
    lanes: Lanes[str]
    runs: Runs
    bus: Bus
    clock: Clock
    channels: Mapping[tuple[str, str], Channel]
    turns: Aborts
    config: CronConfig
    webhook: Webhook
    state: Path
    """The state directory."""
    agents: Mapping[str, Path]
    """Agent → its workspace, the default one first."""
    owners: Sequence[str]
    """`<channel>:<id>` of everyone who has the owner's authority."""
    zone: tzinfo
    zone_name: str
    """The owner's."""

    def adopt(self, config: CronConfig, webhook: Webhook) -> None:
        """For runs that begin from now on."""
        self.config, self.webhook = config, webhook


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run in a session of its own has brought."""

    text: str
    provenance: Provenance


class JobRuns:
    def __init__(self, parts: JobParts) -> None:
        self._parts = parts
        self._open: dict[str, Begun] = {}
        self._carrying: set[str] = set()
        self._deadlines: dict[str, float] = {}
        """Run key → monotonic time at which its turn is stopped."""
        self.changing = anyio.Lock()
        """A job is read and written back by one at a time."""

    @property
    def under_way(self) -> int:
        return len(self._open)

    def role_of(self, job: Job) -> Role:
        """The maker's authority as the file has it today."""
        maker = job.maker
        if maker.role != "owner" or maker.sender in self._parts.owners:
            return maker.role
        return "owner" if maker.sender.startswith(("operator:", "webchat:")) else "member"

    def address_of(self, job: Job) -> Address | None:
        return address_of(job, self._parts.sessions.find, self._parts.owners)

    # -- beginning --------------------------------------------------------------------------------------------

    async def claim(self, row: JobRow, job: Job, due: Due, next_run_at: int | None) -> Begun | None:
        """None when it runs already, or has run under this key. What is claimed must be carried out."""
        parts = self._parts
        zone = (parts.zone, parts.zone_name)
        event = errand(job, due, self.address_of(job), self.role_of(job), zone)
        begun = Begun(due.key, job.id, due.at, session_of(job), event)
        if not await parts.ledger.begin(begun, next_run_at, due.now):
            return None
        self._open[begun.key] = begun
        await parts.bus.publish(JobChanged(job.id, "started", due.now))
        return begun

    async def claim_beat(self, begun: Begun, events: Sequence[int]) -> bool:
        now = self._parts.clock.now_ms()
        if not await self._parts.ledger.begin_beat(begun, events, now):
            return False
        self._open[begun.key] = begun
        await self._parts.bus.publish(JobChanged(begun.job_id, "started", now))
        return True

    async def carry_out(self, begun: Begun) -> None:
        """What was claimed is delivered: again after a crash, and then a second arrival does nothing."""
        if begun.key in self._carrying:
            return
        self._carrying.add(begun.key)
        try:
            await self._carry_out(begun, self._job(await self._parts.ledger.find(begun.job_id)))
        except OpenClawError as error:
            logger.error("%s waits: %s", begun.key, error)
        except Exception:
            logger.exception("%s could not be delivered; it is tried again", begun.key)
        finally:
            self._carrying.discard(begun.key)

    async def _carry_out(self, begun: Begun, job: Job | None) -> None:
        parts = self._parts
        if job is not None and isinstance(job.payload, SystemEvent) and job.wake_mode == "next-heartbeat":
            words, now = f"{tag(job.id, job.name)} {job.payload.text}", parts.clock.now_ms()
            await parts.ledger.keep_event(begun.key, job.agent, words, job.maker.provenance, now)
            await self._settle(OpenRun(begun, now, None, "answered", "silent", "", True))
            return
        await self._begin_anew(begun)
        if job is not None and isinstance(job.payload, AgentTurn) and job.payload.timeout_seconds:
            self._deadlines[begun.key] = parts.clock.monotonic() + job.payload.timeout_seconds
        await self._deliver(begun)

    async def _begin_anew(self, begun: Begun) -> None:
        """Each run of a task begins with nothing in mind."""
        key, sessions = begun.session_key, self._parts.sessions
        if not is_own_session(key) or sessions.find(key) is None:
            return
        async with self._parts.lanes.holding(key):
            await sessions.reset(key, agent_of(key) or "")

    async def _deliver(self, begun: Begun) -> None:
        event = begun.event
        # Nobody may be there to wait for its answer, and it is wanted all the same.
        self._parts.runs.expect(begun.key, begun.session_key)
        arrival = Arrival(begun.key, event.channel, event.account, event.text.encode(), event)
        await self._parts.deliver([arrival])

    # -- the end ----------------------------------------------------------------------------------------------

    async def take_up(self) -> None:
        """What an earlier life has begun is waited for."""
        for run in await self._parts.ledger.open_runs():
            self._open[run.begun.key] = run.begun
            self._parts.runs.expect(run.begun.key, run.begun.session_key)

    async def see(self, event: Event | Gap) -> None:
        """Turns and events that have ended; the ledger knows which of them were ours."""
        if isinstance(event, TurnFinished) and (event.run_id not in self._open or event.outcome == "paused"):
            return
        await self.attend()

    async def attend(self) -> list[Begun]:
        """Settle what has ended; returns what was claimed and is not delivered, over a crash for instance."""
        if not self._open:
            return []
        runs = await self._parts.ledger.open_runs()
        for run in runs:
            if run.has_ended and run.begun.key in self._open:
                await self._settle(run)
        return [run.begun for run in runs if run.inbox_seq is None and run.begun.key in self._open]

    def _job(self, row: JobRow | None) -> Job | None:
        try:
            return read_job(row.job, self._parts.zone) if row is not None else None
        except JobError as error:
            logger.error("the job %s cannot be read: %s", row.id if row else "", error)
            return None

    async def _settle(self, run: OpenRun) -> None:
        parts, begun = self._parts, run.begun
        status, error = outcome(run.inbox_state, run.inbox_reason)
        answer = await self._answer(begun)
        summary = (answer.text if answer else "")[:SUMMARY_CHARACTERS]
        now = parts.clock.now_ms()
        ended = RunEnd(begun.key, status, error, summary, now, None, begun.job_id, inbox_seq=run.inbox_seq)
        posted = await self._post(ended, begun)
        async with self.changing:
            row = await parts.ledger.find(begun.job_id)
            if row is not None:
                ended = self._followed(replace(ended, job=row), row, run, posted)
            if answer is not None and status == "ok" and run.inbox_reason != "silent":
                ended = replace(ended, echo=self._echo(begun, self._job(row), answer))
            is_news = await parts.ledger.end(ended)
        self._open.pop(begun.key, None)
        self._deadlines.pop(begun.key, None)
        if is_news:
            await parts.bus.publish(JobChanged(begun.job_id, "finished", now, status, summary, error))
        if ended.notice:
            await parts.bus.publish(ReplyReady(ended.notice[0].to))
        if ended.echo is not None:
            await parts.sessions.take_released(ended.echo.target)

    async def _post(self, ended: RunEnd, begun: Begun) -> str | None:
        """At least once: who is told twice knows it by the run's id."""
        job = self._job(await self._parts.ledger.find(ended.job_id))
        if job is None or job.delivery.mode != "webhook" or not job.delivery.to:
            return None
        told = {
            "jobId": job.id, "name": job.name, "runId": ended.key, "status": ended.status, "error": ended.error,
            "summary": ended.summary, "sessionKey": begun.session_key, "runAtMs": begun.event.sent_at,
        }  # fmt: skip
        return await self._parts.webhook.post(job.delivery.to, told)

    def _followed(self, ended: RunEnd, row: JobRow, run: OpenRun, posted: str | None) -> RunEnd:
        parts, job = self._parts, self._job(row)
        if job is None:
            return ended
        state = replace(read_state(row.state), last_key=run.begun.key, webhook=posted)
        then = after(
            job, state, outcome(run.inbox_state, run.inbox_reason), (run.started_at, ended.at), parts.zone
        )
        kept = replace(row, enabled=then.enabled, next_run_at=then.next_run_at, state=state_text(then.state))
        ended = replace(ended, job=None if then.delete else kept)
        if not then.notice:
            return ended
        logger.warning("job %s (%s): %s", job.id, job.name, ended.error)
        owner = owner_address(job.agent, parts.sessions.find, parts.owners)
        to = (self.address_of(job) or owner) if isinstance(job.schedule, At) else owner
        if to is None:
            return ended
        return replace(ended, notice=self._notice(then.notice, to, run, self.role_of(job)))

    def _notice(self, text: str, to: Address, run: OpenRun, role: Role) -> Sequence[Draft]:
        channel = self._parts.channels.get((to.channel, to.account))
        composed = channel.compose(text) if channel is not None else [Part(text)]
        return [
            Draft(new_id("o"), to, part, NOTICE_NUMBER + number, "notice", role, run.trace_id)
            for number, part in enumerate(composed)
        ]

    async def _answer(self, begun: Begun) -> Answer | None:
        """Of a session that is nobody's conversation."""
        key = begun.session_key
        if not is_own_session(key) or self._parts.sessions.find(key) is None:
            return None
        async with self._parts.sessions.use(key, agent_of(key) or "") as session:
            entries: Sequence[Entry] = tuple(session.entries)
        said = [entry.text for entry in entries if isinstance(entry, AssistantMessage)]
        return Answer(said[-1].strip(), lowest(entries)) if said else None

    def _echo(self, begun: Begun, job: Job | None, answer: Answer) -> Echo | None:
        """What people were told outside their conversation, it should know."""
        to, sessions = begun.event.reply_to, self._parts.sessions
        target = main_key(agent_of(begun.session_key) or "")
        if job is not None:
            if job.maker.session_key == target or sessions.find(job.maker.session_key) is not None:
                target = job.maker.session_key
            elif job.maker.role != "owner":
                return None
        if to is None or sessions.find(target) is None:
            return None
        name = tag(job.id, job.name) if job is not None else f"[{begun.event.channel}]"
        quoted = "\n".join(f"> {line}" for line in quiet.without_token(answer.text).splitlines())
        note = Note(
            new_id("m"), self._parts.clock.now_ms(), f"{name} Told {to.channel}:{to.chat}\n{quoted}",
            f"{begun.event.channel}:{begun.job_id}", answer.provenance,
        )  # fmt: skip
        return Echo("transcript", target, encode(note).decode())

    # -- what takes too long ----------------------------------------------------------------------------------

    def stop_late(self) -> float | None:
        """Stops the turns that have had their time; returns the seconds until the next one has."""
        now = self._parts.clock.monotonic()
        for key in [key for key, at in self._deadlines.items() if at <= now]:
            del self._deadlines[key]
            if key in self._open:
                self._parts.turns.abort(self._open[key].session_key, TIMEOUT)
        return min(self._deadlines.values()) - now if self._deadlines else None


def is_own_session(key: str) -> bool:
    """Of runs, where nobody else speaks."""
    return f":{CHANNEL}:" in key or key.endswith(f":{quiet.HEARTBEAT}")
