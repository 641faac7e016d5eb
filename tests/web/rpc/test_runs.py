from typing import Any

import anyio
import pytest

from openclaw.types.events import TurnFinished
from openclaw.web.desk import Json, RunState
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.runs import Accepted, end_of
from tests.web.fake_house import MAIN, FakeHouse


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


async def send(house: FakeHouse, **changes: Any) -> Json:
    params = {"sessionKey": "main", "message": "hello", "idempotencyKey": "r1"} | changes
    answer = await dispatch(house, OPERATOR, "chat.send", params)
    assert not isinstance(answer, Accepted)
    return answer


async def test_the_same_key_again_starts_nothing(house: FakeHouse) -> None:
    assert await send(house) == {"runId": "r1", "status": "started"}
    assert await send(house) == {"runId": "r1", "status": "in_flight"}
    await house.desk.end("r1", "Hello.")
    assert (await send(house))["status"] == "ok"
    assert len(house.desk.questions) == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"message": " \n"}, "message or attachment required"),
        ({"attachments": [{"type": "image"}]}, "attachment 1: content must be its bytes in base64"),
        ({"idempotencyKey": ""}, "invalid chat.send params: at /idempotencyKey"),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    house: FakeHouse, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(RpcError) as refused:
        await send(house, **changes)
    assert refused.value.message.startswith(problem)
    assert house.desk.questions == []


async def test_agent_is_accepted_and_then_ends(house: FakeHouse) -> None:
    answer = await dispatch(house, OPERATOR, "agent", {"message": "hello", "idempotencyKey": "r1"})
    assert isinstance(answer, Accepted)
    await house.desk.end("r1", "Hello.")
    final = await answer.finish()
    assert final["status"] == "ok"
    assert final["result"] == {
        "payloads": [{"text": "Hello.", "mediaUrl": None}],
        "meta": {"durationMs": 411, "agentMeta": {"sessionKey": MAIN}},
    }


async def test_an_agent_run_that_fails_ends_in_an_error_with_its_run(house: FakeHouse) -> None:
    answer = await dispatch(house, OPERATOR, "agent", {"message": "hello", "idempotencyKey": "r1"})
    assert isinstance(answer, Accepted)
    await house.desk.end("r1", error="no model answers")
    with pytest.raises(RpcError) as failed:
        await answer.finish()
    assert failed.value.message == "no model answers"
    assert failed.value.payload == {"runId": "r1", "status": "error", "summary": "no model answers"}


async def test_an_agent_run_that_takes_too_long_goes_on(house: FakeHouse) -> None:
    params = {"message": "hello", "idempotencyKey": "r1", "timeout": 0.01}
    answer = await dispatch(house, OPERATOR, "agent", params)
    assert isinstance(answer, Accepted)
    with pytest.raises(RpcError) as late:
        await answer.finish()
    assert late.value.code == "AGENT_TIMEOUT"


async def test_waiting_ends_with_the_run_and_not_with_another(house: FakeHouse) -> None:
    await send(house)
    ends: list[Any] = []

    async def wait() -> None:
        ends.append(await dispatch(house, OPERATOR, "agent.wait", {"runId": "r1"}))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await house.bus.publish(TurnFinished("r2", MAIN, "answered", "not yours"))
        await anyio.wait_all_tasks_blocked()
        assert ends == []
        await house.desk.end("r1", "Hello.")
    assert ends[0]["status"] == "ok"
    assert ends[0]["endedAt"] - ends[0]["startedAt"] == 411


async def test_waiting_for_what_never_ends_times_out(house: FakeHouse) -> None:
    wait = await dispatch(house, OPERATOR, "agent.wait", {"runId": "r9", "timeoutMs": 5})
    assert wait == {"runId": "r9", "status": "timeout"}


async def test_what_ended_in_an_earlier_life_is_told_at_once(house: FakeHouse) -> None:
    house.desk.old_runs = {
        "good": RunState("good", "ok", MAIN),
        "bad": RunState("bad", "error", MAIN, error="client_gone"),
    }
    assert await dispatch(house, OPERATOR, "agent.wait", {"runId": "good"}) == {
        "runId": "good",
        "status": "ok",
    }
    bad = {"runId": "bad", "status": "error", "error": "client_gone"}
    assert await dispatch(house, OPERATOR, "agent.wait", {"runId": "bad"}) == bad


async def test_an_end_lost_in_a_flood_is_found_again(house: FakeHouse) -> None:
    await send(house)
    found: list[Any] = []

    async def wait() -> None:
        found.append(await end_of(house, "r1", None))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await house.desk.end("r1", "Hello.")
        for number in range(200):
            await house.bus.publish(TurnFinished(f"other-{number}", MAIN, "answered", ""))
    assert found[0].text == "Hello."


async def test_a_word_for_stopping_begins_no_run_and_names_those_it_ended(house: FakeHouse) -> None:
    nothing = {"ok": True, "aborted": False, "runIds": []}
    assert await send(house, message="stop") == nothing
    await send(house)
    stopped = {"ok": True, "aborted": True, "runIds": ["r1"]}
    assert await send(house, message="stop", idempotencyKey="r2") == stopped
    assert await dispatch(house, OPERATOR, "chat.abort", {"sessionKey": "main"}) == stopped
    assert await dispatch(house, OPERATOR, "chat.abort", {"sessionKey": "main", "runId": "r2"}) == nothing
    assert await dispatch(house, OPERATOR, "chat.abort", {"sessionKey": "main", "runId": "r1"}) == stopped
    assert [question.run_id for question in house.desk.questions] == ["r1"]
