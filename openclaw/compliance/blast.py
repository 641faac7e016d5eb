"""Gate blast-safety: kill switches, circuit breaker, repetition, caps, cost."""

import re
from collections.abc import Iterator

from openclaw.compliance.plan import Plan
from openclaw.compliance.windows import THREE_A_DAY
from openclaw.types.dealings import Counters, Dealings, Sender, Tally
from openclaw.types.sending import Facts, SendIntent, Verdict

GATE = "blast-safety"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MONTH_MS = 30 * DAY_MS
CANARY_WAIT_MS = 300_000
MOST_FAILURES = 5
SENDS_TO_JUDGE, FILTERED_SHARE = 50, 0.02
_SHORTENERS = re.compile(
    r"(?<![\w.-])(?<![^/\s]/)"
    r"(?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|shorturl\.at"
    r"|rb\.gy|tiny\.cc|v\.gd|bl\.ink|t\.ly|s\.id|lnkd\.in)(?=$|[/\s?#]|[^\w/\s?#-](?:\W|$))",
    re.IGNORECASE,
)


def gate(intent: SendIntent, facts: Facts, plan: Plan) -> Iterator[Verdict]:
    dealings = facts.dealings or Dealings()
    yield from _switches(intent, facts)
    yield from _circuit(dealings.sender)
    yield from _repetition(intent, facts, dealings)
    if plan.aim == "marketing" and intent.campaign:
        yield from _canary(facts, dealings)
    if not plan.free:
        yield from _caps(intent, facts, plan, dealings)
    most = facts.rules.caps.dollars_per_day
    if most is not None and dealings.counters.spent_today >= most:
        yield Verdict("hold", GATE, "budget", evidence={"spent": dealings.counters.spent_today, "cap": most})
    if found := _SHORTENERS.search(intent.text):
        yield Verdict("block", GATE, "shortener", evidence={"link": found.group()})


def _switches(intent: SendIntent, facts: Facts) -> Iterator[Verdict]:
    to = intent.to
    thrown = {
        "all",
        to.channel,
        f"{to.channel}:{to.account}",
        f"campaign:{intent.campaign}",
    } & facts.rules.switches
    if thrown:
        yield Verdict("hold", GATE, "kill_switch", evidence={"switches": sorted(thrown)})


def _circuit(sender: Sender) -> Iterator[Verdict]:
    filtered = sender.sends >= SENDS_TO_JUDGE and sender.filtered > sender.sends * FILTERED_SHARE
    if filtered or sender.failures >= MOST_FAILURES:
        evidence = {"filtered": sender.filtered, "of": sender.sends, "failuresInARow": sender.failures}
        yield Verdict("hold", GATE, "circuit_open", evidence=evidence)


def _repetition(intent: SendIntent, facts: Facts, dealings: Dealings) -> Iterator[Verdict]:
    counters, answers = dealings.counters, dealings.thread.answers
    # The same answer to another question is no repetition: "Yes." twice a day.
    anew = answers is not None and answers > (counters.duplicate_at or 0)
    # Calls begin alike.
    if counters.duplicate_at is not None and not anew and intent.to.channel != "voice":
        yield Verdict("block", GATE, "duplicate", evidence={"sentAt": counters.duplicate_at})
    if (
        counters.same_words_to >= facts.rules.caps.blast
        and not dealings.campaign.approved
        and answers is None
    ):
        yield Verdict("hold", GATE, "unapproved_blast", evidence={"numbers": counters.same_words_to})


def _canary(facts: Facts, dealings: Dealings) -> Iterator[Verdict]:
    first, campaign = facts.rules.caps.canary, dealings.campaign
    if campaign.sent >= first > campaign.delivered:
        evidence = {"sent": campaign.sent, "delivered": campaign.delivered}
        yield Verdict("defer", GATE, "canary", facts.now + CANARY_WAIT_MS, evidence)


def _caps(intent: SendIntent, facts: Facts, plan: Plan, dealings: Dealings) -> Iterator[Verdict]:
    caps, counters = facts.rules.caps, dealings.counters
    last = dealings.thread.last_out
    if last is not None and facts.now < (due := last + caps.spacing_seconds * 1000):
        yield Verdict("defer", GATE, "cap_spacing", due)
    yield from _cap("cap_contact", counters.contact_hour, caps.contact_hour, HOUR_MS, facts.now)
    yield from _cap("cap_sender", counters.sender_hour, caps.sender_hour, HOUR_MS, facts.now)
    yield from _cap("cap_house", counters.house_hour, caps.house_hour, HOUR_MS, facts.now)
    if plan.aim == "marketing":
        yield from _marketing_caps(facts, plan, counters)
    if plan.segments > caps.segments and intent.to.channel != "voice":
        evidence = {"segments": plan.segments, "cap": caps.segments}
        yield Verdict("hold", GATE, "too_long", evidence=evidence)


def _marketing_caps(facts: Facts, plan: Plan, counters: Counters) -> Iterator[Verdict]:
    caps = facts.rules.caps
    a_day = min(caps.marketing_day, 3) if plan.place.states & THREE_A_DAY else caps.marketing_day
    yield from _cap("cap_marketing_day", counters.marketing_day, a_day, DAY_MS, facts.now)
    yield from _cap(
        "cap_marketing_month", counters.marketing_month, caps.marketing_month, MONTH_MS, facts.now
    )


def _cap(code: str, tally: Tally, most: int | None, window_ms: int, now: int) -> Iterator[Verdict]:
    if most is not None and tally.count >= most:
        until = max(tally.oldest + window_ms, now + 1000)
        yield Verdict("defer", GATE, code, until, {"count": tally.count, "cap": most})


def body_key(text: str) -> str:
    """Of two texts that differ in nothing that a reader would notice it is the same; empty for no words at all."""
    return " ".join(re.findall(r"\w+", text.casefold()))
