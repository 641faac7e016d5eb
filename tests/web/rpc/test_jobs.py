from typing import Any

import pytest

from openclaw.agent.tools.jobs import JobMaker
from openclaw.web.desk import Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR, Caller
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.runs import Accepted
from tests.web.fake_house import FakeHouse

JOB = {"name": "Call Ana", "schedule": {"kind": "at", "at": "in 20 minutes"},
       "payload": {"kind": "systemEvent", "text": "call Ana"}}  # fmt: skip


async def ask(house: FakeHouse, method: str, **params: Any) -> Json:
    answer = await dispatch(house, OPERATOR, method, params)
    assert not isinstance(answer, Accepted)
    return answer


async def three(house: FakeHouse) -> None:
    for name in ("one", "two", "three"):
        await ask(house, "cron.add", **{**JOB, "name": name})


async def test_a_job_is_made_changed_run_and_removed_on_the_owners_authority() -> None:
    house = FakeHouse()
    added = await ask(house, "cron.add", **JOB)
    assert {name: added[name] for name in JOB} == JOB
    assert house.desk.kept_jobs.makers == [
        JobMaker("main", "agent:main:main", f"operator:{OPERATOR.client}", "owner")
    ]
    changed = await ask(house, "cron.update", jobId="job_1", patch={"enabled": False})
    assert changed["enabled"] is False
    assert (await ask(house, "cron.run", id="job_1"))["ran"] is True
    assert (await ask(house, "cron.run", id="job_1", mode="due"))["reason"] == "not-due"
    assert (await ask(house, "cron.remove", id="job_1"))["removed"] is True
    assert (await ask(house, "cron.status"))["jobs"] == 0
    assert (await ask(house, "wake", text="look", mode="next-heartbeat"))["ok"] is True
    assert house.desk.kept_jobs.asked[-1] == ("wake", "look", "next-heartbeat")


async def test_jobs_are_listed_by_page_in_the_order_asked_for() -> None:
    house = FakeHouse()
    await three(house)
    await ask(house, "cron.update", id="job_2", patch={"enabled": False})

    async def names(**params: Any) -> list[Any]:
        return [job["name"] for job in (await ask(house, "cron.list", **params))["jobs"]]  # type: ignore[attr-defined]

    assert await names() == ["three", "two", "one"]
    assert await names(sortDir="desc") == ["one", "two", "three"]
    assert await names(sortBy="name") == ["one", "three", "two"]
    assert await names(includeDisabled=False) == ["three", "one"]
    assert await names(enabled="disabled") == ["two"]
    assert await names(query="TH") == ["three"]
    page = await ask(house, "cron.list", limit=1, offset=1)
    assert (page["version"], page["total"], page["hasMore"]) == (1, 3, True)
    assert page["nextOffset"] is not None
    assert str(page["snapshotRevision"]).startswith("sha256:")


async def test_runs_are_those_of_a_job_or_of_all() -> None:
    house = FakeHouse()
    await three(house)
    statuses = ("ok", "error", "ok", "skipped")
    house.desk.kept_jobs.log = [
        {"jobId": f"job_{n % 2 + 1}", "runAtMs": 9 - n, "status": status} for n, status in enumerate(statuses)
    ]
    entries = (await ask(house, "cron.runs", limit=3))["entries"]
    assert [run["runAtMs"] for run in entries] == [9, 8, 7]  # type: ignore[attr-defined]
    one = await ask(house, "cron.runs", id="job_1", sortDir="asc")
    assert ([run["runAtMs"] for run in one["entries"]], one["hasMore"]) == ([7, 9], False)  # type: ignore[attr-defined]
    failed = await ask(house, "cron.runs", status="error")
    assert [run["runAtMs"] for run in failed["entries"]] == [8]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("method", "params", "complaint"),
    [
        ("cron.remove", {}, "must have required property 'id'"),
        ("cron.update", {"id": "job_1"}, "must have required property 'patch'"),
        ("cron.add", {"name": "x"}, "must have required property 'schedule'"),
        ("cron.run", {"id": "job_9"}, "there is no job 'job_9'"),
        ("cron.runs", {"scope": "job"}, "must have required property 'id'"),
        (
            "cron.run",
            {"id": "job_1", "mode": "often"},
            "at /mode: must be equal to one of the allowed values",
        ),
        ("wake", {"text": ""}, "at /text"),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(
    method: str, params: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(RpcError, match=complaint) as refused:
        await ask(FakeHouse(), method, **params)
    assert refused.value.code == "INVALID_REQUEST"


async def test_who_only_reads_changes_nothing() -> None:
    reader = Caller(frozenset({"operator.read"}))
    await dispatch(FakeHouse(), reader, "cron.list", {})
    for method in ("cron.add", "cron.update", "cron.remove", "cron.run", "wake"):
        with pytest.raises(RpcError, match="missing scope"):
            await dispatch(FakeHouse(), reader, method, {})
