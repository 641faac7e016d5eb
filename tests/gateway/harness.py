"""The gateway as `app` wires it, over a real ledger and real transcripts, with a scripted world around it."""

import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import orjson

from openclaw.agent.config import AgentDefaults, ToolsConfig
from openclaw.agent.context.config import CompactionConfig
from openclaw.agent.context.upkeep import Upkeep
from openclaw.agent.profile import AgentProfile, ModelPin
from openclaw.agent.renderer import Wrapping
from openclaw.agent.repetition import LoopDetectionConfig, Repetition
from openclaw.agent.tools.base import Tool
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.bus import Bus
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.answering import Patience
from openclaw.gateway.approvals import ApprovalParts, Approvals, owner_addresses
from openclaw.gateway.budgets import Budgets
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.commands.desk import Commands
from openclaw.gateway.commands.lane import LaneWork
from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.commands.stop import Stopper
from openclaw.gateway.config import Binding, CommandsConfig, QueueConfig
from openclaw.gateway.delivery import Delivery, DeliveryParts, DeliveryRules
from openclaw.gateway.dispatch import Dispatch
from openclaw.gateway.gate import HouseGate, rules_of
from openclaw.gateway.intake import Intake
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.limits import BudgetsConfig, SendPolicyConfig
from openclaw.gateway.pairing import PairingStore
from openclaw.gateway.routing import Routing
from openclaw.gateway.running import Prepared
from openclaw.gateway.runs import Runs
from openclaw.gateway.send_policy import send_policy
from openclaw.gateway.streaming import StreamParts, StreamPlan, Streams, Tempo
from openclaw.gateway.tracing import Trace, TraceBook
from openclaw.gateway.turns import Freshness, TurnParts, Turns
from openclaw.gateway.waiting import WaitingRoom
from openclaw.llm.chat import Request, ToolSpec
from openclaw.llm.config import ModelsConfig
from openclaw.llm.selection import Menu, canonical
from openclaw.sessions.config import SessionConfig
from openclaw.sessions.sessions import Sessions
from openclaw.store.approvals import ApprovalLedger
from openclaw.store.database import Database, Transaction, open_database
from openclaw.store.inbox import InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.streams import StreamLedger
from openclaw.types.conversation import Entry
from openclaw.types.errors import StorageFullError
from openclaw.types.events import (
    ApprovalRequested,
    ApprovalResolved,
    Event,
    MessageReceived,
    ModelReplied,
    ReplyReady,
    ReplySent,
    SessionChanged,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TraceRecorded,
    TurnFinished,
    TurnStarted,
)
from openclaw.types.messages import Address, Arrival, Inbound, Sender
from tests.gateway.scripted import (
    Changes,
    ControlledClock,
    EditableChannel,
    FakeChannel,
    ScriptedModel,
    plainly,
)

T = TypeVar("T")

OWNER = "821071206"
MEMBER = "821071207"
STRANGER = "821071208"
TELEGRAM = ("telegram", "default")
MAIN = "agent:main:main"
EVENTS: tuple[type[Event], ...] = (
    MessageReceived, ReplyReady, ReplySent, TurnStarted, TextDelta, ModelReplied, ToolStarted, ToolFinished,
    TurnFinished, SessionChanged, TraceRecorded, ApprovalRequested, ApprovalResolved,
)  # fmt: skip
PER_PEER = SessionConfig(dm_scope="per-channel-peer")


def to(chat: str) -> Address:
    return Address("telegram", chat)


def said(text: str, sender: str = OWNER, *, number: int = 1, **more: Any) -> Arrival:
    """A direct message; `number` is the provider's own."""
    fields = {"sender": Sender(sender, "Ada"), "reply_to": to(sender), "sent_at": 0, **more}
    message = Inbound("telegram", text=text, **fields)
    return Arrival(f"telegram:default:{number}", "telegram", "default", text.encode(), message, number)


class WatchedDatabase(Database):
    """Tells when something was written; has no room when a test says so."""

    def __init__(self, inner: Database, changes: Changes) -> None:
        super().__init__(inner._connection, inner.path)
        self._changes = changes
        self.no_room = False

    async def write(self, work: Callable[[Transaction], T]) -> T:
        if self.no_room:
            raise StorageFullError("no room: free some space")
        result = await super().write(work)
        self._changes.notify()
        return result


@dataclass
class PlainBriefing:
    """The conversation as it is, to the model and with the tools that the test gave."""

    model: ScriptedModel
    tools: Mapping[str, Tool] = field(default_factory=dict)
    steps: int = 32
    failure: Exception | None = None
    window: int = 200_000
    workspace: Path = Path("/nowhere")
    repetition: LoopDetectionConfig = field(default_factory=LoopDetectionConfig)

    async def weigh(self, agent: str) -> Mapping[str, Mapping[str, int]]:
        return {"files": {"AGENTS.md": 1200, "SOUL.md": 800}, "tools": {}}

    async def prepare(
        self, row: InboxRow, history: Sequence[Entry], entry: Mapping[str, Any], trace: Trace
    ) -> Prepared:
        if self.failure is not None:
            raise self.failure
        specs = tuple(ToolSpec(tool.name, tool.description, tool.schema) for tool in self.tools.values())

        def prompt(entries: Sequence[Entry]) -> Request:
            return Request("claude-opus-4-6", "Be kind.", plainly([*history, *entries]), specs)

        return Prepared(
            self.model,
            prompt,
            self.tools,
            self.steps,
            self.window,
            self.workspace,
            Repetition(self.repetition),
        )


