"""A month of a house's life, put into its ledger before it starts."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import anyio

from openclaw.store import phone, usage
from openclaw.store.database import open_database
from openclaw.store.usage import UsageRow
from openclaw.types.clock import SystemClock
from openclaw.types.conversation import Usage
from openclaw.types.phone import CallRow, SmsRow

DAY = 86_400_000
OPUS, SONNET, HAIKU = (f"anthropic/claude-{name}" for name in ("opus-4-6", "sonnet-4-6", "haiku-4-5"))
WAYS = [
    # agent, model, channel, session, dollars, how often a day
    ("main", OPUS, "telegram", "agent:main:main", 0.042, 9),
    ("main", SONNET, "telegram", "agent:main:telegram:group:-1001842003", 0.011, 7),
    ("clerk", SONNET, "whatsapp", "agent:clerk:whatsapp:direct:12015550147", 0.009, 6),
    ("clerk", HAIKU, "sms", "agent:clerk:sms:direct:+12015550123", 0.002, 12),
    ("main", HAIKU, "cron", "agent:main:cron:job_weather", 0.0016, 4),
]


async def live_a_month(folder: Path) -> None:
    await anyio.Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    async with open_database(folder / "ledger.sqlite") as database:
        await database.write(_fill)


def _fill(tx: sqlite3.Connection) -> None:
    now = SystemClock().now_ms()
    for row in _turns(now):
        usage.insert(tx, row)
    dice = random.Random(7)
    for number in range(38):
        at = now - dice.randrange(6 * DAY)
        text = SmsRow(
            f"SM{number:032x}", "outbound", "+12015550100", "+12015550123", "On my way.", "delivered",
            segments=1 + number % 2, cost=0.0113 * (1 + number % 2),
        )  # fmt: skip
        phone.record_text(tx, text, at)
        heard = SmsRow(f"SN{number:032x}", "inbound", "+12015550123", "+12015550100", "Thanks", "received")
        phone.record_text(tx, heard, at)
    for number in range(5):
        at, sid = now - dice.randrange(6 * DAY), f"CA{number:032x}"
        phone.record_call(tx, CallRow(sid, "inbound", "+12015550147", "+12015550100", "ringing"), at)
        phone.call_status(tx, sid, ("completed", None), 35 + 61 * number, 0.014 * (1 + number), at)


def _turns(now: int) -> Iterator[UsageRow]:
    dice = random.Random(11)
    for back in range(30):
        busy = 0.25 if (now // DAY - back) % 7 in (2, 3) else 1.0
        for agent, model, channel, session, dollars, often in WAYS:
            for turn in range(round(often * busy * dice.uniform(0.6, 1.4))):
                at = now - back * DAY - dice.randrange(DAY // 4) * (back > 0)
                read = dice.randrange(6_000, 40_000)
                used = Usage(
                    read // 8, dice.randrange(80, 900), read, read // 20, dollars * dice.uniform(0.5, 1.8)
                )
                yield UsageRow(
                    at,
                    agent,
                    model,
                    channel,
                    session,
                    f"t_{back}_{session}_{turn}",
                    used,
                    sender="sms:+12015550123",
                )
