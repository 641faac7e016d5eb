from typing import Any

import pytest

from openclaw.gateway.tool_survey import Asked
from openclaw.types.errors import OpenClawError, StorageFullError
from openclaw.web.desk import Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR, Caller
from openclaw.web.rpc.methods import METHODS, dispatch
from openclaw.web.rpc.runs import Accepted
from tests.web.fake_house import FakeHouse

NOBODY = Caller(frozenset())


async def ask(house: FakeHouse, method: str, **params: Any) -> Json:
    answer = await dispatch(house, OPERATOR, method, params)
    assert not isinstance(answer, Accepted)
    return answer


@pytest.mark.parametrize("method", METHODS)
async def test_without_its_scope_no_method_answers(method: str) -> None:
    with pytest.raises(RpcError) as refused:
        await dispatch(FakeHouse(), NOBODY, method, {})
    assert refused.value.code == "FORBIDDEN"
    assert refused.value.message == f"missing scope: {METHODS[method].scope}"


@pytest.mark.parametrize("method", [name for name in METHODS if name not in {"health", "status"}])
async def test_a_forged_field_is_refused_by_every_method(method: str) -> None:
    house = FakeHouse()
    with pytest.raises(RpcError, match="unexpected property 'operator'"):
        await dispatch(house, OPERATOR, method, {"operator": True})
    assert house.desk.questions == []


async def test_an_unknown_method_is_said_to_be_that() -> None:
    with pytest.raises(RpcError, match=r"unknown method: nope\.method"):
        await dispatch(FakeHouse(), NOBODY, "nope.method", {})


async def test_the_rows_answer_in_the_contracts_shapes() -> None:
    house = FakeHouse()
    assert (await ask(house, "health"))["ok"] is True
    assert (await ask(house, "status"))["version"] == "0.1.0"
    assert (await ask(house, "sessions.get", key="main"))["sessionId"] == "ses_1"
    assert (await ask(house, "sessions.reset", key="main", reason="new"))["ok"] is True
    assert (await ask(house, "pairing.list"))["requests"]
    assert (await ask(house, "pairing.approve", channel="telegram", code="ABCD2345"))["id"] == "821071206"
    assert (await ask(house, "traces.list", limit=1))["traces"]
    assert (await ask(house, "traces.get", id="t_1"))["id"] == "t_1"
    costs = await ask(house, "usage.cost", by="model", days=7)
    assert (costs["by"], costs["days"]) == ("model", 7)
    usage = await ask(house, "usage.status")
    assert usage["providers"] == []
    assert usage["budgets"]
    assert (await ask(house, "models.list"))["models"]
    assert (await ask(house, "models.status"))["profiles"]
    assert (await ask(house, "config.get")).keys() >= {"path", "hash", "config", "issues"}
    assert (await ask(house, "outbox.list", state="failed"))["rows"] == []
    await ask(house, "outbox.resend", id="out_1")
    assert house.desk.settled == [("out_1", "resend")]


@pytest.mark.parametrize(
    ("failure", "code", "text"),
    [
        (StorageFullError("the disk is full"), "UNAVAILABLE", "the disk is full"),
        (OpenClawError("no agent aurora"), "INVALID_REQUEST", "no agent aurora"),
        (RuntimeError("a detail of ours"), "UNAVAILABLE", "chat.send failed; the log says why"),
    ],
)
async def test_whatever_goes_wrong_becomes_the_answer(failure: Exception, code: str, text: str) -> None:
    house = FakeHouse()
    house.desk.failing = failure
    with pytest.raises(RpcError) as refused:
        await ask(house, "chat.send", sessionKey="main", message="hi", idempotencyKey="r1")
    assert (refused.value.code, refused.value.message) == (code, text)


async def test_a_name_that_is_not_there_is_told_with_its_code() -> None:
    with pytest.raises(RpcError) as refused:
        await ask(FakeHouse(), "traces.get", id="t_9")
    assert refused.value.details == {"code": "NOT_FOUND"}


async def test_tools_are_listed_and_explained_for_whom_it_is_asked() -> None:
    house = FakeHouse()
    whom = {
        "agentId": "aurora", "channel": "telegram", "account": "work", "chat": "-100", "chatType": "channel",
        "sender": "7", "role": "stranger", "model": "openai/gpt-5", "depth": 1,
    }  # fmt: skip

    listed = await dispatch(house, OPERATOR, "tools.list", whom)
    explained = await dispatch(house, OPERATOR, "tools.explain", {"name": "exec", **whom})

    assert not isinstance(listed, Accepted)
    assert not isinstance(explained, Accepted)
    assert listed["tools"] == await house.desk.tools(Asked())
    assert explained["rule"] == 'tools.deny: "exec"'
    asked = Asked("aurora", "telegram", "work", "-100", "channel", "7", "stranger", "openai/gpt-5", 1)
    assert house.desk.explained == [("exec", asked)]


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "exec", "role": "admin"}, {"name": "exec", "depth": -1}, {}]
)
async def test_a_wrong_question_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(RpcError, match=r"invalid tools\.explain params"):
        await dispatch(FakeHouse(), OPERATOR, "tools.explain", wrong)