class ModelShelf:
    """The models of a house with an Anthropic key."""

    menu = Menu(ModelsConfig())

    def default_name(self, ref: str | None = None) -> str:
        return str(canonical(ref, self.menu))


@dataclass
class Plan:
    """What a test wants other than the usual."""

    policy: AccessPolicy = field(
        default_factory=lambda: AccessPolicy("pairing", frozenset({OWNER}), frozenset({OWNER}))
    )
    session: SessionConfig = field(default_factory=SessionConfig)
    agents: tuple[str, ...] = ("main",)
    bindings: tuple[Binding, ...] = ()
    rules: DeliveryRules = field(default_factory=DeliveryRules)
    patience: Patience = field(default_factory=lambda: Patience(0.0, 900.0))
    secrets: frozenset[str] = frozenset()
    at_once: int = 64
    channels: bool = True
    edits: bool = False
    """The channel can change what it has sent."""
    stream: StreamPlan = field(default_factory=StreamPlan)
    blocks: BlockRules = field(default_factory=BlockRules)
    queue: QueueConfig = field(default_factory=lambda: QueueConfig(mode="followup", cap=10_000))
    budgets: BudgetsConfig = field(default_factory=BudgetsConfig)
    compaction: CompactionConfig = field(default_factory=CompactionConfig)
    boot: str = "boot_1"
    commands: CommandsConfig = field(default_factory=CommandsConfig)
    sending: SendPolicyConfig = field(default_factory=SendPolicyConfig)
    pin: ModelPin | None = None
    restart: Callable[[], None] | None = None


