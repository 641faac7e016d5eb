"""Jobs in memory, for whoever asks for them from outside."""

from dataclasses import dataclass, field
from typing import Any, Literal

from openclaw.agent.tools.jobs import JobError, JobJson, JobMaker


@dataclass
class FakeJobs:
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    makers: list[JobMaker] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)

    async def status(self, maker: JobMaker) -> JobJson:
        return {"enabled": True, "jobs": len(self.jobs), "running": 0, "nextWakeAtMs": None}

    async def listing(self, maker: JobMaker) -> list[JobJson]:
        return list(self.jobs.values())

    async def add(self, job: JobJson, maker: JobMaker, *, key: str = "") -> JobJson:
        self.makers.append(maker)
        if not job.get("schedule"):
            raise JobError("schedule is required")
        job_id = f"job_{len(self.jobs) + 1}"
        state = {"nextRunAtMs": 1000 - len(self.jobs)}
        kept = {"id": job_id, "name": "job", "enabled": True, "state": state, **job}
        self.jobs[job_id] = {**kept, "key": key} if key else kept
        return self.jobs[job_id]

    async def update(self, job_id: str, patch: JobJson, maker: JobMaker) -> JobJson:
        self.makers.append(maker)
        self._known(job_id).update(patch)
        return self.jobs[job_id]

    async def remove(self, job_id: str, maker: JobMaker) -> JobJson:
        self._known(job_id)
        del self.jobs[job_id]
        return {"ok": True, "removed": True, "id": job_id}

    async def run(self, job_id: str, mode: Literal["due", "force"], maker: JobMaker) -> JobJson:
        self._known(job_id)
        self.asked.append(("run", job_id, mode))
        if mode == "due":
            return {"ok": True, "ran": False, "reason": "not-due", "id": job_id}
        return {"ok": True, "ran": True, "id": job_id, "runId": f"cron:{job_id}:1"}

    async def runs(self, job_id: str | None, limit: int, maker: JobMaker) -> list[JobJson]:
        if job_id is not None:
            self._known(job_id)
        found: list[JobJson] = [run for run in self.log if job_id in (None, run["jobId"])]
        return found[:limit]

    async def wake(self, text: str, mode: Literal["now", "next-heartbeat"], maker: JobMaker) -> JobJson:
        self.asked.append(("wake", text, mode))
        return {"ok": True, "mode": mode}

    def _known(self, job_id: str) -> dict[str, Any]:
        if job_id not in self.jobs:
            raise JobError(f"there is no job {job_id!r}; `cron list` shows those that there are")
        return self.jobs[job_id]
