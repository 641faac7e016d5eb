"""The desk over the gateway's parts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from typing import Literal

from openclaw.agent.tools.jobs import Jobs
from openclaw.gateway.approvals import Approvals, UnknownApprovalError
from openclaw.gateway.approvals import shown as shown_approval
from openclaw.gateway.budgets import Budgets
from openclaw.gateway.command_requests import CommandRequests
from openclaw.gateway.commands.stop import Stopper
from openclaw.gateway.costs import costs, total_cost
from openclaw.gateway.delivery import Delivery
from openclaw.gateway.directives import is_stop
from openclaw.gateway.intake import Intake
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.pairing import PairingRequest, PairingStore, UnknownCodeError, shown
from openclaw.gateway.phone.desk import PhoneDesk
from openclaw.gateway.routing import Routing, route
from openclaw.gateway.runs import Runs
from openclaw.gateway.tool_survey import Asked, ToolSurvey
from openclaw.llm.models import Choice, Models
from openclaw.sessions.keys import agent_of, expand
from openclaw.sessions.lines import encode
from openclaw.sessions.sessions import Sessions
from openclaw.store.echoes import Echo
from openclaw.store.ledger import Ledger
from openclaw.types.calendar import day_of
from openclaw.types.clock import Clock
from openclaw.types.conversation import Note
from openclaw.types.errors import OpenClawError
from openclaw.types.ids import new_id
from openclaw.types.messages import Arrival, Inbound, Sender
from openclaw.web.conversations.desk import ConversationDesk
from openclaw.web.conversations.ends import old_end, state_of
from openclaw.web.desk import ComplianceDesk, CostKey, Json, Nameplate, Question, RunState, UnknownKeyError

CHANNEL = "webchat"


@dataclass(frozen=True, slots=True)
class DeskParts:
    nameplate: Nameplate
    ledger: Ledger
    sessions: Sessions
    intake: Intake
    delivery: Delivery
    lanes: Lanes[str]
    runs: Runs
    clock: Clock
    routing: Routing
    pairings: Mapping[tuple[str, str], PairingStore]
    channels: Callable[[], Json]
    """The channels' states, by name."""
    problems: Callable[[], list[str]]
    """What keeps the house from being whole, in words."""
    agents: Sequence[Json]
    """`{id, model, tier}`, the default one first."""
    budgets: Budgets
    zone: tzinfo
    """The owner's."""
    models: Models
    choice: Choice
    """Of the default agent."""
    stopper: Stopper
    approvals: Approvals
    mcp: Callable[[], Sequence[Json]] = tuple
    """The MCP servers' states."""
    tools: ToolSurvey | None = None
    jobs: Jobs | None = None
    phone: PhoneDesk | None = None
    compliance: ComplianceDesk | None = None
    commands: CommandRequests | None = None
    webhooks: Callable[[], Awaitable[list[Json]]] = lambda: _no_rows()
    """The public paths."""
    config: Callable[[], Json] = dict
    """What this process runs with, without a secret."""
    lately: Callable[[], Awaitable[Json]] | None = None
    """Of the ledger: the last messages, the last error, the next job."""
    workspaces: Mapping[str, Path] = field(default_factory=dict)
    works: Callable[[], Sequence[Json]] = tuple
    """What takes long at this moment."""


async def _no_rows() -> list[Json]:
    return []


