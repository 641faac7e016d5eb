"""The telephone wired to the house: whose texts are answered, what becomes of the others, and who may ask for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from openclaw.agent.tools.phone_numbers import PhoneNumbersFamily
from openclaw.channels.twilio.segments import segments
from openclaw.compliance.config import sending_rules
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
from openclaw.types.messages import Address
from openclaw.types.sending_rules import SendingRules
from openclaw.wiring.foundation import Core, refill


@dataclass(frozen=True, slots=True)
class TelephoneParts:
    core: Core
    channels: Mapping[AccountKey, Channel]
    owners: Sequence[Address]
    """Where each is written to."""
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
    texts: dict[str, str]
    """Account → the number that it texts from; filled anew with another config, as `calls`."""
    calls: dict[str, str]
    threads: Threads

    @property
    def families(self) -> tuple[PhoneNumbersFamily, ...]:
        """Nobody asks a house without texts whose it answers."""
        return (self.family,) if self.texts else ()

    def adopt(self) -> None:
        """The config of the core is another one."""
        core = self.parts.core
        refill(self.texts, text_numbers(core))
        refill(self.calls, call_numbers(core))
        rules = _dual_rules(self.parts, self.texts)
        self.dual.adopt(rules)
        self.threads.adopt(rules.richer)
        self.bootstrap.adopt(_window(core))
        self.clearance.adopt(_sending_rules(core))

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
                parts.core.clock, parts.channels, self.texts, self.calls,
                self.bootstrap if _trusts_strangers(parts.core) else None,
            )
        )  # fmt: skip


def open_telephone(parts: TelephoneParts) -> Telephone:
    core = parts.core
    state = core.loaded.paths.state
    marks = PhoneMarks(core.database, core.clock)
    book = NumberBook(state / "phone" / "authorized-numbers.json", marks, core.clock)
    bootstrap = Bootstrap(book, marks, core.clock, _window(core))
    streams = StreamFiles(state / "streams")
    vault = Vault(state, streams)
    texts, calls = text_numbers(core), call_numbers(core)
    rules = _dual_rules(parts, texts)
    screening = ScreeningLog(core.database, core.clock)
    dual = DualDispatch(
        DualParts(book, bootstrap, vault, core.phone, screening, core.ledger, core.bus, parts.alert),
        rules,
    )
    threads = Threads(streams, core.sessions, rules.richer)
    memory = WorkspaceMemory(core.workspaces)
    sent = SentTexts(core.database, texts)
    bundle = Bundle(core.sessions, WorkLedger(core.database), memory, sent, core.wrapping)
    return Telephone(
        parts, book, streams, vault, dual, PhoneBriefing(threads, bundle), PhoneNumbersFamily(book),
        ThreadKeeper(threads, streams, core.sessions, core.bus, sent), bootstrap, _clearance(parts, book),
        texts, calls, threads,
    )  # fmt: skip


def _window(core: Core) -> float | None:
    """Minutes of the first sender's trust."""
    config = core.loaded.settings.channels.sms
    trust = config.bootstrap_trust if config is not None else None
    return float(trust.window_minutes) if trust is not None and trust.enabled else None


def _dual_rules(parts: TelephoneParts, texts: Mapping[str, str]) -> DualRules:
    config = parts.core.loaded.settings.channels.sms
    pointed_to = overlay.richest(channel for channel, _ in parts.channels)
    richer = pointed_to if config is not None and config.overlay else None
    return DualRules(texts, richer, _window(parts.core) or 0, parts.owners)


def _clearance(parts: TelephoneParts, book: NumberBook) -> Clearance:
    core = parts.core
    verdicts = VerdictLedger(core.database, core.clock)
    return Clearance(
        ClearanceParts(verdicts, core.consents, core.bus, core.clock, core.secrets, lambda: book.known),
        _sending_rules(core),
        parts.owners,
    )


def _sending_rules(core: Core) -> SendingRules:
    sms = core.loaded.settings.channels.sms
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
    return replace(rules, segment_prices=prices)


def _trusts_strangers(core: Core) -> bool:
    """Whether there is anybody at all whom the first sender's trust could reach."""
    sms = core.loaded.settings.channels.sms
    return sms is not None and sms.enabled and sms.dm_policy == "stream" and not sms.allow_from


def text_numbers(core: Core) -> dict[str, str]:
    config = core.loaded.settings.channels.sms
    accounts = config.each_account() if config is not None else {}
    return {name: account.from_number or "" for name, account in accounts.items()}


def call_numbers(core: Core) -> dict[str, str]:
    config = core.loaded.settings.channels.voice
    if config is None or not config.enabled:
        return {}
    return {"default": config.from_number or ""}
