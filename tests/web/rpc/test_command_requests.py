from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.gateway.command_requests import Decided
from openclaw.gateway.command_text import Command
from openclaw.store.approvals import Approval, ApprovalState, Question
from openclaw.store.command_asks import MOST_WAITING
from openclaw.web.desk import Json
from openclaw.web.devices.records import DeviceFacts
from openclaw.web.rpc.command_requests import ApprovalRequest, decided_told
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.methods import METHODS, dispatch
from openclaw.web.rpc.runs import Accepted
from tests.gateway.harness import House, open_house
from tests.web.desks import desk_of
from tests.web.fake_house import FakeHouse
from tests.web.fake_office import NOWHERE

REQUEST, WAIT = "exec.approval.request", "exec.approval.waitDecision"
ASKS = Caller(frozenset({"operator.approvals"}), client="cli", connection="one")
QUESTION = Question("client:cli", "ask-1", "", "", "exec", "device-command", "", "{}", "aa")


@pytest.fixture
async def house(state_dir: Path) -> AsyncIterator[House]:
    async with open_house(state_dir) as built, built.working():
        yield built


def plane(house: House, folder: Path = NOWHERE) -> FakeHouse:
    made = FakeHouse(folder)
    made.desk.kept_commands = desk_of(house).commands()
    return made


async def ask(made: FakeHouse, who: Caller = ASKS, **params: Any) -> Accepted:
    answer = await dispatch(made, who, REQUEST, {"command": "git push", "twoPhase": True, **params})
    assert isinstance(answer, Accepted)
    return answer


async def refusal(made: FakeHouse, method: str, who: Caller = ASKS, **params: Any) -> RpcError:
    with pytest.raises(RpcError) as refused:
        await dispatch(made, who, method, params)
    return refused.value


@pytest.mark.parametrize(
    ("state", "allowed", "outcome", "decision"),
    [
        ("approved", True, "approved", "allow-once"),
        ("approved", False, "used", None),
        ("denied", False, "denied", "deny"),
        ("expired", False, "expired", None),
        ("withdrawn", False, "withdrawn", None),
    ],
)
def test_only_a_yes_that_is_told_here_allows(
    state: ApprovalState, allowed: bool, outcome: Any, decision: str | None
) -> None:
    approval = Approval("mitorake", QUESTION, state, "", "", 1_000, 121_000)
    assert decided_told(Decided(approval, allowed, outcome)) == {
        "id": "ask-1",
        "approvalId": "mitorake",
        "createdAtMs": 1_000,
        "expiresAtMs": 121_000,
        "decision": decision,
        "outcome": outcome,
    }


def test_all_that_the_original_sends_is_understood() -> None:
    asked = ApprovalRequest.model_validate(
        {
            "id": None, "command": "ls -l", "commandArgv": ["ls", "-l"], "env": {"LANG": "C"}, "cwd": "/tmp",
            "nodeId": "mini", "host": "node", "security": "allowlist", "ask": "always", "agentId": "main",
            "resolvedPath": "/bin/ls", "sessionKey": "agent:main:main", "turnSourceChannel": "telegram",
            "turnSourceTo": "1", "turnSourceAccountId": None, "turnSourceThreadId": 7, "timeoutMs": 5,
            "twoPhase": True,
        }
    )  # fmt: skip
    assert asked.meant() == Command(
        "ls -l", ("ls", "-l"), "/tmp", "/bin/ls", "node", "mini", "main", "agent:main:main", {"LANG": "C"},
        {
            "security": "allowlist", "ask": "always", "turnSourceChannel": "telegram", "turnSourceTo": "1",
            "turnSourceThreadId": 7,
        },
    )  # fmt: skip


