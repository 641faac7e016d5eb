"""The gateway with its jobs, as `app` wires them: over a real ledger, with a clock that stands still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio

from openclaw.agent.config import AgentsConfig
from openclaw.agent.tools.jobs import JobMaker
from openclaw.gateway.config import CronConfig
from openclaw.gateway.jobs.desk import JobDesk
from openclaw.gateway.jobs.heartbeat import Heartbeats, pulses
from openclaw.gateway.jobs.runs import JobParts, JobRuns
from openclaw.gateway.jobs.ticker import Ticker
from openclaw.gateway.jobs.webhook import Webhook
from openclaw.logs import Redactor
from openclaw.net.door import Door
from openclaw.ops.secrets import SecretResolver
from openclaw.store.jobs import JobLedger
from openclaw.types.clock import SystemClock
from openclaw.types.secrets import SecretRef
from tests.gateway.harness import MAIN, MEMBER, OWNER, TELEGRAM, House, Plan, open_house, to
from tests.gateway.scripted import ControlledClock

ZONE = "Australia/Sydney"
OWNERS = (f"telegram:{OWNER}",)
ADA = JobMaker("main", MAIN, f"telegram:{OWNER}", "owner", reply_to=to(OWNER))
BOB = JobMaker(
    "main", f"agent:main:telegram:direct:{MEMBER}", f"telegram:{MEMBER}", "member", reply_to=to(MEMBER),
    provenance="member",
)  # fmt: skip
MACHINE = JobMaker("main", MAIN, "operator:cli", "owner")


@dataclass
class JobHouse:
    house: House
    parts: JobParts
    runs: JobRuns
    ticker: Ticker
    heartbeats: Heartbeats
    desk: JobDesk

    @property
    def clock(self) -> ControlledClock:
        return self.house.clock

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The jobs first, as in the daemon."""
        async with anyio.create_task_group() as group:
            await group.start(self.ticker.run)
            async with self.house.working():
                yield
            group.cancel_scope.cancel()

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.ticker.poke()

    async def settled(self) -> None:
        """Every run that was begun has its end."""
        await self.house.until_rows("SELECT count(*) FROM job_runs WHERE ended_at IS NULL", [0])
        await self.house.settled()

    async def ran(self, count: int) -> list[dict[str, Any]]:
        """The runs, the oldest first, once there are so many that have ended."""
        await self.house.until_rows("SELECT count(*) FROM job_runs WHERE ended_at IS NOT NULL", [count])
        await self.settled()
        return await self.house.rows("SELECT * FROM job_runs ORDER BY seq")

    async def job(self, job_id: object) -> dict[str, Any]:
        return next(dict(job) for job in await self.desk.listing(MACHINE) if job["id"] == job_id)

    async def asked(self) -> list[str]:
        """What the model was told last, request by request."""
        return [_newest(request) for request in self.house.model.requests]


def _newest(request: Any) -> str:
    texts = [block.text for block in request.messages[-1].blocks if hasattr(block, "text")]
    return texts[-1] if texts else ""


@asynccontextmanager
async def open_jobs(
    state: Path,
    plan: Plan | None = None,
    clock: ControlledClock | None = None,
    *,
    cron: CronConfig | None = None,
    agents: AgentsConfig | None = None,
    token: str | None = None,
) -> AsyncIterator[JobHouse]:
    plan = plan or Plan()
    agents = agents or AgentsConfig.model_validate({"defaults": {"heartbeat": {"every": "0m"}}})
    door = Door()
    async with open_house(state, plan, clock) as house:
        secret = SecretRef(token) if token else None
        webhook = Webhook(door, SecretResolver({}, SystemClock(), Redactor()), secret)
        parts = JobParts(
            JobLedger(house.database), house.sessions, house.intake.deliver, house.lanes, house.runs, house.bus,
            house.clock, {TELEGRAM: house.channel}, house.turns, cron or CronConfig(), webhook, state,
            dict.fromkeys(plan.agents, state / "workspace"), OWNERS, ZoneInfo(ZONE), ZONE,
        )  # fmt: skip
        runs = JobRuns(parts)
        heartbeats = Heartbeats(pulses(agents, plan.agents, parts.zone), parts, runs, house.ledger)
        ticker = Ticker(parts, runs, heartbeats)
        yield JobHouse(house, parts, runs, ticker, heartbeats, JobDesk(parts, runs, ticker, heartbeats))
    await door.aclose()


def reminder(
    text: str = "Reminder: call Ana.", at: str = "in 20 minutes", **more: object
) -> dict[str, object]:
    payload = {"kind": "systemEvent", "text": text}
    return {"name": "Call Ana", "schedule": {"kind": "at", "at": at}, "payload": payload, **more}


def task(text: str = "Look at the news.", every: str = "1h", **more: object) -> dict[str, object]:
    return {
        "name": "News",
        "schedule": {"every": every},
        "payload": {"kind": "agentTurn", "message": text},
        **more,
    }


def tainted(maker: JobMaker) -> JobMaker:
    return replace(maker, provenance="web")
