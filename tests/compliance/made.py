"""What the gates' tests are made of: an ordinary text in the middle of a working day, to be varied."""

from datetime import UTC, datetime
from typing import Any

from openclaw.compliance.plan import plan
from openclaw.types.dealings import Contact, Counters, Dealings, Sender, Thread
from openclaw.types.messages import Address
from openclaw.types.sending import Facts, Purpose, SendIntent, Verdict
from openclaw.types.sending_rules import SendingRules

THEIRS = "+12015550123"
OURS = "+12125550100"
TEXAN = "+12145550123"
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def at(text: str) -> int:
    """`2026-11-18 17:00` in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOON = at("2026-11-18 17:00")
"""Wednesday, noon in New York."""
NIGHT = at("2026-11-18 07:00")
"""Two o'clock in the morning there."""
RELEASED = SendingRules(ten_dlc="approved", senders={("sms", "default"): OURS})


def intent(text: str = "See you on Tuesday.", purpose: Purpose = "api", **more: Any) -> SendIntent:
    fields: dict[str, Any] = {
        "chat": THEIRS,
        "channel": "sms",
        "created_at": NOON - SECOND,
        "id": "o_1",
        **more,
    }
    to = Address(fields.pop("channel"), fields.pop("chat"))
    name, created_at = fields.pop("id"), fields.pop("created_at")
    return SendIntent(name, to, text, purpose, "stranger", 0, created_at, **fields)


def facts(
    *,
    contact: Contact | None = None,
    thread: Thread | None = None,
    counters: Counters | None = None,
    sender: Sender | None = None,
    **more: Any,
) -> Facts:
    """Of somebody who has consented and been marketed to before, unless a test says otherwise."""
    dealings = Dealings(
        contact or Contact(consents=frozenset({"PEC", "PEWC"})),
        thread or Thread(),
        counters or Counters(marketed_before=True),
        sender or Sender(),
        **({"campaign": more.pop("campaign")} if "campaign" in more else {}),
    )
    return Facts(more.pop("now", NOON), dealings=dealings, rules=more.pop("rules", RELEASED), **more)


def said(gate: Any, about: SendIntent, known: Facts) -> list[tuple[str, str]]:
    """What one gate says: outcome and code of each word."""
    verdicts: list[Verdict] = list(gate(about, known, plan(about, known)))
    return [(each.outcome, each.code) for each in verdicts]