async def test_two_phases_answer_at_once_and_with_the_decision(house: House) -> None:
    made = plane(house)
    accepted = await ask(made, id="ask-1", timeoutMs=60_000)
    told = accepted.payload
    assert (told["status"], told["id"]) == ("accepted", "ask-1")
    assert int(str(told["expiresAtMs"])) - int(str(told["createdAtMs"])) == 60_000
    answers: list[Json] = []

    async def wait(method: str, params: Json) -> None:
        answer = await dispatch(made, ASKS, method, params)
        assert not isinstance(answer, Accepted)
        answers.append(answer)

    async with anyio.create_task_group() as group:
        for name in ("ask-1", str(told["approvalId"])):
            group.start_soon(wait, WAIT, {"id": name})
        group.start_soon(wait, REQUEST, {"command": "git push", "id": "ask-1"})
        await anyio.wait_all_tasks_blocked()
        await house.approvals.decide(str(told["approvalId"]), allow=True, by="operator:cli")
    answers.append(await accepted.finish())
    assert [(each["id"], each["decision"]) for each in answers] == [("ask-1", "allow-once")] * 4


async def test_the_owner_reads_the_name_that_he_knows_the_device_by(house: House, tmp_path: Path) -> None:
    made = plane(house, tmp_path)
    book = made.office.devices
    facts = DeviceFacts("3fa9c1d2e3f4a5b6", "key", display_name="Ada's Mac\u202e")
    await book.pair_silently(facts, "operator", ["operator.approvals"])
    for who in (
        Caller(ASKS.scopes, device=facts.id),
        Caller(ASKS.scopes, browser="b_1"),
        Caller(ASKS.scopes, client="gateway-client"),
    ):
        await ask(made, who)
    assert [each.summary for each in await house.approvals.pending()] == [
        "command (Ada's Mac⟨U+202E⟩): git push",
        "command (a browser): git push",
        "command (gateway-client): git push",
    ]
    assert [each.text.split(".")[0] for each in await house.approvals.pending()] == [
        "Asked by: Ada's Mac⟨U+202E⟩, device 3fa9c1d2e3f4",
        "Asked by: a browser, signed in to this gateway",
        "Asked by: gateway-client, a program with the gateway's token",
    ]
    assert [each.question.run_id for each in await house.approvals.pending()] == [
        "device:3fa9c1d2e3f4a5b6",
        "browser:b_1",
        "client:gateway-client",
    ]


async def test_refusals_say_of_what_kind_they_are(house: House) -> None:
    made = plane(house)
    for number in range(MOST_WAITING):
        await ask(made, id=f"ask-{number}")
    many = await refusal(made, REQUEST, command="git push", id="one more")
    assert (many.code, many.details, many.retry_after) == ("UNAVAILABLE", {"code": "TOO_MANY_APPROVALS"}, 30)
    other = await refusal(made, REQUEST, command="git pull", id="ask-1")
    assert (other.code, other.details) == ("INVALID_REQUEST", {"code": "APPROVAL_ID_IN_USE"})
    unknown = await refusal(made, WAIT, id="nonesuch")
    assert (unknown.code, unknown.message.split(";")[0]) == (
        "INVALID_REQUEST",
        "approval expired or not found",
    )


@pytest.mark.parametrize(
    "params",
    [{}, {"command": " "}, {"command": "ls", "timeoutMs": 0}, {"command": "ls", "approved": True}],
)
async def test_a_wrong_question_is_not_asked(house: House, params: dict[str, Any]) -> None:
    assert (await refusal(plane(house), REQUEST, **params)).code == "INVALID_REQUEST"
    assert await house.approvals.pending() == []


async def test_who_may_only_write_asks_nothing() -> None:
    assert {METHODS[name].scope for name in (REQUEST, WAIT)} == {"operator.approvals"}
    writes = Caller(frozenset({"operator.write"}))
    for method, params in ((REQUEST, {"command": "ls"}), (WAIT, {"id": "ask-1"})):
        assert (await refusal(FakeHouse(), method, writes, **params)).code == "FORBIDDEN"


async def test_without_two_phases_the_one_answer_is_the_decision(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        made = plane(house)
        accepted = await ask(made, id="ask-1")
        await house.approvals.decide(str(accepted.payload["approvalId"]), allow=False, by="operator:cli")
        answer = await dispatch(made, ASKS, REQUEST, {"command": "git push", "id": "ask-1"})
    assert not isinstance(answer, Accepted)
    assert answer["decision"] == "deny"
