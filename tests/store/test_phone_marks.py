from openclaw.store.database import Database
from openclaw.store.phone_marks import PhoneMarks
from tests.store.made import SetClock


async def test_the_first_value_holds_for_good(database: Database, clock: SetClock) -> None:
    marks = PhoneMarks(database, clock)
    assert await marks.find("bootstrap-trusted") is None
    assert await marks.keep("bootstrap-trusted", "sms:SM1") == "sms:SM1"
    assert await marks.keep("bootstrap-trusted", "sms:SM2") == "sms:SM1"
    assert await PhoneMarks(database, clock).find("bootstrap-trusted") == "sms:SM1"
