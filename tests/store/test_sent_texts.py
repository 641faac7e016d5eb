from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.outbox import Draft
from openclaw.store.sent_texts import SentTexts
from openclaw.types.messages import Address, Part


async def posted(ledger: Ledger, name: str, channel: str = "sms") -> None:
    draft = Draft(name, Address(channel, "+12015550123"), Part(f"text {name}"), 0, "api", "member", "t_1")
    await ledger.post(draft, None)


async def left(database: Database, name: str) -> None:
    await database.write(lambda tx: tx.execute("UPDATE outbox SET state = 'sent' WHERE id = ?", (name,)))


async def test_only_texts_that_have_left_are_told_the_oldest_first(
    database: Database, ledger: Ledger
) -> None:
    for name in ("o_1", "o_2", "o_3", "o_4"):
        await posted(ledger, name, "telegram" if name == "o_4" else "sms")
    for name in ("o_1", "o_3", "o_4"):
        await left(database, name)
    sent = SentTexts(database, {"default": "+12015550100"})
    rows = await sent.newest(10)
    assert [(row["id"], row["text"], row["from"]) for row in rows] == [
        ("o_1", "text o_1", "+12015550100"),
        ("o_3", "text o_3", "+12015550100"),
    ]
    assert [row["id"] for row in await sent.newest(1)] == ["o_3"]
    assert [row["id"] for row in await sent.one("o_1")] == ["o_1"]
    assert await sent.one("o_2") == []
