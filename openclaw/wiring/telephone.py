"""The telephone wired to the house: whose texts are answered, what becomes of the others, and who may ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from openclaw.agent.tools.phone_numbers import PhoneNumbersFamily
from openclaw.channels.twilio.segments import segments
from openclaw.compliance.config import sending_rules
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.approvals import owner_addresses
from openclaw.gateway.clearance import Clearance, ClearanceParts
from openclaw.gateway.dispatch import AccountKey
from openclaw.gateway.phone import overlay
from openclaw.gateway.phone.bootstrap import Bootstrap
from openclaw.gateway.phone.briefing import PhoneBriefing
from openclaw.gateway.phone.bundle import Bundle, WorkspaceMemory
from openclaw.gateway.phone.desk import DeskParts, PhoneDesk
from openclaw.gateway.phone.dual import TEXTS, DualDispatch, DualParts, DualRules
from openclaw.gateway.phone.numbers import NumberBook
from openclaw.gateway.phone.streams import StreamFiles
from openclaw.gateway.phone.threads import ThreadKeeper, Threads
from openclaw.gateway.phone.vault import Vault
from openclaw.store.open_work import WorkLedger
from openclaw.store.phone_marks import PhoneMarks
from openclaw.store.screening import ScreeningLog
from openclaw.store.sent_texts import SentTexts
from openclaw.store.verdicts import VerdictLedger
from openclaw.types.alerts import Alert
from openclaw.types.channel import Channel, Deliver
from openclaw.wiring.foundation import Core


@dataclass(frozen=True, slots=True)
class TelephoneParts:
    core: Core
    channels: Mapping[AccountKey, Channel]
    policies: Mapping[AccountKey, AccessPolicy]
    alert: Alert


@dataclass(frozen=True, slots=True)
class Telephone:
    """Built before the turns and the dispatch that use it."""

    parts: TelephoneParts
    book: NumberBook
    streams: StreamFiles
    vault: Vault
    dual: DualDispatch
    briefing: PhoneBriefing
    family: PhoneNumbersFamily
    keeper: ThreadKeeper
    bootstrap: Bootstrap
    clearance: Clearance

    @property
    def families(self) -> tuple[PhoneNumbersFamily, ...]:
        """Nobody asks a house without texts whose it answers."""
        return (self.family,) if text_numbers(self.parts.core) else ()

    async def begin(self) -> None:
        """Before messages are sorted: the window of the first sender's trust is counted from the first start."""
        await self.book.rows()
        # Not where a command only looks into the house: nobody could have texted yet.
        if any(channel == TEXTS for channel, _ in self.parts.channels):
            await self.bootstrap.begin()

    def desk(self, deliver: Deliver) -> PhoneDesk:
        """`deliver`: as for webhooks."""
        parts = self.parts
        return PhoneDesk(
            DeskParts(
                self.book, self.streams, self.vault, parts.core.phone, deliver, self.clearance.submit, parts.core.bus,
                parts.core.clock, parts.channels, text_numbers(parts.core), call_numbers(parts.core),
            )
        )  # fmt: skip


def open_telephone(parts: TelephoneParts) -> Telephone:
    core = parts.core
    state, config = core.loaded.paths.state, core.loaded.settings.channels.sms
    marks = PhoneMarks(core.database, core.clock)
    book = NumberBook(state / "phone" / "authorized-numbers.json", marks, core.clock)
    trust = config.bootstrap_trust if config is not None else None
    window = float(trust.window_minutes) if trust is not None and trust.enabled else None
    bootstrap = Bootstrap(book, marks, core.clock, window)
    streams = StreamFiles(state / "streams")
    vault = Vault(state, streams)
    pointed_to = overlay.richest(channel for channel, _ in parts.channels)
    richer = pointed_to if config is not None and config.overlay else None
    screening = ScreeningLog(core.database, core.clock)
    dual = DualDispatch(
        DualParts(book, bootstrap, vault, core.phone, screening, core.ledger, core.bus, parts.alert),
        DualRules(text_numbers(core), richer, window or 0, owner_addresses(parts.policies)),
    )
    threads = Threads(streams, core.sessions, richer)
    memory = WorkspaceMemory({agent.id: agent.workspace for agent in core.agents})
    sent = SentTexts(core.database, text_numbers(core))
    bundle = Bundle(core.sessions, WorkLedger(core.database), memory, sent, core.wrapping)
    return Telephone(
        parts, book, streams, vault, dual, PhoneBriefing(threads, bundle), PhoneNumbersFamily(book),
        ThreadKeeper(threads, streams, core.sessions, core.bus, sent), bootstrap, _clearance(parts, book),
    )  # fmt: skip


def _clearance(parts: TelephoneParts, book: NumberBook) -> Clearance:
    core, sms = parts.core, parts.core.loaded.settings.channels.sms
    ours = {("sms", name): number for name, number in text_numbers(core).items()}
    ours |= {("voice", name): number for name, number in call_numbers(core).items()}
    salesmsg = core.loaded.settings.channels.salesmsg
    if salesmsg is not None and len(salesmsg.numbers) == 1:
        ours["salesmsg", "default"] = salesmsg.numbers[0]
    briefly = frozenset({"sms"}) if sms is not None and sms.overlay else frozenset()
    rules = sending_rules(
        core.loaded.settings.compliance, ours, briefly, lambda text: segments(text).count,
        # Counted otherwise than they are cut, a good answer would wait for the owner's word.
        lambda text: len(overlay.sentence_ends(text)),
    )  # fmt: skip
    prices = {("sms", name): line.segment_price for name, line in (sms.each_account() if sms else {}).items()}
    verdicts = VerdictLedger(core.database, core.clock)
    return Clearance(
        ClearanceParts(verdicts, core.consents, core.bus, core.clock, core.secrets, lambda: book.known),
        replace(rules, segment_prices=prices),
        owner_addresses(parts.policies),
    )


def text_numbers(core: Core) -> dict[str, str]:
    config = core.loaded.settings.channels.sms
    accounts = config.each_account() if config is not None else {}
    return {name: account.from_number or "" for name, account in accounts.items()}


def call_numbers(core: Core) -> dict[str, str]:
    config = core.loaded.settings.channels.voice
    if config is None or not config.enabled:
        return {}
    return {"default": config.from_number or ""}
