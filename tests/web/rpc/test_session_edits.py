from collections.abc import Mapping
from typing import Any

import pytest

from openclaw.web.rpc import session_edits
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.session_edits import totals, usage_of
from tests.web.fake_house import MAIN, FakeDesk, FakeHouse
from tests.web.fake_office import FakeSessions


async def ask(house: FakeHouse, method: str, **params: Any) -> dict[str, Any]:
    return dict(await dispatch(house, OPERATOR, method, params))  # type: ignore[arg-type]


def entries(house: FakeHouse) -> dict[str, dict[str, object]]:
    sessions = house.office.sessions
    assert isinstance(sessions, FakeSessions)
    return sessions.entries


async def test_a_patch_sets_what_it_names_and_nothing_else() -> None:
    house = FakeHouse()
    told = await ask(house, "sessions.patch", key="main", thinkingLevel="low", sendPolicy=None)
    assert told["path"].endswith("sessions.json")
    assert {"thinkingLevel": "low", "sendPolicy": None}.items() <= entries(house)[MAIN].items()
    assert "modelOverride" not in entries(house)[MAIN]
    await ask(house, "sessions.patch", key="main", model="claude-haiku-4-5")
    assert entries(house)[MAIN]["modelOverride"] == "claude-haiku-4-5"
    await ask(house, "sessions.patch", key="main", model=None)
    assert entries(house)[MAIN]["modelOverride"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"thinkingLevel": "enormous"}, {"execHost": "gateway"}, {"execSecurity": "full"}, {"execAsk": "off"},
        {"elevatedLevel": "full"}, {"spawnDepth": 0}, {"sendPolicy": "maybe"},
    ],
)  # fmt: skip
async def test_nothing_that_lets_programs_do_more_is_patched(wrong: dict[str, object]) -> None:
    house = FakeHouse()
    before = dict(entries(house)[MAIN])
    with pytest.raises(RpcError):
        await ask(house, "sessions.patch", key="main", **wrong)
    assert entries(house)[MAIN] == before


async def test_described_and_deleted() -> None:
    house = FakeHouse()
    told = (await ask(house, "sessions.describe", key="main"))["session"]
    assert (told["key"], told["kind"], told["isMain"], told["totalTokens"]) == (MAIN, "direct", True, 1240)
    assert (await ask(house, "sessions.delete", key=MAIN, deleteTranscript=True))["deleted"] is True
    with pytest.raises(RpcError) as gone:
        await ask(house, "sessions.describe", key="main")
    assert gone.value.details == {"code": "NOT_FOUND"}


async def test_a_conversation_is_summed_up_in_its_own_lane() -> None:
    house = FakeHouse()

    async def reply(desk: FakeDesk, run_id: str) -> None:
        entries(house)[MAIN] |= {"compactionCount": 1, "totalTokens": 300}
        await desk.end(run_id, "Summed up.")

    house.desk.reply = reply
    told = await ask(house, "sessions.compact", key="main", instructions="keep the numbers")
    assert told == {
        "ok": True, "key": MAIN, "compacted": True, "reason": "Summed up.", "tokensBefore": 1240, "tokensAfter": 300,
    }  # fmt: skip
    (question,) = house.desk.questions
    assert (question.message, question.session_key) == ("/compact keep the numbers", MAIN)
    assert (await ask(house, "sessions.compact", key="main"))["compacted"] is False


async def test_a_summary_that_takes_long_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_edits, "COMPACTION_SECONDS", 0.02)
    with pytest.raises(RpcError) as late:
        await ask(FakeHouse(), "sessions.compact", key="main")
    assert late.value.code == "AGENT_TIMEOUT"


async def test_what_conversations_have_used() -> None:
    told = await ask(FakeHouse(), "sessions.usage")
    (row,) = told["sessions"]
    assert row["usage"]["totalTokens"] == 1200 + 40
    assert told["totals"]["totalCost"] == 0.0021
    assert told["startDate"] < told["endDate"]
    with pytest.raises(RpcError, match="startDate lies after endDate"):
        await ask(FakeHouse(), "sessions.usage", startDate="2999-01-01")
    with pytest.raises(RpcError, match="up to today"):
        await ask(FakeHouse(), "sessions.usage", startDate="2026-01-01", endDate="2026-01-02")


def test_the_originals_names_of_the_counts() -> None:
    rows: list[Mapping[str, Any]] = [
        {"input": 1, "output": 2, "cacheRead": 3, "cost": 0.5, "turns": 1},
        {"input": 10, "cost": 0.25},
    ]
    assert usage_of(totals(rows)) == {
        "input": 11, "output": 2, "cacheRead": 3, "cacheWrite": 0, "totalTokens": 13, "totalCost": 0.75, "turns": 1,
    }  # fmt: skip
