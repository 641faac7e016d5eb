"""From the inbox to the lanes: who speaks, where it goes, what is refused."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from openclaw.bus import Bus
from openclaw.gateway import notices
from openclaw.gateway.access import AccessPolicy, Allowed, NeedsPairing, Refused, hinges_on_pairing, judge
from openclaw.gateway.commands.desk import Carried, Commands
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.pairing import PairingStore
from openclaw.gateway.routing import Routing, route
from openclaw.gateway.send_policy import SendAllowed, SendDenied, SendFacts, SendPolicy, judge_sending
from openclaw.gateway.tracing import TraceBook
from openclaw.store.inbox import Admission, EndState, InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.sessions import SessionRow
from openclaw.store.turning import Ending
from openclaw.types.events import MessageReceived, ReplyReady, TraceRecorded
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Part

logger = logging.getLogger(__name__)

PAGE = 100

BESIDE = -100
"""The place of what the house answers beside the model, among an event's messages."""

AccountKey = tuple[str, str]
"""Channel and account."""


@dataclass(frozen=True, slots=True)
class Sorted:
    outcome: Admission | Ending
    row: InboxRow | None = None
    carried: Carried | None = None


class Dispatch:
    def __init__(  # noqa: PLR0913 - the crossing where the house's parts meet
        self,
        ledger: Ledger,
        bus: Bus,
        lanes: Lanes[str],
        traces: TraceBook,
        routing: Routing,
        policies: Mapping[AccountKey, AccessPolicy],
        pairings: Mapping[AccountKey, PairingStore],
        commands: Commands,
        sending: SendPolicy,
    ) -> None:
        self._ledger = ledger
        self._bus = bus
        self._lanes = lanes
        self._traces = traces
        self._routing = routing
        self._policies = policies
        self._pairings = pairings
        self._commands = commands
        self._sending = sending

    async def run(self) -> None:
        """Until cancelled. The first pass takes up what an earlier life of the daemon left."""
        # The event only wakes: a hundred at once are one page of the inbox.
        with self._bus.subscribe(MessageReceived, depth=1, lossless=False) as wake_ups:
            for session_key in await self._ledger.sessions_waiting():
                self._lanes.wake(session_key)
            while True:
                page = await self._ledger.accepted(PAGE)
                if page:
                    await self._sort(page)
                if len(page) < PAGE:
                    # What was stored after this page was read is announced after it: the wake-up is there already.
                    await wake_ups.next()

    async def _sort(self, page: list[InboxRow]) -> None:
        judged: list[Sorted] = []
        for row in page:
            if judged and not self._commands.read(row.event).plain:
                # A command finds what was written before it where it belongs.
                await self._commit(judged)
                judged = []
            judged.append(await self._judge(row))
        await self._commit(judged)

    async def _commit(self, page: list[Sorted]) -> None:
        outcomes = [each.outcome for each in page]
        admissions = [outcome for outcome in outcomes if isinstance(outcome, Admission)]
        endings = [outcome for outcome in outcomes if isinstance(outcome, Ending)]
        await self._ledger.sort(admissions, endings)
        for admission in admissions:
            said = admission.event
            self._lanes.wake(admission.session_key, said.settings if said is not None else {})
        for outcome in outcomes:
            for draft in outcome.drafts:
                await self._bus.publish(ReplyReady(draft.to))
        for ending in endings:
            await self._bus.publish(TraceRecorded(ending.trace.id, ending.trace.outcome))
        for each in page:
            if each.carried is not None and each.row is not None:
                await self._commands.announce(each.carried, each.row)

    async def _judge(self, row: InboxRow) -> Sorted:
        try:
            return await self._admit_or_refuse(row)
        except Exception:
            # One event that nobody can sort must not keep all others waiting, over every restart.
            logger.exception("%s could not be sorted; trace %s", row.key, row.trace_id)
            return Sorted(self._ending(row, "internal_error", None, state="dead"))

    async def _admit_or_refuse(self, row: InboxRow) -> Sorted:
        trace = self._traces.find(row)
        message = row.event
        account = (row.channel, row.account)
        pairing = self._pairings.get(account)
        policy = self._policies.get(account, AccessPolicy(dm_policy="disabled"))
        with trace.timed("authorised") as facts:
            decision = judge(message, policy, frozenset())
            if pairing is not None and hinges_on_pairing(decision):
                decision = judge(message, policy, await pairing.paired(message.sender.id))
            facts.update(_told(decision))
        match decision:
            case Allowed(role):
                with trace.timed("session") as facts:
                    where = route(message, self._routing)
                    facts.update(key=where.session_key, agent=where.agent, rule=where.rule)
                placed = replace(row, session_key=where.session_key, agent=where.agent, role=role)
                return await self._follow(placed)
            case NeedsPairing():
                return Sorted(self._ending(row, "pairing", await self._pairing_reply(row, pairing)))
            case Refused(reason):
                return Sorted(self._ending(row, reason, None))

    async def _follow(self, row: InboxRow) -> Sorted:
        """What the message asks of the house is done; what it asks of the model goes on."""
        parsed = self._commands.read(row.event)
        if parsed.plain or not self._commands.may(row.event, row.role):
            # Words that only few may say are no words for the model either, where they stand alone.
            if parsed.command is not None:
                return Sorted(self._ending(row, "command_unauthorised", None, state="ignored"))
            return self._send_on(row, Admission(row.seq, row.session_key, row.agent, row.role))
        with self._traces.find(row).timed("directives") as facts:
            carried = await self._commands.carry_out(parsed, row)
            facts.update(names=list(carried.names) if carried else [], carried=carried is not None)
        if carried is None:
            return Sorted(self._ending(row, "command_unauthorised", None, state="ignored"))
        kept = await self._commands.keep(carried, row)
        if carried.rest is None:
            drafts = self._commands.drafts(row, carried.text)
            reason = "command:" + "+".join(carried.names)
            return Sorted(self._ended(row, "answered", reason, drafts, kept), row, carried)
        drafts = self._commands.drafts(row, carried.text, BESIDE)
        event = replace(row.event, text=carried.rest, command=carried.waits, settings=carried.settings)
        admission = Admission(row.seq, row.session_key, row.agent, row.role, event, drafts, kept)
        return Sorted(admission, row, carried) if carried.waits else self._send_on(row, admission, carried)

    def _send_on(self, row: InboxRow, admission: Admission, carried: Carried | None = None) -> Sorted:
        """To the model, where the send policy lets it."""
        message = row.event
        facts = SendFacts(
            row.channel, message.sender.id, message.chat_type, row.session_key,
            self._commands.send_override(row), message.operator,
        )  # fmt: skip
        match judge_sending(facts, self._sending, self._commands.now()):
            case SendAllowed():
                return Sorted(admission, row, carried)
            case SendDenied(rule, reply):
                self._traces.find(row).add("policy", verdict="denied", rule=rule)
                drafts = (*admission.drafts, *self._commands.drafts(row, reply))
                ending = self._ended(row, "refused", f"send_policy: {rule}", drafts, admission.session)
                return Sorted(ending, row, carried)

    async def _pairing_reply(self, row: InboxRow, pairing: PairingStore | None) -> Draft | None:
        message = row.event
        if pairing is None or message.reply_to is None:
            return None
        try:
            meta = {"name": message.sender.name[:128], "event": row.key}
            code = await pairing.request(message.sender.id, meta)
        except OSError as error:
            logger.error(
                "the pairing request of %s sender %s could not be kept: %s",
                row.channel,
                message.sender.id,
                error,
            )
            return None
        if code is None:
            return None
        logger.info("%s sender %s asks to be paired: openclaw pairing list", row.channel, message.sender.id)
        return _draft(row, message.reply_to, notices.pairing(row.channel, message.sender.id, code))

    def _ending(self, row: InboxRow, reason: str, reply: Draft | None, state: EndState = "refused") -> Ending:
        return self._ended(row, state, reason, (reply,) if reply else (), None)

    def _ended(
        self, row: InboxRow, state: EndState, reason: str, drafts: Sequence[Draft], session: SessionRow | None
    ) -> Ending:
        trace = self._traces.find(row)
        self._traces.close(row.trace_id)
        record = trace.record(state, reason, row.session_key or None)
        return Ending(row.seq, state, reason, record, drafts=drafts, session=session)


def _told(decision: Allowed | NeedsPairing | Refused) -> dict[str, object]:
    match decision:
        case Allowed(role, rule):
            return {"verdict": "allowed", "role": role, "rule": rule}
        case NeedsPairing():
            return {"verdict": "refused", "rule": "pairing"}
        case Refused(reason):
            return {"verdict": "refused", "rule": reason}


def _draft(row: InboxRow, to: Address, text: str) -> Draft:
    return Draft(new_id("o"), to, Part(text), 0, "notice", "stranger", row.trace_id)