class FrontDesk:
    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._conversations = ConversationDesk(
            parts.sessions, parts.lanes, parts.routing.default_agent, parts.workspaces
        )

    def adopt(self, nameplate: Nameplate, routing: Routing, agents: Sequence[Json], choice: Choice) -> None:
        """For questions that are asked from now on."""
        self._parts = replace(self._parts, nameplate=nameplate, routing=routing, agents=agents, choice=choice)
        self._conversations = ConversationDesk(
            self._parts.sessions, self._parts.lanes, routing.default_agent, self._parts.workspaces
        )

    def nameplate(self) -> Nameplate:
        return self._parts.nameplate

    # -- questions ------------------------------------------------------------------------------------

    async def ask(self, question: Question) -> RunState:
        parts = self._parts
        if known := parts.runs.find(question.run_id):
            return state_of(known)
        self._refuse_unknown_agents(question)
        if before := await self.old_run(question.run_id):
            return before
        message = self._message(question)
        run = parts.runs.expect(question.run_id, route(message, parts.routing).session_key)
        key = self.arrival_key(question.run_id)
        try:
            await parts.intake.deliver([Arrival(key, CHANNEL, "default", question.message.encode(), message)])
        except OpenClawError:
            parts.runs.forget(question.run_id)
            raise
        return state_of(run)

    def _message(self, question: Question) -> Inbound:
        return Inbound(
            CHANNEL,
            Sender("operator", question.client),
            question.message,
            self._parts.clock.now_ms(),
            session_key=question.session_key,
            agent=question.agent,
            run_id=question.run_id,
            operator=True,
            settings=question.settings,
            brought=question.brought,
            files=question.files,
        )

    def arrival_key(self, run_id: str) -> str:
        return f"{CHANNEL}:default:{run_id}"

    async def note(self, question: Question) -> str:
        parts = self._parts
        self._refuse_unknown_agents(question)
        message = self._message(question)
        key = route(message, parts.routing).session_key
        note = Note(new_id("m"), message.sent_at, question.message, f"{CHANNEL}:{question.client}", "owner")
        await parts.ledger.keep_echo(Echo("transcript", key, encode(note).decode()))
        await parts.sessions.take_released(key)
        return note.id

    async def stop(self, question: Question) -> list[str] | None:
        if not is_stop(question.message):
            return None
        self._refuse_unknown_agents(question)
        return await self.abort(question.session_key)

    async def abort(self, session_key: str, run_id: str | None = None) -> list[str]:
        return await self._parts.stopper.stop(expand(session_key, self._parts.routing.default_agent), run_id)

    def leave(self, run_id: str) -> None:
        self._parts.stopper.leave(run_id)

    def agents(self) -> Sequence[str]:
        return self._parts.routing.agents

    def _refuse_unknown_agents(self, question: Question) -> None:
        """A question for somebody else is not answered by whoever is there."""
        routing = self._parts.routing
        for agent in (question.agent, agent_of(expand(question.session_key, routing.default_agent))):
            if agent is not None and agent not in routing.agents:
                raise UnknownKeyError(
                    f"there is no agent {agent!r}; these are configured: {', '.join(routing.agents)}"
                )

    def run(self, run_id: str) -> RunState | None:
        run = self._parts.runs.find(run_id)
        return state_of(run) if run else None

    async def old_run(self, run_id: str) -> RunState | None:
        runs, ledger = self._parts.runs, self._parts.ledger
        before = await ledger.run_end(run_id)
        if before is None or (end := old_end(run_id, *before)):
            return None if before is None else end
        # Begun in an earlier life of the daemon, or by nobody here: from now on somebody waits for it.
        run = runs.expect(run_id, before[2])
        after = await ledger.run_end(run_id)
        if run.ended is None and after is not None and (end := old_end(run_id, *after)):
            runs.forget(run_id)  # it ended before it was waited for
            return end
        return state_of(run)

    # -- the house ------------------------------------------------------------------------------------

    async def health(self) -> Json:
        problems = self._parts.problems()
        return {"ok": not problems, "problems": problems, "channels": self._parts.channels()}

    async def status(self) -> Json:
        parts = self._parts
        unfinished, unsent = await parts.ledger.counts()
        today, _ = day_of(parts.clock.now_ms(), parts.zone)
        plate = parts.nameplate
        return {
            "version": plate.version,
            "uptimeMs": parts.clock.now_ms() - plate.started_at,
            "model": plate.model,
            "keys": parts.models.key_states(),
            "agent": plate.default_agent,
            "agents": list(parts.agents),
            "channels": parts.channels(),
            "problems": parts.problems(),
            "queue": {"waiting": unfinished.get("accepted", 0) + unfinished.get("queued", 0)},
            "running": unfinished.get("running", 0),
            "work": list(parts.works()),
            "outbox": unsent,
            "sessions": len(parts.sessions.listing()),
            "costToday": round(await parts.ledger.cost_since(today), 6),
            "budgets": parts.budgets.state(),
            "stateDir": plate.state_dir,
            **(await parts.lately() if parts.lately is not None else {}),
        }

    # -- sessions -------------------------------------------------------------------------------------

    async def sessions(self, *, limit: int, agent: str | None, search: str | None) -> list[Json]:
        return await self._conversations.listing(limit, agent, search)

    async def last_words(self, keys: Sequence[str]) -> Mapping[str, str]:
        return await self._conversations.last_words(keys)

    async def session(self, key: str) -> Json:
        return await self._conversations.whole(key)

    async def history(self, key: str, limit: int) -> Json:
        return await self._conversations.history(key, limit)

    async def reset_session(self, key: str) -> Json:
        return await self._conversations.reset(key)

    # -- pairing --------------------------------------------------------------------------------------

    async def pairing_requests(self, channel: str | None) -> list[Json]:
        return [
            {"channel": store.channel, **shown(request)}
            for store in self._stores(channel)
            for request in await store.pending()
        ]

    async def approve_pairing(self, channel: str, code: str) -> Json:
        return await self._settle_pairing(channel, code, PairingStore.approve)

    async def reject_pairing(self, channel: str, code: str) -> Json:
        return await self._settle_pairing(channel, code, PairingStore.reject)

    async def _settle_pairing(
        self, channel: str, code: str, settle: Callable[[PairingStore, str], Awaitable[PairingRequest]]
    ) -> Json:
        unknown = UnknownCodeError(f"no account of {channel} is configured")
        for store in self._stores(channel):
            try:
                return {"channel": channel, "id": (await settle(store, code)).id}
            except UnknownCodeError as error:
                unknown = error
        raise UnknownKeyError(str(unknown))

    def _stores(self, channel: str | None) -> list[PairingStore]:
        stores = [store for (name, _), store in self._parts.pairings.items() if channel in (None, name)]
        if channel is not None and not stores:
            raise UnknownKeyError(f"no channel named {channel!r} is configured")
        return stores

    # -- traces, costs, models, outbox --------------------------------------------------------------------------

    async def traces(self, limit: int) -> list[Json]:
        return list(await self._parts.ledger.recent_traces(limit))

    async def trace(self, trace_id: str) -> Json:
        found = await self._parts.ledger.trace(trace_id)
        if found is None:
            raise UnknownKeyError(f"there is no trace {trace_id}; `openclaw trace list` shows the last ones")
        return found

    async def costs(self, *, by: CostKey, days: int) -> Json:
        parts, now = self._parts, self._parts.clock.now_ms()
        return {
            "by": by,
            "days": days,
            "rows": await costs(parts.ledger, by, days, now, parts.zone),
            "total": await total_cost(parts.ledger, days, now, parts.zone),
            "budgets": parts.budgets.state(),
        }

    async def budgets(self) -> list[Json]:
        return list(self._parts.budgets.state())

    async def models(self) -> list[Json]:
        return list(self._parts.models.listing(self._parts.choice.ref))

    async def model_status(self) -> Json:
        models, choice = self._parts.models, self._parts.choice
        model, *fallbacks = dict.fromkeys(map(models.default_name, (choice.ref, *choice.fallbacks)))
        return {
            "model": model,
            "fallbacks": fallbacks,
            "profiles": models.key_states(),
        }

    async def mcp_servers(self) -> list[Json]:
        return list(self._parts.mcp())

    async def approvals(self, *, settled: bool) -> list[Json]:
        approvals = self._parts.approvals
        return [
            shown_approval(each) for each in await (approvals.recent() if settled else approvals.pending())
        ]

    async def decide_approval(self, approval_id: str, *, allow: bool, by: str) -> Json:
        try:
            return shown_approval(await self._parts.approvals.decide(approval_id, allow=allow, by=by))
        except UnknownApprovalError as error:
            raise UnknownKeyError(str(error)) from None

    def commands(self) -> CommandRequests:
        if self._parts.commands is None:
            raise OpenClawError("nobody can be asked about commands in this house")
        return self._parts.commands

    async def tools(self, asked: Asked) -> list[Json]:
        return list(await self._survey().listing(asked))

    async def explain_tool(self, name: str, asked: Asked) -> Json:
        return await self._survey().explain(name, asked)

    def _survey(self) -> ToolSurvey:
        if self._parts.tools is None:
            raise OpenClawError("this house has no tools to tell of")
        return self._parts.tools

    def config(self) -> Json:
        return self._parts.config()

    def jobs(self) -> Jobs:
        if self._parts.jobs is None:
            raise OpenClawError("this house keeps no jobs")
        return self._parts.jobs

    def compliance(self) -> ComplianceDesk:
        if self._parts.compliance is None:
            raise OpenClawError("this house has no gates")
        return self._parts.compliance

    def phone(self) -> PhoneDesk:
        if self._parts.phone is None:
            raise OpenClawError("this house has no telephone")
        return self._parts.phone

    async def webhooks(self) -> list[Json]:
        return await self._parts.webhooks()

    async def outbox(self, *, state: str | None, limit: int) -> list[Json]:
        return list(await self._parts.ledger.outbox_listing(state, limit))

    async def settle(self, outbox_id: str, action: Literal["resend", "drop"]) -> Json:
        state, to = await self._parts.ledger.send_state(outbox_id)
        if state not in {"ambiguous", "failed", "held", "refused"} or to is None:
            found = f"is {state}" if state else "does not exist"
            raise UnknownKeyError(
                f"message {outbox_id} {found}; only an unsettled one can be sent again or dropped"
            )
        if action == "resend":
            await self._parts.ledger.resend(outbox_id)
            self._parts.delivery.wake(to)
        else:
            await self._parts.ledger.settle_send(outbox_id, "dropped", "by the owner")
        return {"ok": True, "id": outbox_id, "action": action}
