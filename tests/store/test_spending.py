from dataclasses import replace
from functools import partial
from typing import Any

from openclaw.store import phone, usage
from openclaw.store.database import Database
from openclaw.store.spending import Day, SpendingLedger
from openclaw.store.usage import UsageRow
from openclaw.types.conversation import Usage
from openclaw.types.phone import CallRow, SmsRow
from tests.store.made import KEY, NOW

DAY = 86_400_000
DAYS: list[Day] = [("thursday", NOW - DAY, NOW), ("friday", NOW, NOW + DAY)]
ME, ANA = "+12015550100", "+12015550123"


def row(at: int, agent: str, turn: str, cost: float) -> UsageRow:
    return UsageRow(at, agent, "anthropic/claude", "telegram", KEY, turn, Usage(10, 2, 7, 1, cost))


async def spent(database: Database) -> dict[str, Any]:
    return await SpendingLedger(database).read("agent", DAYS)


async def test_each_day_by_what_is_asked_for_and_the_sum_of_all(database: Database) -> None:
    for at, agent, turn, cost in [
        (NOW - DAY - 1, "main", "t_0", 8.0),
        (NOW - 1, "main", "t_1", 0.5),
        (NOW, "main", "t_1", 0.25),
        (NOW + 1, "clerk", "t_2", 1.0),
    ]:
        await database.write(partial(usage.insert, row=row(at, agent, turn, cost)))

    found = await spent(database)
    assert [(day["day"], [(each["key"], each["cost"]) for each in day["rows"]]) for day in found["days"]] == [
        ("thursday", [("main", 0.5)]),
        ("friday", [("clerk", 1.0), ("main", 0.25)]),
    ]
    assert [(each["key"], each["turns"], each["cost"]) for each in found["rows"]] == [
        ("clerk", 1, 1.0),
        ("main", 1, 0.75),
    ]
    assert (found["total"]["turns"], found["total"]["cost"]) == (2, 1.75)


async def test_texts_are_counted_in_segments_and_calls_in_begun_minutes(database: Database) -> None:
    def use(tx: Any) -> None:
        phone.record_text(tx, SmsRow("SM1", "outbound", ME, ANA, "hi", "sent", segments=3, cost=0.03), NOW)
        phone.record_text(tx, SmsRow("SM2", "outbound", ME, ANA, "hi", "sent", segments=1, cost=0.01), NOW)
        phone.record_text(tx, SmsRow("SM3", "inbound", ANA, ME, "hi", "received"), NOW)
        phone.record_text(tx, SmsRow("SM4", "inbound", ANA, ME, "old", "received"), NOW - 2 * DAY)
        phone.text_status(tx, "SM9", "delivered", None, NOW)
        for sid, seconds in (("CA1", 61), ("CA2", 60)):
            phone.record_call(tx, CallRow(sid, "inbound", ANA, ME, "ringing"), NOW)
            phone.call_status(tx, sid, ("completed", None), seconds, 0.014, NOW)

    await database.write(use)

    found = (await spent(database))["phone"]
    assert found["texts"] == [
        {"direction": "outbound", "channel": "sms", "count": 2, "segments": 4, "cost": 0.04},
        {"direction": "inbound", "channel": "sms", "count": 1, "segments": 1, "cost": 0},
    ]
    assert found["calls"] == [
        {"direction": "inbound", "channel": "voice", "count": 2, "seconds": 121, "minutes": 3, "cost": 0.028},
    ]


async def test_nothing_spent_is_all_days_empty(database: Database) -> None:
    found = await spent(database)
    assert [day["rows"] for day in found["days"]] == [[], []]
    assert found["rows"] == []
    assert found["total"] == {
        "key": "total",
        "turns": 0,
        "input": 0,
        "output": 0,
        "cacheRead": 0,
        "cost": 0.0,
    }
    assert found["phone"] == {"texts": [], "calls": []}


async def test_the_dearest_senders_of_the_last_hour_come_first(database: Database) -> None:
    def spend(tx: Any) -> None:
        for at, sender, cost in [
            (NOW, "telegram:1", 0.2),
            (NOW, "telegram:2", 0.5),
            (NOW, "telegram:1", 0.4),
            (NOW - 1, "telegram:3", 9.0),
            (NOW, "", 3.0),
            (NOW, "telegram:4", 0.0),
        ]:
            usage.insert(tx, replace(row(at, "main", "t_1", cost), sender=sender))

    await database.write(spend)

    assert await SpendingLedger(database).senders(NOW) == [
        {"sender": "telegram:1", "cost": 0.6},
        {"sender": "telegram:2", "cost": 0.5},
    ]
