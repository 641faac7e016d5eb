"""Dual dispatch: a text is answered when its number is authorised; else it is kept, and no model hears of it."""

import errno
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import anyio

from openclaw.bus import Bus
from openclaw.compliance.words import wish
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.alert_rules import BOOTSTRAP_TRUST
from openclaw.gateway.phone import echo, overlay, spam
from openclaw.gateway.phone.bootstrap import Bootstrap, announcement
from openclaw.gateway.phone.numbers import NumberBook
from openclaw.gateway.phone.spam import SpamVerdict
from openclaw.gateway.phone.vault import Happening, Vault, id_of
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Draft
from openclaw.types.alerts import Alert, unheard
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.types.events import ReplyReady
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Inbound, Part
from openclaw.types.phone import PhoneLedger

logger = logging.getLogger(__name__)

TEXTS, CALLS = "sms", "voice"
TEXTED = frozenset({TEXTS, "salesmsg", "quo"})
"""Where people send texts, and may say that they want none."""
ANNOUNCED, CONFIRMED = -300, -400
"""Places among an event's messages: of what the owner is told, of the word that nothing more will come."""
WAIT_FOR_ROOM_SECONDS = 1.0
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
UNREADABLE = "authorized-numbers"
"""The kind of the alert about the list of numbers."""
OPT_OUT = "opt-out"
SHOWN = 100
"""Characters of a text that an alert tells."""
OPTED_OUT = "You will get no more texts from this number. Text START if you change your mind."


class Screening(Protocol):
    async def note(self, channel: str, event_key: str, verdict: str) -> None:
        """Beside the row of the audit log."""


class Posts(Protocol):
    async def post(self, draft: Draft, inbox_seq: int | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Passed:
    """It goes on, to be judged like any other."""

    event: Inbound
    let_in: frozenset[str] | None = None
    """Whose texts are answered; None: whoever is paired."""
    spam: bool = False
    """Only somebody who is let in is answered all the same."""


@dataclass(frozen=True, slots=True)
class Kept:
    """It ends here."""

    reason: str
    drafts: Sequence[Draft] = ()


@dataclass(frozen=True, slots=True)
class DualRules:
    numbers: Mapping[str, str]
    """Account → its number."""
    richer: str | None = None
    """The channel that cut answers point to; None: they are not cut."""
    window_minutes: float = 0
    owners: Sequence[Address] = ()
    """Where the owner is written to."""


@dataclass(frozen=True, slots=True)
class DualParts:
    book: NumberBook
    bootstrap: Bootstrap
    vault: Vault
    phone: PhoneLedger
    screening: Screening
    ledger: Posts
    bus: Bus
    alert: Alert = unheard


class DualDispatch:
    def __init__(self, parts: DualParts, rules: DualRules) -> None:
        self._parts = parts
        self._rules = rules

    def adopt(self, rules: DualRules) -> None:
        self._rules = rules

    def heeds(self, row: InboxRow) -> bool:
        return row.channel in {*TEXTED, CALLS} and not row.event.operator and not row.event.from_house

    async def receive(self, row: InboxRow, policy: AccessPolicy) -> Passed | Kept:
        """Waits for room on the disk: what has been taken in is never lost. Each step may be done again."""
        told = False
        while True:
            try:
                return await self._received(row, policy)
            except (StorageFullError, StorageBusyError, OSError) as error:
                if isinstance(error, OSError) and error.errno not in _NO_ROOM:
                    raise
                if not told:
                    logger.error("%s waits for room: %s", row.key, error)
                    told = True
                await anyio.sleep(WAIT_FOR_ROOM_SECONDS)

    async def _received(self, row: InboxRow, policy: AccessPolicy) -> Passed | Kept:
        said = row.event.wish or wish(row.event.text)
        if row.channel in TEXTED and said in {"stop", "stop_words", "start"}:
            return await self._wished(row, said)
        listed = await self._listed()
        number = row.event.sender.id
        if row.channel != TEXTS:
            confided = row.channel == CALLS and number in listed
            return Passed(self._dressed(row, confided=confided))
        verdict = spam.judge(row.event.text, number)
        await self._parts.screening.note(TEXTS, row.key, str(verdict))
        if number in listed:
            return Passed(self._dressed(row, confided=True), listed)
        if number in policy.allow_from or policy.dm_policy == "disabled":
            return Passed(self._dressed(row, confided=number in policy.allow_from))
        if policy.dm_policy != "stream" or "*" in policy.allow_from:
            return Passed(self._dressed(row, confided=False), spam=verdict.spam)
        if verdict.spam:
            return await self._refuse(row, verdict)
        if said == "help":
            return Kept("help")
        if not policy.allow_from and await self._parts.bootstrap.trusts(number, row.key, row.received_at):
            await self._announce(row)
            return Passed(self._dressed(row, confided=True), listed | {number})
        return await self._keep(row, verdict)

    async def _listed(self) -> frozenset[str]:
        book = self._parts.book
        listed = await book.numbers()
        if book.fault:
            await self._parts.alert(
                UNREADABLE, f"{book.fault}. Until it is mended no text is answered by it."
            )
        return listed

    def _dressed(self, row: InboxRow, *, confided: bool) -> Inbound:
        settings = dict(row.event.settings)
        if confided:
            settings[echo.SETTING] = True
        if row.channel == TEXTS and self._rules.richer is not None:
            settings[overlay.SETTING] = self._rules.richer
        return replace(row.event, settings=settings)

    async def _wished(self, row: InboxRow, said: str) -> Kept:
        """What it changes is in the ledger since it came. The carrier confirms its own keywords itself."""
        to, number = row.event.reply_to, row.event.sender.id
        if said != "start" and number in await self._listed():
            # It may be the owner's own telephone, and a wish that was none.
            words = f"{number}, an authorised number, wants no more texts: {row.event.text[:SHOWN]!r}."
            await self._parts.alert(f"{OPT_OUT}:{number}", f"{words} None goes there until it texts START.")
        if said != "stop_words" or to is None:
            return Kept("opt_in" if said == "start" else "opt_out")
        draft = Draft(new_id("o"), to, Part(OPTED_OUT), CONFIRMED, "optout_confirm", "stranger", row.trace_id)
        return Kept("opt_out", (draft,))

    async def _refuse(self, row: InboxRow, verdict: SpamVerdict) -> Kept:
        await self._parts.phone.happened(TEXTS, "sms.spam", row.event.message_id or row.key, str(verdict))
        return Kept("spam")

    async def _keep(self, row: InboxRow, verdict: SpamVerdict) -> Kept:
        event = row.event
        happening = Happening(
            id_of(row.key), row.received_at, TEXTS, event.text, event.sender.id,
            self._rules.numbers.get(row.account, ""),
            {"messageSid": event.message_id, "account": row.account, "screening": str(verdict)},
        )  # fmt: skip
        place = await self._parts.vault.keep(happening)
        await self._parts.phone.happened(TEXTS, "sms.streamed", happening.id, f"{event.sender.id} → {place}")
        return Kept("stream")

    async def _announce(self, row: InboxRow) -> None:
        """Repeated for the same event, it is told once."""
        text = announcement(row.event.sender.id, self._rules.window_minutes)
        for place, to in enumerate(self._rules.owners):
            draft = Draft(new_id("o"), to, Part(text), ANNOUNCED - place, "owner", "owner", row.trace_id)
            await self._parts.ledger.post(draft, row.seq)
            await self._parts.bus.publish(ReplyReady(to))
        await self._parts.alert(BOOTSTRAP_TRUST, text)
