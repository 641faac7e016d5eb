"""Whatever happens in whatever order: every message has one end, and nothing is lost or said twice."""

import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import orjson
from anyio.abc import TaskGroup, TaskStatus
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from openclaw.agent.tools.base import Effect
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.answering import Patience
from openclaw.gateway.config import QueueConfig
from openclaw.llm.chat import ModelError, Reply, Request
from openclaw.store.outbox import MARK
from openclaw.types.conversation import ToolCall
from openclaw.types.messages import Outbound
from tests.gateway.harness import MAIN, MEMBER, OWNER, House, Plan, open_house, said
from tests.gateway.scripted import MODEL, ControlledClock, FakeTool, calls, forever, says

SIDE = "agent:main:side"
SESSIONS = {"owner": MAIN, "member": MAIN, "program": SIDE}
MODES = ("steer", "followup", "collect", "steer-backlog", "interrupt")
EXAMPLES = int(os.environ.get("OPENCLAW_TEST_EXAMPLES", "12"))
AWAY = ModelError(MODEL, "overloaded", "529")
INVALID = ModelError(MODEL, "invalid", "no")


class World:
    """What outlives the daemon: the people, the model, what tools have done, and the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ControlledClock()
        self.house: House
        self.lives = 0
        self.arrived = 0
        self.replies = 0
        self.asked: list[tuple[anyio.Event, list[Reply | Exception]]] = []
        """Requests that the model has not answered yet."""
        self.tools: list[anyio.Event] = []
        """Calls under way."""
        self.effects: list[str] = []
        self.sent: list[Outbound] = []
        self.frozen = False
        """Between the power cut and the next start nothing happens any more."""
        self.by_itself = False
        """The model answers at once."""
        self._group: TaskGroup
        self._over = anyio.Event()
        self._gone = anyio.Event()

    @asynccontextmanager
    async def existing(self) -> AsyncIterator["World"]:
        async with anyio.create_task_group() as self._group:
            await self._group.start(self._live, self.folder / "0")
            yield self
            self._over.set()

    async def _live(self, state: Path, *, task_status: TaskStatus[None]) -> None:
        await anyio.Path(state).mkdir(exist_ok=True)
        over, gone = self._over, self._gone
        async with open_house(state, self._plan(), self.clock) as house:
            house.briefing.tools = {"pay": FakeTool(self._pay, "pay", Effect.ONCE)}
            house.model.otherwise = self._answer
            self._watch_channel(house)
            self.house = house
            async with house.working():
                task_status.started()
                await over.wait()
        gone.set()

    def _plan(self) -> Plan:
        self.lives += 1
        return Plan(
            policy=AccessPolicy("allowlist", frozenset({OWNER, MEMBER}), frozenset({OWNER})),
            queue=QueueConfig(debounce_ms=0, cap=3, drop="old"),
            patience=Patience(0.0, 900.0),
            boot=f"boot_{self.lives}",
        )

    def _watch_channel(self, house: House) -> None:
        send = house.channel.send

        async def watched(message: Outbound) -> str:
            if self.frozen:
                await forever()
            self.sent.append(message)
            return await send(message)

        house.channel.send = watched  # type: ignore[method-assign]

    async def _answer(self, request: Request) -> Reply:
        if self.by_itself:
            return self.reply("answer")
        told: list[Reply | Exception] = []
        waiting = (anyio.Event(), told)
        self.asked.append(waiting)
        try:
            await waiting[0].wait()
        finally:
            if waiting in self.asked:
                self.asked.remove(waiting)
        if isinstance(told[0], Exception):
            raise told[0]
        return told[0]

    async def _pay(self, arguments: Mapping[str, object]) -> str:
        if self.frozen:
            await forever()
        self.effects.append(str(arguments["nonce"]))
        done = anyio.Event()
        self.tools.append(done)
        try:
            if not self.by_itself:
                await done.wait()
        finally:
            self.tools.remove(done)
        return "paid"

    def reply(self, kind: str) -> Reply:
        self.replies += 1
        number = self.replies
        if kind == "answer":
            return says(f"answer {number}.")
        count = 2 if kind == "two tools" else 1
        wanted = [ToolCall(f"toolu_{number}_{n}", "pay", {"nonce": f"{number}_{n}"}) for n in range(count)]
        return calls(*wanted, text=f"step {number}")

    # -- what happens -------------------------------------------------------------------------------------

    async def arrive(self, who: str) -> None:
        self.arrived += 1
        number, text = self.arrived, f"word {self.arrived}."
        self.clock.advance(1)
        if who == "program":
            self.house.runs.expect(f"r{number}", SIDE)
            more: dict[str, Any] = {
                "reply_to": None, "operator": True, "session_key": "side", "run_id": f"r{number}",
            }  # fmt: skip
        else:
            more = {"sender_id": OWNER if who == "owner" else MEMBER}
        sender = more.pop("sender_id", OWNER)
        await self.house.receive(said(text, sender, number=number, sent_at=self.clock.now_ms(), **more))
        await self.quiet()

    async def model(self, kind: str) -> None:
        if not self.asked:
            return
        event, told = self.asked.pop(0)
        told.append({"away": AWAY, "invalid": INVALID}.get(kind) or self.reply(kind))
        event.set()
        await self.quiet()

    async def tool(self) -> None:
        for done in self.tools[:1]:
            done.set()
        await self.quiet()

    async def abort(self, session: str) -> None:
        self.house.turns.abort(session)
        await self.quiet()

    async def switch(self, session: str, changes: Mapping[str, Any]) -> None:
        if entry := self.house.sessions.find(session):
            self.house.sessions._indexes["main"].put(session, {**entry, **changes})

    async def crash(self, *, settled: bool) -> None:
        if settled:
            await self.quiet()
        self.frozen = True
        left = await self.house.snapshot(self.folder / str(self.lives))
        await self._end()
        await self._begin(left)

    async def restart(self) -> None:
        state = self.house.state
        await self._end()
        await self._begin(state)

    async def _end(self) -> None:
        self._over.set()
        await self._gone.wait()

    async def _begin(self, state: Path) -> None:
        self.frozen, self._over, self._gone = False, anyio.Event(), anyio.Event()
        await self._group.start(self._live, state)
        await self.quiet()

    async def quiet(self) -> None:
        """As far as it goes without the model, the tools and the people."""
        for _ in range(8):
            await self.house.database.read(lambda tx: None)
            await anyio.wait_all_tasks_blocked()

    async def finish(self) -> None:
        self.by_itself = True
        while self.asked:
            await self.model("answer")
        for done in list(self.tools):
            done.set()
        await self.house.settled()
        await self.house.lanes.rest()

    # -- what must hold -----------------------------------------------------------------------------------

    async def check_turns(self) -> None:
        house = self.house
        for column, table in (("session_key", "turns"), ("session_key", "inbox")):
            states = "('open')" if table == "turns" else "('running')"
            busy = await house.column(f"SELECT {column} FROM {table} WHERE state IN {states}")
            assert len(busy) == len(set(busy)), f"two at a time: {busy}"
        starts = await house.rows(
            "SELECT i.seq, i.session_key, i.event FROM turns t JOIN inbox i ON i.seq = t.inbox_seq ORDER BY t.rowid"
        )
        for place, seqs in _by_place(starts).items():
            assert seqs == sorted(seqs), f"{place} was answered out of turn: {seqs}"

    async def check_end(self) -> None:
        rows = await self.house.rows("SELECT * FROM inbox ORDER BY seq")
        assert len(rows) == self.arrived
        assert all(row["finished_at"] for row in rows)
        assert {row["state"] for row in rows} <= {"answered", "merged", "ignored", "dead"}
        outcomes = await self.house.rows("SELECT id, outcome FROM traces")
        assert {row["id"]: row["outcome"] for row in outcomes} == {
            row["trace_id"]: row["state"] for row in rows
        }
        assert not [run for run in self.house.runs._waiting if run], "somebody waits for a run that has ended"
        await self._check_transcripts(rows)
        self._check_sent(rows)
        assert max(Counter(self.effects).values(), default=0) <= 1, f"an effect was repeated: {self.effects}"

    async def _check_transcripts(self, rows: list[dict[str, Any]]) -> None:
        for key in {row["session_key"] for row in rows}:
            lines = (await self.house.transcript(key))[1:]
            ids = [line["id"] for line in lines]
            assert len(ids) == len(set(ids))
            _check_calls(lines)
            heard = " ".join(str(line["content"]) for line in lines if line.get("role") == "user")
            for row in rows:
                if row["session_key"] == key and row["state"] != "ignored":
                    text = orjson.loads(row["event"])["text"]
                    assert text in heard, f"{text} ({row['state']}) is not in the transcript"

    def _check_sent(self, rows: list[dict[str, Any]]) -> None:
        said_plainly = Counter(
            (message.to.chat, message.part.text)
            for message in self.sent
            if not message.part.text.startswith(MARK)
        )
        answers = {pair: count for pair, count in said_plainly.items() if pair[1].startswith("answer")}
        assert all(count == 1 for count in answers.values()), f"said twice: {answers}"


def _by_place(starts: list[dict[str, Any]]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in starts:
        found[row["session_key"], str(orjson.loads(row["event"])["reply_to"])].append(row["seq"])
    return found


def _check_calls(lines: list[dict[str, Any]]) -> None:
    """Every call has its one result in the very next line, and no result is without its call."""
    open_calls: list[str] = []
    for line in lines:
        blocks = line["content"] if isinstance(line.get("content"), list) else []
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert results == open_calls, f"calls {open_calls} have results {results}"
        open_calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
    assert not open_calls


class LifeOfMessages(RuleBasedStateMachine):
    """No rule has a precondition: what is drawn must not hang on how fast a thread was."""

    @initialize()
    def begin(self) -> None:
        self.open = ExitStack()
        folder = self.open.enter_context(TemporaryDirectory())
        portal = self.open.enter_context(start_blocking_portal())
        world = World(Path(folder))
        self.open.enter_context(portal.wrap_async_context_manager(world.existing()))
        self.world = world
        self.call: Callable[..., Any] = portal.call

    @rule(who=st.lists(st.sampled_from(["owner", "owner", "member", "program"]), min_size=1, max_size=3))
    def people_write(self, who: list[str]) -> None:
        for each in who:
            self.call(self.world.arrive, each)

    @rule(kind=st.sampled_from(["answer", "answer", "tool", "two tools", "two tools", "away", "invalid"]))
    def the_model_answers(self, kind: str) -> None:
        self.call(self.world.model, kind)

    @rule(writes=st.booleans())
    def a_tool_is_done(self, writes: bool) -> None:
        if writes and self.world.tools:
            self.call(self.world.arrive, "owner")
        self.call(self.world.tool)

    @rule(
        session=st.sampled_from([MAIN, SIDE]),
        mode=st.sampled_from(MODES),
        drop=st.sampled_from(["old", "new", "summarize"]),
    )
    def the_mode_is_switched(self, session: str, mode: str, drop: str) -> None:
        self.call(self.world.switch, session, {"queueMode": mode, "queueDrop": drop})

    @rule(what=st.sampled_from(["abort main", "abort side", "power cut", "power cut at rest", "restart"]))
    def it_ends(self, what: str) -> None:
        match what:
            case "restart":
                self.call(self.world.restart)
            case "abort main" | "abort side":
                self.call(self.world.abort, MAIN if what == "abort main" else SIDE)
            case _:
                self.call(lambda: self.world.crash(settled=what == "power cut at rest"))

    @invariant()
    def one_turn_at_a_time_in_order(self) -> None:
        if hasattr(self, "call"):
            self.call(self.world.check_turns)

    def teardown(self) -> None:
        if not hasattr(self, "open"):
            return
        with self.open:
            self.call(self.world.finish)
            self.call(self.world.check_turns)
            self.call(self.world.check_end)


TestLifeOfMessages = LifeOfMessages.TestCase
TestLifeOfMessages.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize="OPENCLAW_TEST_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
