from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from openclaw.gateway.pairing import PairingStore
from openclaw.llm.chat import Reply, Request
from openclaw.types.errors import AmbiguousDeliveryError, StorageFullError
from openclaw.types.events import TurnFinished
from openclaw.web.desk import Question, RunState, UnknownKeyError
from openclaw.web.front_desk import FrontDesk
from tests.gateway.harness import MAIN, MEMBER, OWNER, PER_PEER, STRANGER, House, Plan, open_house, said, to
from tests.gateway.scripted import NOW, hangs, says
from tests.web.desks import PLATE, desk_of


@pytest.fixture
async def house(state_dir: Path) -> AsyncIterator[House]:
    async with open_house(state_dir, Plan(agents=("main", "work"))) as built, built.working():
        yield built


@pytest.fixture
def desk(house: House) -> FrontDesk:
    return desk_of(house)


async def ended(house: House, desk: FrontDesk, run_id: str) -> RunState:
    await house.changes.until(lambda: run_id in {event.run_id for event in house.told(TurnFinished)})
    state = desk.run(run_id)
    assert state is not None
    return state


# -- questions --------------------------------------------------------------------------------------------


async def test_a_question_is_in_the_ledger_when_asking_returns_and_answered_later(
    house: House, desk: FrontDesk
) -> None:
    house.model.will(says("22°C."))
    assert desk.run("r1") is None

    asked = await desk.ask(Question("r1", "What's the weather like?"))

    assert asked == RunState("r1", "in_flight", MAIN, started_at=NOW)
    assert await house.column("SELECT run_id FROM inbox") == ["r1"]
    state = await ended(house, desk, "r1")
    assert (state.status, state.text, state.session_key) == ("ok", "22°C.", MAIN)
    assert [line.get("content") for line in await house.transcript()] == [
        None,
        "What's the weather like?",
        "22°C.",
    ]


async def test_the_same_run_id_asked_again_starts_nothing(house: House, desk: FrontDesk) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(desk.ask, Question("r1", "hi"))
    state = await ended(house, desk, "r1")

    assert await desk.ask(Question("r1", "hi")) == state
    await house.settled()
    assert len(house.model.requests) == 1


async def test_a_question_is_the_owners_and_goes_to_the_session_and_agent_that_are_asked_for(
    house: House, desk: FrontDesk
) -> None:
    asked = await desk.ask(Question("r1", "hi", session_key="telegram:7", agent="work"))
    await house.settled()

    assert asked.session_key == "agent:work:telegram:direct:7"
    assert await house.rows("SELECT role, agent, session_key FROM inbox") == [
        {"role": "owner", "agent": "work", "session_key": "agent:work:telegram:direct:7"}
    ]


@pytest.mark.parametrize(
    "question",
    [Question("r1", "hi", agent="ghost"), Question("r1", "hi", session_key="agent:ghost:main")],
)
async def test_a_question_for_an_agent_that_is_not_there_is_not_answered_by_another(
    house: House, desk: FrontDesk, question: Question
) -> None:
    with pytest.raises(UnknownKeyError, match=r"no agent 'ghost'.*main, work"):
        await desk.ask(question)

    assert await house.column("SELECT count(*) FROM inbox") == [0]


async def test_a_question_that_could_not_be_stored_may_be_asked_again(house: House, desk: FrontDesk) -> None:
    house.database.no_room = True
    with pytest.raises(StorageFullError):
        await desk.ask(Question("r1", "hi"))
    assert desk.run("r1") is None
    house.database.no_room = False

    await desk.ask(Question("r1", "hi"))

    assert (await ended(house, desk, "r1")).status == "ok"


async def test_a_failed_run_says_why(house: House, desk: FrontDesk) -> None:
    house.briefing.failure = RuntimeError("our mistake")

    await desk.ask(Question("r1", "hi"))

    state = await ended(house, desk, "r1")
    assert (state.status, state.error) == ("error", "internal_error")
    assert "openclaw trace t_" in state.text


