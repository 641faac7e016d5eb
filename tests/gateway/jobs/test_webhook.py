import json
from pathlib import Path

from openclaw.gateway.jobs.webhook import Webhook
from openclaw.logs import Redactor
from openclaw.net.door import Door
from openclaw.ops.secrets import SecretResolver
from openclaw.types.clock import SystemClock
from openclaw.types.secrets import SecretRef
from tests.fakes import Answer, FakeServer, HttpRequest
from tests.gateway.jobs.jobhouse import MACHINE, open_jobs, task
from tests.gateway.scripted import NOW, says


class Automation(FakeServer):
    """A program of the owner's."""

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        self.status = status
        self.told: list[HttpRequest] = []

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.told.append(request)
        answer.send_json(self.status, {})


async def test_a_program_hears_of_a_run_and_nobody_else_does(state_dir: Path) -> None:
    async with (
        Automation() as program,
        open_jobs(state_dir, token="a-token-of-the-owner") as jobs,
        jobs.working(),
    ):
        jobs.house.model.will(says("All quiet."))
        delivery = {"mode": "webhook", "to": f"{program.url}/done"}
        job = await jobs.desk.add(task(delivery=delivery), MACHINE)
        await jobs.pass_time(3600)
        (run,) = await jobs.ran(1)

        (request,) = program.told
        assert (request.method, request.path) == ("POST", "/done")
        assert request.headers["authorization"] == "Bearer a-token-of-the-owner"
        assert json.loads(request.body) == {
            "jobId": job["id"], "name": "News", "runId": run["key"], "status": "ok", "error": "",
            "summary": "All quiet.", "sessionKey": f"agent:main:cron:{job['id']}", "runAtMs": NOW + 3_600_000,
        }  # fmt: skip
        assert jobs.house.channel.texts() == []
        assert (await jobs.job(job["id"]))["state"]["lastDeliveryStatus"] == "delivered"


async def test_a_program_that_is_away_or_says_no_is_a_fact_of_the_job(state_dir: Path) -> None:
    async with Automation(500) as program, open_jobs(state_dir) as jobs, jobs.working():
        job = await jobs.desk.add(task(delivery={"mode": "webhook", "to": program.url}), MACHINE)
        await jobs.pass_time(3600)
        await jobs.ran(1)
        state = (await jobs.job(job["id"]))["state"]
        assert (state["lastRunStatus"], state["lastDeliveryStatus"]) == ("ok", "not-delivered")
        assert state["lastDeliveryError"].endswith("answered 500")


async def test_without_a_token_none_is_sent_and_a_closed_port_is_told() -> None:
    door = Door()
    resolver = SecretResolver({}, SystemClock(), Redactor())
    async with Automation() as program:
        assert await Webhook(door, resolver, None).post(program.url, {}) == ""
        assert "authorization" not in program.told[0].headers
        gone = program.url
    assert await Webhook(door, resolver, None).post(gone, {}) != ""
    unset = Webhook(door, resolver, SecretRef("env:NOT_SET"))
    assert "NOT_SET" in await unset.post(gone, {})
    await door.aclose()


class Strict(Automation):
    """Takes one token only."""

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.status = 200 if request.headers["authorization"] == "Bearer new" else 401
        await super().handle(request, answer)


async def test_a_token_that_is_refused_is_looked_up_once_more(tmp_path: Path) -> None:
    door, kept = Door(), tmp_path / "token"
    kept.write_text("old")
    kept.chmod(0o600)
    resolver = SecretResolver({}, SystemClock(), Redactor())
    reference = SecretRef(f"file:{kept}")
    await resolver.resolve(reference)
    async with Strict() as program:
        refused = await Webhook(door, resolver, reference).post(program.url, {})
        kept.write_text("new")
        taken = await Webhook(door, resolver, reference).post(program.url, {})

        assert (refused.endswith("answered 401"), taken) == (True, "")
        assert len(program.told) == 3
    await door.aclose()
