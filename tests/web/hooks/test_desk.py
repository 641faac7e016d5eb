"""Over the public listener's own application, as automations call them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from httpx import ASGITransport, AsyncClient, Response

from openclaw.agent.tools.jobs import JobError, TooManyJobsError
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef
from openclaw.web.hooks.config import HooksConfig
from openclaw.web.hooks.desk import MOST_FAILURES, Hooks
from openclaw.web.webhooks import webhook_app
from tests.gateway.scripted import ControlledClock
from tests.web.fake_jobs import FakeJobs

TOKEN = "0123456789abcdef0123456789abcdef"
SHOWN = {"authorization": f"Bearer {TOKEN}"}


@dataclass
class Vault:
    value: str | None = TOKEN
    read: anyio.Event | None = None

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if self.read is not None:
            self.read.set()
        if self.value is None:
            raise SecretError("hooks.token: there is no such variable. Set it.")
        return Secret(self.value)


@dataclass
class Desk:
    http: AsyncClient
    jobs: FakeJobs
    clock: ControlledClock

    async def post(self, path: str, content: Any = None, **more: Any) -> Response:
        return await self.http.post(path, json=content, **{"headers": SHOWN, **more})


def hooks_of(config: dict[str, Any], vault: Vault, jobs: FakeJobs, clock: ControlledClock) -> Hooks:
    return Hooks(HooksConfig.model_validate(config), SecretRef("env:X"), vault, jobs, clock, "main")


async def nowhere(arrivals: object) -> None:
    """Hooks deliver nothing themselves."""


async def unaudited(_: object) -> None:
    """Its own tests say what is audited."""


@pytest.fixture
def config() -> dict[str, Any]:
    mappings = [
        {"id": "alarm", "messageTemplate": "{{who}} rang", "match": {"source": "bell"}, "to": "+12015550123"},
        {"id": "other", "match": {"path": "alarm"}, "action": "wake", "textTemplate": "{{who}} was seen"},
    ]
    return {"mappings": mappings, "allowedAgentIds": ["main", "clerk"]}


@pytest.fixture
async def desk(config: dict[str, Any]) -> AsyncIterator[Desk]:
    jobs, clock, vault = FakeJobs(), ControlledClock(), Vault(read=anyio.Event())
    hooks = hooks_of(config, vault, jobs, clock)
    app = webhook_app({"hooks": hooks.routes(nowhere)}, unaudited, max_body=100_000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://public.example.org") as http:
        async with anyio.create_task_group() as group:
            group.start_soon(hooks.run)
            assert vault.read is not None
            await vault.read.wait()
            yield Desk(http, jobs, clock)
            group.cancel_scope.cancel()


async def test_wake_says_words_to_the_agent(desk: Desk) -> None:
    answer = await desk.post("/hooks/wake", {"text": "the door is open"})

    assert (answer.status_code, answer.json()) == (200, {"ok": True, "mode": "now"})
    assert desk.jobs.asked == [("wake", "the door is open", "now")]


async def test_agent_makes_a_job_of_one_run_whose_words_are_not_the_owners(desk: Desk) -> None:
    content = {"message": "sum up my mail", "name": "mail", "agentId": "clerk", "model": "opus", "to": "7"}
    answer = await desk.post("/hooks/agent", content)

    assert (answer.status_code, answer.json()) == (202, {"ok": True, "runId": "job_1"})
    job = desk.jobs.jobs["job_1"]
    assert job["schedule"] == {"kind": "at", "at": str(desk.clock.now_ms() + 1)}
    assert job["payload"] == {"kind": "agentTurn", "message": "sum up my mail", "model": "opus"}
    assert (job["agentId"], job["sessionTarget"], job["name"]) == ("clerk", "isolated", "mail")
    assert job["delivery"] == {"mode": "announce", "channel": "last", "to": "7"}
    (maker,) = desk.jobs.makers
    assert (maker.agent, maker.session_key) == ("clerk", "agent:clerk:main")
    assert (maker.role, maker.provenance) == ("owner", "hook")


async def test_a_call_told_twice_is_one_job(desk: Desk) -> None:
    await desk.post("/hooks/agent", {"message": "hi"}, headers={**SHOWN, "idempotency-key": "m-17"})

    assert desk.jobs.jobs["job_1"]["key"] == "hooks:m-17"


async def test_the_first_mapping_that_fits_is_asked(desk: Desk) -> None:
    rang = await desk.post("/hooks/alarm", {"source": "bell", "who": "Ana"})
    seen = await desk.post("/hooks/alarm", {"who": "Ben"})

    assert (rang.status_code, seen.status_code) == (202, 200)
    assert desk.jobs.jobs["job_1"]["payload"] == {"kind": "agentTurn", "message": "Ana rang"}
    assert desk.jobs.asked == [("wake", "Ben was seen", "now")]


@pytest.mark.parametrize(
    ("headers", "query", "status", "reason"),
    [
        ({}, "", 401, "token-missing"),
        ({"authorization": "Bearer wrong"}, "", 401, "token-wrong"),
        ({"authorization": f"Basic {TOKEN}"}, "", 401, "token-missing"),
        ({"x-openclaw-token": "\u00e9".encode()}, "", 401, "token-wrong"),
        (SHOWN, f"?token={TOKEN}", 400, "token-in-query"),
    ],
)
async def test_without_the_token_nothing_happens(
    desk: Desk, headers: dict[str, str], query: str, status: int, reason: str
) -> None:
    answer = await desk.post(f"/hooks/wake{query}", {"text": "hi"}, headers=headers)

    assert (answer.status_code, answer.json()) == (status, {"error": reason})
    assert desk.jobs.asked == []


async def test_the_originals_own_header_will_do(desk: Desk) -> None:
    answer = await desk.post("/hooks/wake", {"text": "hi"}, headers={"x-openclaw-token": TOKEN})

    assert answer.status_code == 200


async def test_who_guesses_is_slowed_and_who_knows_is_not(desk: Desk) -> None:
    wrong = {"authorization": "Bearer guess"}
    answers = [
        await desk.post("/hooks/wake", {"text": "hi"}, headers=wrong) for _ in range(MOST_FAILURES + 1)
    ]
    known = await desk.post("/hooks/wake", {"text": "hi"})
    desk.clock.advance(61)
    later = await desk.post("/hooks/wake", {"text": "hi"}, headers=wrong)

    assert [answer.status_code for answer in answers] == [401] * MOST_FAILURES + [429]
    assert known.status_code == 200
    assert later.status_code == 401


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("/hooks/wake", {"text": ""}, "text: it must not be empty"),
        ("/hooks/agent", {"message": "hi", "agentId": "stranger"}, "not in hooks.allowedAgentIds"),
    ],
)
async def test_what_cannot_be_done_is_told(desk: Desk, path: str, content: Any, words: str) -> None:
    answer = await desk.post(path, content)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert desk.jobs.jobs == {}


@pytest.mark.parametrize(
    ("error", "status"),
    [(TooManyJobsError("there are 100 jobs already"), 503), (JobError("no such agent"), 400)],
)
async def test_a_house_that_cannot_take_it_says_whether_to_come_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: JobError, status: int
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(desk.jobs, "add", full)
    answer = await desk.post("/hooks/agent", {"message": "hi"})

    assert (answer.status_code, answer.json()["error"]) == (status, str(error))
    assert ("retry-after" in answer.headers) is (status == 503)


async def test_until_the_token_could_be_read_nobody_is_believed(config: dict[str, Any]) -> None:
    hooks = hooks_of(config, Vault(value=None), FakeJobs(), ControlledClock())
    app = webhook_app({"hooks": hooks.routes(nowhere)}, unaudited, max_body=1000)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://public.example.org") as http:
        answer = await http.post("/hooks/wake", json={"text": "hi"}, headers={"authorization": "Bearer "})

    assert (answer.status_code, answer.json()) == (503, {"error": "not-ready"})
