"""What the last heartbeat came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openclaw.gateway.quiet import HEARTBEAT
from openclaw.store.jobs import JobLedger
from openclaw.web.office.told import Json

PREVIEW = 200


@dataclass(frozen=True, slots=True)
class HeartbeatBook:
    """Satisfies `web.office.desk.HeartbeatDesk`."""

    jobs: JobLedger
    agents: Sequence[str]

    async def last(self) -> Json | None:
        runs = await self.jobs.runs([f"{HEARTBEAT}:{agent}" for agent in self.agents], 5)
        ended = next((run for run in runs if run["ended_at"] is not None), None)
        if ended is None:
            return None
        sent = (await self.jobs.deliveries([ended["key"]]))[ended["key"]]
        return beat(ended, was_sent=bool(sent))


def beat(run: dict[str, Any], *, was_sent: bool) -> Json:
    """Pure. As the original tells it: `sent`, `ok-token` where there was nothing to say, `failed`."""
    failed = run["status"] not in {"ok", "skipped"}
    status = (
        "failed"
        if failed
        else "skipped"
        if run["status"] == "skipped"
        else "sent"
        if was_sent
        else "ok-token"
    )
    return {
        "ts": run["ended_at"],
        "status": status,
        "preview": (run["error"] or run["summary"] or "")[:PREVIEW],
        "durationMs": max(0, run["ended_at"] - run["started_at"]),
        "agentId": str(run["job_id"]).partition(":")[2],
        "indicatorType": "error" if failed else "alert" if was_sent else "ok",
    }
