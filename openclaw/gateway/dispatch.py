"""From the inbox to the lanes: who speaks, where it goes, what is refused."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import anyio
from anyio.abc import TaskGroup

from openclaw.bus import Bus
from openclaw.gateway import notices
from openclaw.gateway.access import AccessPolicy, Allowed, NeedsPairing, Refused, hinges_on_pairing, judge
from openclaw.gateway.commands.desk import Carried, Commands
from openclaw.gateway.edits import note_of_edit, reworded
from openclaw.gateway.groups import is_meant, note_of, with_rule
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.mailbox import letter
from openclaw.gateway.pairing import PairingStore
from openclaw.gateway.phone.dual import DualDispatch, Kept, Passed
from openclaw.gateway.routing import Routing, route
from openclaw.gateway.send_policy import SendAllowed, SendDenied, SendFacts, SendPolicy, judge_sending
from openclaw.gateway.tracing import TraceBook
from openclaw.sessions.lines import encode
from openclaw.store.echoes import Echo
from openclaw.store.inbox import OVERHEARD, Admission, EndState, InboxRow
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.sessions import SessionRow
from openclaw.store.turning import Ending
from openclaw.types.events import MessageReceived, ReplyReady, TraceRecorded
from openclaw.types.groups import GroupRule
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Inbound, Part, Role

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
        dual: DualDispatch | None = None,
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
        self._unlisted: set[tuple[str, str]] = set()
        self._beside: TaskGroup | None = None
        self._dual = dual

    def adopt(self, routing: Routing, sending: SendPolicy) -> None:
        """For messages that are sorted from now on."""
        self._routing, self._sending = routing, sending

    async def run(self) -> None:
        """Until cancelled. The first pass takes up what an earlier life of the daemon left."""
        async with anyio.create_task_group() as beside:
            self._beside = beside
            await self._watch()

    async def _watch(self) -> None:
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
            if judged and self._looks_back(row.event):
                await self._commit(judged)
                judged = []
            judged.append(await self._judge(row))
        await self._commit(judged)

    def _looks_back(self, message: Inbound) -> bool:
        """It must find what was written before it where it belongs: a command, an edit, a call in a group."""
        return message.edit or message.chat_type != "direct" or not self._commands.read(message).plain

    async def _commit(self, page: list[Sorted]) -> None:
        outcomes = [each.outcome for each in page]
        admissions = [outcome for outcome in outcomes if isinstance(outcome, Admission)]
        endings = [outcome for outcome in outcomes if isinstance(outcome, Ending)]
        await self._ledger.sort(admissions, endings)
        noted = [admission.session_key for admission in admissions if admission.note is not None]
        for key in dict.fromkeys([*noted, *(echo.target for ending in endings for echo in ending.echoes)]):
            await self._commands.write_notes(key)
        for admission in admissions:
            said = admission.event
            self._lanes.wake(admission.session_key, said.settings if said is not None else {})
        for outcome in outcomes:
            for draft in outcome.drafts:
                await self._bus.publish(ReplyReady(draft.to))
        if any(ending.mail is not None for ending in endings):
            await self._bus.publish(MessageReceived())
        for ending in endings:
            await self._bus.publish(TraceRecorded(ending.trace.id, ending.trace.outcome))
        for each in page:
            if each.carried is not None and each.row is not None:
                await self._commands.announce(each.carried, each.row)
            self._mark(each)

    def _mark(self, found: Sorted) -> None:
        row = found.row
        if row is None or self._beside is None or not isinstance(found.outcome, Admission):
            return
        policy = self._policies.get((row.channel, row.account))
        if policy is not None and (emoji := policy.mark.of(row.event)):
            self._beside.start_soon(self._commands.acknowledge, row, emoji)

    async def _judge(self, row: InboxRow) -> Sorted:
        try:
            return await self._admit_or_refuse(row)
        except Exception:
            # One event that nobody can sort must not keep all others waiting, over every restart.
            logger.exception("%s could not be sorted; trace %s", row.key, row.trace_id)
            return Sorted(self._ending(row, "internal_error", None, state="dead"))

    async def _admit_or_refuse(self, row: InboxRow) -> Sorted:
        trace = self._traces.find(row)
        account = (row.channel, row.account)
        pairing = self._pairings.get(account)
        policy = self._policies.get(account, AccessPolicy(dm_policy="disabled"))
        passed = await self._screened(row, policy)
        if isinstance(passed, Sorted):
            return passed
        row, let_in = replace(row, event=passed.event), passed.let_in
        message = row.event
        with trace.timed("authorised") as facts:
            decision = judge(message, policy, let_in or frozenset())
            if pairing is not None and let_in is None and hinges_on_pairing(decision):
                decision = judge(message, policy, await pairing.paired(message.sender.id))
            facts.update(_told(decision))
        if passed.spam and not (isinstance(decision, Allowed) and decision.role != "stranger"):
            return Sorted(self._ended(row, "ignored", "spam", (), None))
        match decision:
            case Allowed(role):
                return await self._let_in(row, role, policy)
            case NeedsPairing():
                return Sorted(self._ending(row, "pairing", await self._pairing_reply(row, pairing)))
            case Refused(reason):
                if reason == "group_not_listed":
                    self._tell_of_group(row)
                return Sorted(self._ending(row, reason, None))

    async def _let_in(self, row: InboxRow, role: Role, policy: AccessPolicy) -> Sorted:
        message = row.event
        with self._traces.find(row).timed("session") as facts:
            where = route(message, self._routing)
            facts.update(key=where.session_key, agent=where.agent, rule=where.rule)
        placed = replace(row, session_key=where.session_key, agent=where.agent, role=role)
        if message.from_house:
            # What stands in a job is no command: it may rest on anybody's words.
            admission = Admission(row.seq, where.session_key, where.agent, role, message)
            return self._send_on(placed, admission)
        if message.edit:
            return await self._edited(placed)
        if not self._is_meant(placed, policy) and not await self._follows_a_call(message, where.session_key):
            ignored = self._ended(placed, "ignored", OVERHEARD, (), None)
            return Sorted(replace(ignored, overheard=(placed.session_key, role)))
        return await self._with_context(await self._follow(placed), policy)

    async def _screened(self, row: InboxRow, policy: AccessPolicy) -> Passed | Sorted:
        if self._dual is None or not self._dual.heeds(row):
            return Passed(row.event)
        match await self._dual.receive(row, policy):
            case Kept(reason, drafts):
                self._traces.find(row).add("authorised", verdict="kept", rule=reason)
                return Sorted(self._ended(row, "ignored", reason, drafts, None))
            case Passed() as passed:
                return passed

    def _tell_of_group(self, row: InboxRow) -> None:
        """How else would the owner learn its number? Once is enough."""
        to = row.event.reply_to
        if to is None or (row.account, to.chat) in self._unlisted:
            return
        self._unlisted.add((row.account, to.chat))
        logger.warning(
            "somebody writes in the %s group %s, which is not answered: to have it answered, name it in"
            " channels.%s.groups",
            row.channel, to.chat, row.channel,
        )  # fmt: skip

    def _is_meant(self, row: InboxRow, policy: AccessPolicy) -> bool:
        message, rule = row.event, _group_rule(row, policy)
        if rule is None or policy.groups is None or message.operator:
            return True
        if self._commands.orders(message) and self._commands.may(message, row.role):
            return True
        return is_meant(message, rule, self._commands.entry(row.session_key), policy.groups)

    async def _follows_a_call(self, message: Inbound, session_key: str) -> bool:
        """Of an album, one message alone names the assistant."""
        if not message.album:
            return False
        return await self._ledger.heard.called(session_key, message.album, message.sender.id)

    async def _with_context(self, found: Sorted, policy: AccessPolicy) -> Sorted:
        """What goes to the model takes along its group's rule, and what it answers or was said there meanwhile."""
        admission, row = found.outcome, found.row
        if not isinstance(admission, Admission) or row is None:
            return found
        rule, event = _group_rule(row, policy), admission.event or row.event
        if event.command or (rule is None and event.quoted is None):
            return found
        before: list[InboxRow] = []
        if rule is not None and policy.groups is not None:
            event = with_rule(event, rule)
            limit = policy.groups.history_limit
            before = await self._ledger.heard.overheard(row.session_key, limit)
            admission = replace(admission, event=event)
        note = note_of(before, row, f"m_{row.trace_id.removeprefix('t_')}.before")
        if note is not None:
            if before:
                # A turn under way has its history already: who is called about it is answered by the next one.
                event = replace(event, settings={"queueMode": "followup", **event.settings})
            session = admission.session or await self._commands.open_session(row)
            echo = Echo("transcript", row.session_key, encode(note).decode())
            admission = replace(admission, event=event, session=session, note=echo)
        return replace(found, outcome=admission)

    async def _edited(self, row: InboxRow) -> Sorted:
        """Whoever changes a message gives no command by it, and calls nobody."""
        before = await self._ledger.heard.said(row)
        if before is None or before.event.command:
            return Sorted(self._ended(row, "ignored", "edit_of_unknown", (), None))
        new = reworded(before, row.event)
        if new is None or await self._ledger.heard.reword(before.seq, new):
            return Sorted(self._ended(row, "ignored", "edit", (), None))
        ending = self._ended(row, "ignored", "edit", (), None)
        if before.state in {"ignored", "refused", "dead"}:
            return Sorted(ending)
        note = note_of_edit(row, f"m_{row.trace_id.removeprefix('t_')}")
        echo = Echo("transcript", row.session_key, encode(note).decode())
        return Sorted(replace(ending, echoes=(echo,)))

    async def _follow(self, row: InboxRow) -> Sorted:
        """What the message asks of the house is done; what it asks of the model goes on."""
        parsed = self._commands.read(row.event)
        if parsed.plain or not self._commands.may(row.event, row.role):
            # Words that only few may say are no words for the model either, where they stand alone.
            if parsed.command is not None:
                return Sorted(self._ending(row, "command_unauthorised", None, state="ignored"))
            # What the house has settled about it is written down with it.
            event = row.event if row.event.settings else None
            return self._send_on(row, Admission(row.seq, row.session_key, row.agent, row.role, event))
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
        settings = {**row.event.settings, **carried.settings}
        event = replace(row.event, text=carried.rest, command=carried.waits, settings=settings)
        admission = Admission(row.seq, row.session_key, row.agent, row.role, event, drafts, kept)
        return Sorted(admission, row, carried) if carried.waits else self._send_on(row, admission, carried)

    def _send_on(self, row: InboxRow, admission: Admission, carried: Carried | None = None) -> Sorted:
        """To the model, where the send policy lets it."""
        message = row.event
        channel, sender = row.channel, message.sender.id
        if message.from_house:
            # The policy is about people: a job counts as whoever made it.
            channel, _, sender = sender.partition(":")
        facts = SendFacts(
            channel, sender, message.chat_type, row.session_key, self._commands.send_override(row),
            message.operator or message.role == "owner",
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
        mail = letter(row, "dead", f"({reason})", "tool", row.received_at)
        return Ending(row.seq, state, reason, record, drafts=drafts, session=session, mail=mail)


def _group_rule(row: InboxRow, policy: AccessPolicy) -> GroupRule | None:
    to = row.event.reply_to
    if row.event.chat_type == "direct" or policy.groups is None or to is None:
        return None
    return policy.groups.rule(to.chat, to.thread)


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
