"""Jobs over the control plane, in the original's shapes. Whoever may ask here is the owner."""

from hashlib import sha256
from typing import Any, Literal

import orjson
from pydantic import Field, model_validator

from openclaw.agent.tools.jobs import JobMaker
from openclaw.web.desk import House, Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params

SortKey = Literal["nextRunAtMs", "updatedAtMs", "name"]


class CronStatus(Params):
    """Without any."""


class CronList(Params):
    include_disabled: bool = True
    enabled: Literal["all", "enabled", "disabled"] | None = None
    query: str | None = None
    limit: int = Field(default=100, ge=1, le=1000)
    offset: int = Field(default=0, ge=0)
    sort_by: SortKey = "nextRunAtMs"
    sort_dir: Literal["asc", "desc"] = "asc"


class CronAdd(Params):
    """A job; what its parts hold is checked where jobs are kept."""

    schedule: dict[str, Any] | str
    payload: dict[str, Any] | str
    name: str | None = None
    description: str | None = None
    agent_id: str | None = None
    session_key: str | None = None
    enabled: bool | None = None
    delete_after_run: bool | None = None
    session_target: str | None = None
    wake_mode: str | None = None
    delivery: dict[str, Any] | None = None

    def job(self) -> Json:
        return self.model_dump(by_alias=True, exclude_none=True)


class _OneJob(Params):
    """The original takes either name of it."""

    id: str | None = Field(default=None, min_length=1, max_length=256)
    job_id: str | None = Field(default=None, min_length=1, max_length=256)

    @property
    def job(self) -> str:
        return self.id or self.job_id or ""

    @model_validator(mode="after")
    def _is_named(self) -> "_OneJob":
        if not self.job:
            raise ValueError("must have required property 'id'")
        return self


class CronUpdate(_OneJob):
    patch: dict[str, Any]


class CronRemove(_OneJob):
    pass


class CronRun(_OneJob):
    mode: Literal["due", "force"] = "force"


class CronRuns(Params):
    id: str | None = Field(default=None, min_length=1, max_length=256)
    job_id: str | None = Field(default=None, min_length=1, max_length=256)
    scope: Literal["job", "all"] | None = None
    limit: int = Field(default=50, ge=1, le=1000)
    offset: int = Field(default=0, ge=0)
    status: Literal["all", "ok", "error", "skipped"] = "all"
    sort_dir: Literal["asc", "desc"] = "desc"


class Wake(Params):
    text: str = Field(min_length=1, max_length=20_000)
    mode: Literal["now", "next-heartbeat"] = "now"


def operator(house: House, caller: Caller) -> JobMaker:
    plate = house.desk.nameplate()
    return JobMaker(plate.default_agent, plate.main_session_key, f"operator:{caller.client}", "owner")


async def job_status(house: House, _: CronStatus, caller: Caller) -> Json:
    return await house.desk.jobs().status(operator(house, caller))


async def list_jobs(house: House, params: CronList, caller: Caller) -> Json:
    jobs = await house.desk.jobs().listing(operator(house, caller))
    wanted = params.enabled or ("all" if params.include_disabled else "enabled")
    if wanted != "all":
        jobs = [job for job in jobs if bool(job.get("enabled")) is (wanted == "enabled")]
    if params.query:
        jobs = [
            job for job in jobs if params.query.casefold() in f"{job.get('id')} {job.get('name')}".casefold()
        ]
    jobs = sorted(jobs, key=lambda job: _sort_key(job, params.sort_by), reverse=params.sort_dir == "desc")
    page = jobs[params.offset : params.offset + params.limit]
    end = params.offset + len(page)
    more = end < len(jobs)
    return {
        "version": 1,
        "jobs": page,
        "total": len(jobs),
        "offset": params.offset,
        "limit": params.limit,
        "hasMore": more,
        "nextOffset": end if more else None,
        # By it a client that reads page after page sees that something has changed meanwhile.
        "snapshotRevision": f"sha256:{sha256(orjson.dumps(jobs, default=dict)).hexdigest()}",
    }


def _sort_key(job: Json, by: SortKey) -> tuple[bool, Any]:
    state = job.get("state")
    value = state.get(by) if by == "nextRunAtMs" and isinstance(state, dict) else job.get(by)
    return value is None, value if value is not None else 0


async def add_job(house: House, params: CronAdd, caller: Caller) -> Json:
    return await house.desk.jobs().add(params.job(), operator(house, caller))


async def update_job(house: House, params: CronUpdate, caller: Caller) -> Json:
    return await house.desk.jobs().update(params.job, params.patch, operator(house, caller))


async def remove_job(house: House, params: CronRemove, caller: Caller) -> Json:
    return await house.desk.jobs().remove(params.job, operator(house, caller))


async def run_job(house: House, params: CronRun, caller: Caller) -> Json:
    return await house.desk.jobs().run(params.job, params.mode, operator(house, caller))


async def job_runs(house: House, params: CronRuns, caller: Caller) -> Json:
    name = params.id or params.job_id
    if name is None and params.scope == "job":
        raise RpcError("INVALID_REQUEST", "invalid cron.runs params: must have required property 'id'")
    wanted = None if params.scope == "all" else name
    reach = params.offset + params.limit + 1
    runs = await house.desk.jobs().runs(
        wanted, 1000 if params.status != "all" else reach, operator(house, caller)
    )
    if params.status != "all":
        runs = [run for run in runs if run.get("status") == params.status]
    page = runs[params.offset : params.offset + params.limit]
    more = params.offset + len(page) < len(runs)
    if params.sort_dir == "asc":
        page.reverse()
    return {"entries": page, "offset": params.offset, "hasMore": more}


async def wake(house: House, params: Wake, caller: Caller) -> Json:
    return await house.desk.jobs().wake(params.text, params.mode, operator(house, caller))
