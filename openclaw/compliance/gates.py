"""The pre-send gates: pure functions over an intent and facts. They run inside the claim of the outbox row."""

from collections.abc import Callable, Iterable, Iterator

from openclaw.compliance import blast, consent, content, registration, thread
from openclaw.compliance.plan import Plan, plan
from openclaw.compliance.windows import is_open, next_open
from openclaw.types.sending import ALLOW, GATED, Facts, Outcome, SendIntent, Verdict

__all__ = ["ALLOW", "computed", "decide", "is_gated"]

Gate = Callable[[SendIntent, Facts, Plan], Iterator[Verdict]]

COMPUTER = "gate-computer"
STRICTER: tuple[Outcome, ...] = ("allow", "defer", "hold", "block")
HOUR_MS = 3_600_000


def decide(intent: SendIntent, facts: Facts) -> Verdict:
    """The strictest of what the gates say, of equals the first. A message that is not gated costs two looks."""
    if not (facts.rules.enabled and is_gated(intent)):
        return content.plain_checks(intent, facts) or ALLOW
    planned = plan(intent, facts)
    return _combined(intent, facts, planned)


def is_gated(intent: SendIntent) -> bool:
    """What is said in a call that is going on is not a call: its address names it."""
    return intent.to.channel in GATED and not (intent.to.channel == "voice" and intent.to.thread is not None)


def computed(intent: SendIntent, facts: Facts, planned: Plan) -> tuple[Verdict, ...]:
    """Every gate's own word, in the order in which they are told: none is skipped, so that the record is whole."""
    return tuple(
        _worst(name, gate(intent, facts, planned), released=intent.released) for name, gate in GATES.items()
    )


def _computer(intent: SendIntent, facts: Facts, planned: Plan) -> Iterator[Verdict]:
    if intent.to.channel in {"sms", "voice"} and planned.number is None:
        yield Verdict("block", COMPUTER, "bad_address")
    if facts.now > intent.created_at + facts.rules.expire_hours * HOUR_MS:
        yield Verdict("block", COMPUTER, "expired", evidence={"createdAt": intent.created_at})
    if facts.dealings is None:
        yield Verdict("hold", COMPUTER, "facts_missing")
    evidence: dict[str, object] = {
        "aim": planned.aim,
        "region": planned.region,
        "states": sorted(planned.place.states),
        "zones": list(planned.place.zones),
        "sender": planned.sender,
        "segments": planned.segments,
    }
    price = facts.rules.segment_prices.get((intent.to.channel, intent.to.account))
    if price is not None:
        evidence["estimatedCost"] = round(planned.segments * price, 4)
    downgraded = planned.aim == "marketing" and intent.purpose != "campaign"
    yield Verdict("allow", COMPUTER, "purpose_downgraded" if downgraded else "", evidence=evidence)


GATES: dict[str, Gate] = {
    registration.GATE: registration.gate,
    COMPUTER: _computer,
    consent.GATE: consent.gate,
    blast.GATE: blast.gate,
    thread.GATE: thread.gate,
    content.GATE: content.gate,
}


def _worst(name: str, said: Iterable[Verdict], *, released: bool) -> Verdict:
    """One verdict of a gate: its strictest, with the codes of the others beside it."""
    verdicts = [_let_go(each) if released else each for each in said] or [Verdict("allow", name)]
    worst = max(verdicts, key=lambda each: STRICTER.index(each.outcome))
    also = [each.code for each in verdicts if each is not worst and each.code]
    evidence = {**worst.evidence, **({"also": also} if also else {})}
    return Verdict(worst.outcome, name, worst.code, _latest(worst, verdicts), evidence)


def _let_go(verdict: Verdict) -> Verdict:
    """The owner's yes lifts what was held for him, and nothing that is forbidden or too early."""
    if verdict.outcome != "hold":
        return verdict
    return Verdict("allow", verdict.gate, verdict.code, evidence={**verdict.evidence, "released": True})


def _combined(intent: SendIntent, facts: Facts, planned: Plan) -> Verdict:
    gates = computed(intent, facts, planned)
    worst = max(gates, key=lambda each: STRICTER.index(each.outcome))
    if worst.outcome == "allow":
        return Verdict("allow", evidence={"aim": planned.aim, "segments": planned.segments}, gates=gates)
    evidence = {**worst.evidence, "aim": planned.aim}
    until = _latest(worst, gates)
    if until is not None and (planned.aim in {"marketing", "transactional"} or worst.code == "quiet_hours"):
        until = _within_hours(until, intent, facts, planned)
    return Verdict(worst.outcome, worst.gate, worst.code, until, evidence, gates)


def _within_hours(until: int, intent: SendIntent, facts: Facts, planned: Plan) -> int:
    """A cap may end in the night."""
    marketing = planned.aim == "marketing"
    if is_open(until, planned.place, facts.rules, marketing=marketing):
        return until
    return next_open(until, planned.place, facts.rules, marketing=marketing, seed=intent.id) or until


def _latest(worst: Verdict, said: Iterable[Verdict]) -> int | None:
    if worst.outcome != "defer":
        return None
    return max(
        (each.until for each in said if each.outcome == "defer" and each.until is not None), default=None
    )
