"""From the inbox to the lanes: who speaks, where it goes, what is refused."""

import logging
from collections.abc import Mapping
from typing import Literal

from openclaw.bus import Bus
from openclaw.gateway import notices
from openclaw.gateway.access import AccessPolicy, Allowed, NeedsPairing, Refused, hinges_on_pairing, judge
from openclaw.gateway.lanes import Lanes
from openclaw.gateway.pairing import PairingStore
from openclaw.gateway.routing import Routing, route
from openclaw.gateway.tracing import TraceBook
from openclaw.store.inbox import Admission, InboxRow
from openclaw.store.ledger import Ending, Ledger
from openclaw.store.outbox import Draft
from openclaw.types.events import MessageReceived, ReplyReady, TraceRecorded
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Part

logger = logging.getLogger(__name__)

PAGE = 100

AccountKey = tuple[str, str]
"""Channel and account."""


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
    ) -> None:
        self._ledger = ledger
        self._bus = bus
        self._lanes = lanes
        self._traces = traces
        self._routing = routing
        self._policies = policies
        self._pairings = pairings

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
        admissions: list[Admission] = []
        endings: list[Ending] = []
        for row in page:
            match await self._judge(row):
                case Admission() as admission:
                    admissions.append(admission)
                case Ending() as ending:
                    endings.append(ending)
        await self._ledger.sort(admissions, endings)
        for admission in admissions:
            self._lanes.wake(admission.session_key)
        for ending in endings:
            for draft in ending.drafts:
                await self._bus.publish(ReplyReady(draft.to))
            await self._bus.publish(TraceRecorded(ending.trace.id, ending.trace.outcome))

    async def _judge(self, row: InboxRow) -> Admission | Ending:
        try:
            return await self._admit_or_refuse(row)
        except Exception:
            # One event that nobody can sort must not keep all others waiting, over every restart.
            logger.exception("%s could not be sorted; trace %s", row.key, row.trace_id)
            return self._ending(row, "internal_error", None, state="dead")

    async def _admit_or_refuse(self, row: InboxRow) -> Admission | Ending:
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
                return Admission(row.seq, where.session_key, where.agent, role)
            case NeedsPairing():
                return self._ending(row, "pairing", await self._pairing_reply(row, pairing))
            case Refused(reason):
                return self._ending(row, reason, None)

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

    def _ending(
        self, row: InboxRow, reason: str, reply: Draft | None, state: Literal["refused", "dead"] = "refused"
    ) -> Ending:
        trace = self._traces.find(row)
        self._traces.close(row.trace_id)
        drafts = (reply,) if reply else ()
        return Ending(row.seq, state, reason, trace.record(state, reason, None), drafts=drafts)


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