async def test_a_run_of_an_earlier_life_is_known_by_its_end(house: House, desk: FrontDesk) -> None:
    await desk.ask(Question("good", "hi"))
    house.model.will(says("NO_REPLY"))
    await desk.ask(Question("silent", "hi"))
    await house.settled()
    house.briefing.failure = RuntimeError("our mistake")
    await desk.ask(Question("bad", "hi"))
    await house.settled()
    house.runs._ended.clear()

    assert await desk.ask(Question("good", "hi")) == RunState("good", "ok", MAIN)
    assert (await desk.ask(Question("silent", "hi"))).status == "ok"
    assert (desk.run("bad"), await desk.old_run("nobodys")) == (None, None)
    assert await desk.ask(Question("bad", "hi")) == RunState("bad", "error", MAIN, error="internal_error")
    assert await desk.old_run("bad") == RunState("bad", "error", MAIN, error="internal_error")


async def test_who_asks_again_after_a_restart_waits_for_the_run_that_has_not_ended(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        await desk_of(house).ask(Question("r1", "hi"))

    async with open_house(state_dir, Plan(boot="boot_2")) as house:
        desk = desk_of(house)
        again = await desk.ask(Question("r1", "hi"))
        async with house.working():
            state = await ended(house, desk, "r1")

    assert (again.status, state.status, state.text) == ("in_flight", "ok", "Yes.")


# -- the house --------------------------------------------------------------------------------------------


async def test_health_names_what_is_wrong(house: House) -> None:
    assert await desk_of(house).health() == {
        "ok": True,
        "problems": [],
        "channels": {"telegram": {"condition": "connected"}},
    }
    broken = await desk_of(house, problems=["telegram: 401"]).health()
    assert (broken["ok"], broken["problems"]) == (False, ["telegram: 401"])


async def test_status_counts_what_waits_runs_and_costs(house: House, desk: FrontDesk) -> None:
    await house.receive(said("one", number=1))
    await house.settled()
    house.clock.advance(24 * 3600)
    await house.receive(said("two", number=2))
    await house.settled()
    house.model.will(hangs)
    await house.receive(said("three", number=3), said("four", number=4))
    await house.until_rows("SELECT state FROM inbox WHERE seq > 2 ORDER BY seq", ["running", "queued"])

    status = await desk.status()

    assert {key: status[key] for key in ("queue", "running", "outbox", "sessions", "costToday")} == {
        "queue": {"waiting": 1},
        "running": 1,
        "outbox": {},
        "sessions": 1,
        "costToday": 0.25,
    }
    assert status["uptimeMs"] == 5_000 + 24 * 3_600_000
    assert (status["version"], status["stateDir"]) == ("1.0", "/var/openclaw")
    assert desk.nameplate() is PLATE
    assert status["agents"] == [{"id": "main", "model": "anthropic/claude-opus-4-6", "tier": "first"}]
    assert status["budgets"] == await desk.budgets() == []
    known: Any = status
    assert [(key["id"], key["state"]) for key in known["keys"]] == [("anthropic:default", "ok")]
    assert [each["channel"] for each in known["lastMessages"]] == ["telegram"]
    assert (known["lastError"], known["nextJob"]) == (None, None)

    costs: Any = await desk.costs(by="agent", days=1)
    assert [row["key"] for row in costs["rows"]] == ["main"]
    assert (costs["total"]["cost"], costs["total"]["turns"]) == (0.25, 1)


# -- sessions ---------------------------------------------------------------------------------------------


async def test_sessions_are_listed_newest_first_and_can_be_searched(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(session=PER_PEER)) as house, house.working():
        desk = desk_of(house)
        await house.receive(said("hi", OWNER, number=1))
        await house.settled()
        house.clock.advance(1)
        await desk.ask(Question("r1", "hi"))
        await house.settled()
        telegram = f"agent:main:telegram:direct:{OWNER}"

        assert [entry["key"] for entry in await desk.sessions(limit=9, agent=None, search=None)] == [
            MAIN,
            telegram,
        ]
        assert [entry["key"] for entry in await desk.sessions(limit=1, agent="main", search=None)] == [MAIN]
        assert [entry["key"] for entry in await desk.sessions(limit=9, agent=None, search="Telegram")] == [
            telegram
        ]
        assert await desk.sessions(limit=9, agent="work", search=None) == []


async def test_a_session_is_shown_with_its_lines(house: House, desk: FrontDesk) -> None:
    await house.receive(said("hi"))
    await house.settled()

    shown = await desk.session("main")

    assert shown["key"] == MAIN
    assert shown["lines"] == await house.transcript()
    entry: Any = shown["entry"]
    assert (shown["sessionId"], entry["inputTokens"]) == (entry["sessionId"], 100)


async def test_an_unknown_session_is_told_with_the_way_to_the_known_ones(desk: FrontDesk) -> None:
    with pytest.raises(UnknownKeyError, match=r"agent:main:telegram:direct:9.*openclaw sessions list"):
        await desk.session("telegram:9")
    with pytest.raises(UnknownKeyError):
        await desk.reset_session("agent:ghost:main")


async def test_a_reset_begins_a_new_conversation_and_keeps_the_old_one(house: House, desk: FrontDesk) -> None:
    await house.receive(said("remember me", number=1))
    await house.settled()
    before: Any = await desk.session("main")

    after: Any = await desk.reset_session("main")
    await house.receive(said("who am I?", number=2))
    await house.settled()

    assert (after["ok"], after["key"]) == (True, MAIN)
    assert after["entry"]["sessionId"] != before["sessionId"]
    assert after["entry"]["inputTokens"] == 0
    assert len(house.model.requests[-1].messages) == 1
    assert [line.get("content") for line in await house.transcript()][1] == "who am I?"
    kept = [path.name async for path in anyio.Path(house.state / "agents/main/sessions").glob("*.reset.*")]
    assert [name.split(".")[0] for name in kept] == [before["sessionId"]]


async def test_a_reset_waits_for_the_turn_that_runs(house: House, desk: FrontDesk) -> None:
    release = anyio.Event()

    async def slow(request: Request) -> Reply:
        await release.wait()
        return says("Yes.")

    await house.receive(said("one", number=1))
    await house.settled()
    before: Any = await desk.session("main")
    house.model.will(slow)
    await house.receive(said("two", number=2))
    await house.changes.until(lambda: len(house.model.requests) == 2)

    async with anyio.create_task_group() as group:
        group.start_soon(desk.reset_session, "main")
        await anyio.wait_all_tasks_blocked()
        entry = house.sessions.find(MAIN)
        assert entry is not None
        assert entry["sessionId"] == before["sessionId"]
        release.set()

    await house.settled()
    (archived,) = [path async for path in anyio.Path(house.state / "agents/main/sessions").glob("*.reset.*")]
    lines = [orjson.loads(line) for line in (await archived.read_bytes()).splitlines()]
    assert [line.get("content") for line in lines[1:]] == ["one", "Yes.", "two", "Yes."]


# -- pairing ----------------------------------------------------------------------------------------------


async def test_a_pairing_request_is_listed_approved_and_gone(house: House, desk: FrontDesk) -> None:
    await house.receive(said("let me in", STRANGER))
    await house.settled()

    (request,) = await desk.pairing_requests(None)
    assert (request["channel"], request["id"]) == ("telegram", STRANGER)
    assert set(request) == {"channel", "id", "code", "createdAt", "lastSeenAt", "meta"}
    assert await desk.approve_pairing("telegram", str(request["code"])) == {
        "channel": "telegram",
        "id": STRANGER,
    }

    assert await desk.pairing_requests("telegram") == []
    assert await house.pairing.paired(STRANGER) == {STRANGER}


async def test_a_code_is_found_on_whichever_account_it_was_given(house: House, desk: FrontDesk) -> None:
    work = PairingStore(house.state / "credentials", "telegram", "work", house.clock)
    code = await work.request(STRANGER, {})
    assert code is not None

    assert await desk.reject_pairing("telegram", code) == {"channel": "telegram", "id": STRANGER}
    assert await work.pending() == []


async def test_unknown_codes_and_channels_are_told(desk: FrontDesk) -> None:
    with pytest.raises(UnknownKeyError, match="code 'NOPE'"):
        await desk.approve_pairing("telegram", "nope")
    with pytest.raises(UnknownKeyError, match="no channel named 'fax'"):
        await desk.approve_pairing("fax", "nope")


# -- traces and outbox ------------------------------------------------------------------------------------


async def test_traces_are_listed_and_found_by_id(house: House, desk: FrontDesk) -> None:
    await house.receive(said("hi"))
    await house.settled()

    (trace,) = await desk.traces(10)

    assert await desk.trace(str(trace["id"])) == trace
    with pytest.raises(UnknownKeyError, match="openclaw trace list"):
        await desk.trace("t_0")


async def in_doubt(house: House, desk: FrontDesk) -> str:
    """A message to a member that may have been delivered or not."""
    await house.pairing.approve(str(await house.pairing.request(MEMBER, {})))
    house.channel.will_raise(MEMBER, AmbiguousDeliveryError(to(MEMBER), "no answer in time"))
    await house.receive(said("hi", MEMBER))
    await house.until_rows("SELECT state FROM outbox", ["ambiguous"])
    (row,) = await desk.outbox(state="ambiguous", limit=10)
    return str(row["id"])


async def test_a_message_in_doubt_is_sent_again_when_the_owner_says_so(house: House, desk: FrontDesk) -> None:
    outbox_id = await in_doubt(house, desk)

    assert await desk.settle(outbox_id, "resend") == {"ok": True, "id": outbox_id, "action": "resend"}

    await house.settled()
    assert house.channel.texts(MEMBER) == ["Yes."]
    assert await desk.outbox(state=None, limit=10) == []


async def test_a_message_in_doubt_is_dropped_when_the_owner_says_so(house: House, desk: FrontDesk) -> None:
    outbox_id = await in_doubt(house, desk)

    await desk.settle(outbox_id, "drop")

    assert await house.column("SELECT state FROM outbox") == ["dropped"]
    assert len(house.channel.offered) == 1


async def test_what_is_settled_is_not_settled_again(house: House, desk: FrontDesk) -> None:
    outbox_id = await in_doubt(house, desk)
    await desk.settle(outbox_id, "drop")

    with pytest.raises(UnknownKeyError, match="is dropped"):
        await desk.settle(outbox_id, "resend")
    with pytest.raises(UnknownKeyError, match="does not exist"):
        await desk.settle("o_0", "drop")


async def test_every_question_of_a_burst_is_answered(house: House, desk: FrontDesk) -> None:
    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(desk.ask, Question(f"r{number}", "hi"))
    await house.settled()

    states = [desk.run(f"r{number}") for number in range(100)]
    assert {state and state.status for state in states} == {"ok"}


# -- models -----------------------------------------------------------------------------------------------


async def test_models_and_their_keys_are_told(desk: FrontDesk) -> None:
    default, *others = await desk.models()
    status = await desk.model_status()

    assert (default["id"], default["tags"]) == ("claude-opus-4-6", ["default"])
    assert "claude-haiku-4-5" in {row["id"] for row in others}
    assert status["model"] == "anthropic/claude-opus-4-6"
    assert status["fallbacks"] == ["anthropic/claude-haiku-4-5"]
    assert isinstance(status["profiles"], list)
    assert [(each["id"], each["state"]) for each in status["profiles"]] == [("anthropic:default", "ok")]
