import pytest

from openclaw.store import dealings, outbox
from openclaw.store.database import Database
from openclaw.store.outbox import Draft
from openclaw.store.own_texts import LOOKED_THROUGH, OwnTextLog
from openclaw.types.messages import Address, Part
from openclaw.types.sending import SendIntent
from tests.store.made import NOW

TO = Address("salesmsg", "+12015550123")


async def let_out(database: Database, name: str, text: str, at: int = NOW) -> None:
    draft = Draft(name, TO, Part(text), 0, "reply", "stranger", "t_1")
    intent = SendIntent(name, TO, text, "reply", "stranger", 0, NOW)
    await database.write(lambda tx: outbox.insert(tx, draft, None, NOW))
    await database.write(lambda tx: dealings.sends(tx, intent, "reply", "t_1", at))


@pytest.mark.parametrize(
    ("number", "provider_id", "text", "ours"),
    [
        ("+12015550123", "salesmsg:1", "See you at 9!", True),
        ("+12015550123", "salesmsg:9", "see you at  9", True),
        ("+12015550123", "salesmsg:9", "See you at ten.", False),
        ("+12015550124", "salesmsg:9", "See you at 9!", False),
    ],
)
async def test_a_text_that_is_being_sent_is_known_by_its_words(
    database: Database, number: str, provider_id: str, text: str, ours: bool
) -> None:
    await let_out(database, "o_1", "See you at 9!")

    assert await OwnTextLog(database).wrote("salesmsg", number, provider_id, text) is ours
    assert not await OwnTextLog(database).wrote("quo", number, provider_id, text)


async def test_a_text_that_has_left_is_known_by_its_id(database: Database) -> None:
    await let_out(database, "o_1", "See you at 9!")
    await database.write(lambda tx: outbox.sent(tx, "o_1", "salesmsg:1", NOW))

    assert await OwnTextLog(database).wrote("salesmsg", "+12015550123", "salesmsg:1", "…")


async def test_only_the_newest_are_looked_through(database: Database) -> None:
    for number in range(LOOKED_THROUGH + 1):
        await let_out(database, f"o_{number}", f"text {number}", NOW + number)

    own = OwnTextLog(database)
    assert not await own.wrote("salesmsg", "+12015550123", "salesmsg:9", "text 0")
    assert await own.wrote("salesmsg", "+12015550123", "salesmsg:9", "text 1")
