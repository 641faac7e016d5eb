"""Gate compliance-gate: opt-outs, consent, quiet hours, countries."""

from collections.abc import Iterator

from openclaw.compliance.plan import Plan
from openclaw.compliance.windows import is_open, next_open
from openclaw.types.dealings import Contact, OptOut
from openclaw.types.sending import Facts, SendIntent, Verdict

GATE = "compliance-gate"
FRESH_MS = 30 * 60_000
"""Whoever wrote so lately is awake."""
CONVERSATION_MS = 90 * 86_400_000
"""How long somebody who wrote to us may be written to about the same."""


def gate(intent: SendIntent, facts: Facts, plan: Plan) -> Iterator[Verdict]:
    contact = facts.dealings.contact if facts.dealings is not None else Contact()
    yield from _opt_out(intent, facts, plan, contact)
    yield from _consent(facts, plan, contact)
    yield from _quiet_hours(intent, facts, plan)
    away = plan.number is not None and plan.region not in facts.rules.countries
    if away and plan.aim in {"marketing", "transactional"}:
        yield Verdict("block", GATE, "geo", evidence={"region": plan.region or "unknown"})
    if plan.premium:
        yield Verdict("block", GATE, "premium_rate")


def _opt_out(intent: SendIntent, facts: Facts, plan: Plan, contact: Contact) -> Iterator[Verdict]:
    heard = [each for each in contact.opt_outs if _covers(each, intent.to.channel, facts, plan)]
    if heard and plan.aim != "optout_confirm":
        newest = max(heard, key=lambda each: each.at)
        yield Verdict("block", GATE, "opted_out", evidence={"at": newest.at, "channel": newest.channel})


def _covers(opt_out: OptOut, channel: str, facts: Facts, plan: Plan) -> bool:
    if plan.aim == "owner" and opt_out.channel == "voice":
        return False  # ears mishear, and who calls under a number need not be its owner
    return facts.rules.opt_out_scope == "all" or opt_out.channel in {channel, "all"}


def _consent(facts: Facts, plan: Plan, contact: Contact) -> Iterator[Verdict]:
    if plan.aim == "marketing":
        if contact.do_not_call:
            yield Verdict("block", GATE, "dnc")
        if "PEWC" not in contact.consents:
            yield Verdict("block", GATE, "no_consent", evidence={"needs": "PEWC"})
    elif plan.aim == "transactional" and not (contact.consents or _has_written(facts)):
        yield Verdict("hold", GATE, "no_consent", evidence={"needs": "PEC"})


def _has_written(facts: Facts) -> bool:
    came = facts.dealings.thread.newest_in if facts.dealings is not None else None
    return came is not None and facts.now - came <= CONVERSATION_MS


def _quiet_hours(intent: SendIntent, facts: Facts, plan: Plan) -> Iterator[Verdict]:
    if plan.free or (plan.aim == "reply" and plan.inbound_age is not None and plan.inbound_age <= FRESH_MS):
        return
    marketing = plan.aim == "marketing"
    if is_open(facts.now, plan.place, facts.rules, marketing=marketing):
        return
    evidence: dict[str, object] = {"zones": list(plan.place.zones), "states": sorted(plan.place.states)}
    until = next_open(facts.now, plan.place, facts.rules, marketing=marketing, seed=intent.id)
    if until is None:
        yield Verdict("hold", GATE, "no_window", evidence=evidence)
    else:
        yield Verdict("defer", GATE, "quiet_hours", until, evidence)
