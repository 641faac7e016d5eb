"""Gate ten-dlc: US carriers take texts only from registered numbers."""

from collections.abc import Iterator

from openclaw.compliance.plan import Plan
from openclaw.types.dealings import Registration, Sender
from openclaw.types.sending import Facts, SendIntent, Verdict
from openclaw.types.sending_rules import SendingRules

GATE = "ten-dlc"
LOOKED_UP_MS = 24 * 3_600_000


def gate(intent: SendIntent, facts: Facts, plan: Plan) -> Iterator[Verdict]:
    if intent.to.channel == "voice" or plan.sender in {"short", "foreign"} or not _domestic(plan):
        return
    sender = facts.dealings.sender if facts.dealings is not None else Sender()
    status, why = standing(plan, facts.rules, sender, facts.now)
    kind = "tfv" if plan.sender == "toll-free" else "b14"
    evidence: dict[str, object] = {"status": status, "sender": plan.sender}
    if status == "approved":
        yield Verdict("allow", GATE, evidence=evidence)
    elif plan.aim == "owner":
        yield Verdict("allow", GATE, "owner", evidence=evidence)
    elif status == "unknown" and plan.inbound_age is not None and plan.aim != "marketing":
        yield Verdict("allow", GATE, "registration_unstated", evidence=evidence)
    else:
        yield Verdict("block", GATE, f"{kind}_{why or status}", evidence=evidence)


def standing(plan: Plan, rules: SendingRules, sender: Sender, now: int) -> tuple[Registration, str]:
    """The registration as it counts now, and a reason of its own where there is one.

    Carriers know better than the file: a refusal as unregistered counts until somebody signs off again, or the
    provider has said `approved` since.
    """
    if _tripped(sender):
        return "denied", "tripped"
    stated = rules.numbers.get(plan.sender_number) or (
        rules.toll_free if plan.sender == "toll-free" else rules.ten_dlc
    )
    if stated != "unknown":
        return stated, ""
    if sender.looked_up == "unknown" or now - sender.looked_up_at > LOOKED_UP_MS:
        return "unknown", ""
    if sender.looked_up == "approved" and sender.signed_off_at is None:
        # What the provider says does not release anything: a person does.
        return "unknown", "not_released"
    return sender.looked_up, ""


def _tripped(sender: Sender) -> bool:
    if sender.tripped_at is None:
        return False
    mended = max(sender.signed_off_at or 0, sender.looked_up_at if sender.looked_up == "approved" else 0)
    return mended <= sender.tripped_at


def _domestic(plan: Plan) -> bool:
    return plan.number is None or plan.number.startswith("+1")