@dataclass
class House:
    """Every part, built; `working()` sets them going."""

    state: Path
    clock: ControlledClock
    changes: Changes
    database: WatchedDatabase
    ledger: Ledger
    bus: Bus
    sessions: Sessions
    model: ScriptedModel
    channel: FakeChannel
    briefing: PlainBriefing
    traces: TraceBook
    runs: Runs
    turns: Turns
    lanes: Lanes[str]
    intake: Intake
    delivery: Delivery
    dispatch: Dispatch
    pairing: PairingStore
    routing: Routing
    streams: Streams
    stopper: Stopper
    approvals: Approvals
    events: list[Event] = field(default_factory=list)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Leaving the block cancels what is under way, as a second SIGTERM would."""
        async with anyio.create_task_group() as group:
            await group.start(self.watch)
            await group.start(self.streams.run)
            await group.start(self.lanes.run)
            group.start_soon(self.approvals.run)
            group.start_soon(self.dispatch.run)
            group.start_soon(self.delivery.run)
            yield
            group.cancel_scope.cancel()

    async def watch(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """Keep every event that the bus carried."""
        with self.bus.subscribe(*EVENTS, depth=10_000, lossless=True) as events:
            task_status.started()
            async for event in events:
                assert isinstance(event, EVENTS)
                self.events.append(event)
                self.changes.notify()

    def told(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        return await self.database.read(lambda tx: [dict(row) for row in tx.execute(query, values)])

    async def column(self, query: str, *values: object) -> list[Any]:
        return [next(iter(row.values())) for row in await self.rows(query, *values)]

    async def until_rows(self, query: str, expected: Sequence[object], seconds: float = 10) -> None:
        """Until the first column of this query is as expected."""
        found: list[object] = []

        async def as_expected() -> bool:
            found[:] = await self.column(query)
            return found == list(expected)

        try:
            await self.changes.until_true(as_expected, seconds)
        except TimeoutError:
            raise AssertionError(f"{query}: {found} instead of {list(expected)}") from None

    async def settled(self) -> None:
        """Every event has its end, and every message that may leave has left."""
        await self.until_rows("SELECT count(*) FROM inbox WHERE finished_at IS NULL", [0])
        await self.until_rows("SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')", [0])
        # The lines follow the ledger, and an end is told last of all.
        await self.until_rows("SELECT count(*) FROM echoes WHERE released = 1", [0])
        ended = len(await self.rows("SELECT 1 FROM turns WHERE state = 'ended'"))
        began = len({event.run_id for event in self.told(TurnStarted)})
        await self.changes.until(lambda: len(self.told(TurnFinished)) >= min(ended, began))

    async def receive(self, *arrivals: Arrival) -> None:
        await self.intake.deliver(arrivals)

    async def transcript(self, key: str = MAIN) -> list[dict[str, Any]]:
        entry = self.sessions.find(key)
        assert entry is not None, f"there is no session {key}"
        agent = key.split(":")[1]
        path = self.state / "agents" / agent / "sessions" / f"{entry['sessionId']}.jsonl"
        lines = await anyio.to_thread.run_sync(path.read_bytes)
        return [orjson.loads(line) for line in lines.splitlines()]

    async def ask_for_reasoning(self) -> None:
        """As `/reasoning stream` leaves the main session."""
        await self.receive(said("begin"))
        await self.settled()
        async with self.sessions.use(MAIN, "main") as session:
            self.sessions.keep_entry(session, {**self.sessions.entry(session), "reasoningLevel": "stream"})

    async def until_sent(self, *texts: str) -> None:
        """Until people see exactly these messages."""
        await self.changes.until(lambda: self.channel.texts() == list(texts))

    async def snapshot(self, folder: Path) -> Path:
        """What a power cut at this moment would leave."""
        await anyio.to_thread.run_sync(_copy_files, self.state, folder)
        await self.database.read(lambda tx: tx.execute("VACUUM INTO ?", (str(folder / "ledger.sqlite"),)))
        return folder


def _copy_files(state: Path, folder: Path) -> None:
    folder.mkdir()
    for name in ("agents", "credentials"):
        if (state / name).exists():
            shutil.copytree(state / name, folder / name)


@asynccontextmanager
async def open_house(
    state: Path, plan: Plan | None = None, clock: ControlledClock | None = None
) -> AsyncIterator[House]:
    plan, clock, changes = plan or Plan(), clock or ControlledClock(), Changes()
    async with open_database(state / "ledger.sqlite") as opened:
        database = WatchedDatabase(opened, changes)
        ledger = Ledger(database, clock, plan.boot)
        sessions = Sessions(state, ledger, plan.session, clock)
        await sessions.start(plan.agents)
        budgets = Budgets(plan.budgets, clock, UTC, "UTC")
        await budgets.load(ledger)
        yield _wired(state, plan, clock, changes, database, sessions, ledger, budgets)


def _wired(
    state: Path,
    plan: Plan,
    clock: ControlledClock,
    changes: Changes,
    database: WatchedDatabase,
    sessions: Sessions,
    ledger: Ledger,
    budgets: Budgets,
) -> House:
    bus, traces, runs = Bus(), TraceBook(clock), Runs(clock)
    model, channel = ScriptedModel(changes), (EditableChannel if plan.edits else FakeChannel)(changes)
    channels = {TELEGRAM: channel} if plan.channels else {}
    briefing = PlainBriefing(model)

    def secrets() -> frozenset[str]:
        return plan.secrets

    room = WaitingRoom(ledger, traces, plan.queue, clock)
    parts = StreamParts(
        StreamLedger(database, clock), channels, bus, clock, secrets, {TELEGRAM: plan.stream}, plan.blocks,
        Tempo(0.0, 0.0),
    )  # fmt: skip
    streams = Streams(parts)
    upkeep = Upkeep(plan.compaction, Wrapping(b"key", UTC, "UTC"), clock)
    asked = ApprovalParts(
        ApprovalLedger(database, clock, plan.boot), ledger, sessions, room, channels, bus, clock, secrets,
        owner_addresses({TELEGRAM: plan.policy}),
    )  # fmt: skip
    approvals = Approvals(asked)
    gate = HouseGate(rules_of(ToolsConfig(), {TELEGRAM: plan.policy}), approvals, traces, secrets)
    turns = Turns(
        TurnParts(
            ledger, sessions, briefing, channels, bus, traces, runs, clock, plan.patience, room, upkeep, budgets,
            Freshness(plan.session, UTC), secrets, streams, gate,
        )
    )  # fmt: skip
    commands = CommandParts(
        ledger, sessions, bus, runs, traces, clock, channels, room, ModelShelf(),
        {agent: AgentProfile(agent, state / "workspace", model=plan.pin) for agent in plan.agents}, AgentDefaults(),
        plan.commands, plan.session.reset_triggers, budgets, UTC, clock.now_ms(), briefing.weigh, approvals,
        plan.restart,
    )  # fmt: skip
    work = LaneWork(turns, commands, briefing, upkeep, UndoBook(state, clock))
    stopper = Stopper(ledger, room, runs, bus, (turns, work))
    lanes: Lanes[str] = Lanes(work.run_next, at_once=plan.at_once, on_busy=(turns.knock, approvals.knock))
    routing = Routing(plan.agents, plan.agents[0], plan.bindings, plan.session)
    pairing = PairingStore(state / "credentials", *TELEGRAM, clock)
    delivery = Delivery(DeliveryParts(ledger, sessions, channels, bus, clock, secrets), plan.rules)
    dispatch = Dispatch(
        ledger, bus, lanes, traces, routing, {TELEGRAM: plan.policy}, {TELEGRAM: pairing},
        Commands(commands, stopper), send_policy(plan.sending, plan.session.send_policy, UTC),
    )  # fmt: skip
    intake = Intake(ledger, bus, traces, clock)
    return House(
        state, clock, changes, database, ledger, bus, sessions, model, channel, briefing, traces, runs, turns,
        lanes, intake, delivery, dispatch, pairing, routing, streams, stopper, approvals,
    )  # fmt: skip
