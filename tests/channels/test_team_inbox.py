import pytest

from openclaw.channels.team_inbox import TeamInbox, Written
from openclaw.types.channel import ChannelParts
from openclaw.types.receipts import Receipt
from tests.channels.salesmsg.house import Records, Secrets, StoppedClock, Wishes, parts

ADA = "+12015550123"


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def wishes() -> Wishes:
    return Wishes()


@pytest.fixture
def inbox(records: Records, wishes: Wishes) -> TeamInbox:
    return TeamInbox("quo", "default", "Quo", parts(records, wishes=wishes))


async def test_a_person_of_the_business_who_writes_is_noted_once(
    inbox: TeamInbox, records: Records, wishes: Wishes
) -> None:
    for _ in range(2):
        await inbox.note_person(Written("M1", ADA, "I will call you."))

    assert wishes.people == [(ADA, "quo", "default", "M1")]
    assert records.noted["quo", "sms.person", "M1"] == f"to {ADA}: I will call you."


async def test_what_we_wrote_ourselves_is_nobodys_word(
    inbox: TeamInbox, records: Records, wishes: Wishes
) -> None:
    records.own = {(ADA, "Yes.")}
    await inbox.note_person(Written("M1", ADA, "Yes."))
    assert wishes.people == []


async def test_a_text_that_was_not_delivered_is_told_with_its_reason(
    inbox: TeamInbox, records: Records
) -> None:
    await inbox.pass_on(Receipt("M1", "delivered"))
    await inbox.pass_on(Receipt("M2", "failed", reason="the number is gone"))
    await inbox.pass_on(Receipt("M3", "failed"))

    assert [kind for kind, _ in records.alerts] == ["send:quo"] * 2
    assert "not delivered: the number is gone." in records.alerts[0][1]
    assert "not delivered: Quo does not say why." in records.alerts[1][1]


async def test_an_event_that_is_not_understood_is_told_once(inbox: TeamInbox, records: Records) -> None:
    for _ in range(2):
        await inbox.note_unknown("shape-1", "call.ringing")

    assert len(records.alerts) == 1
    assert "call.ringing" in records.alerts[0][1]


async def test_in_a_house_without_books_nothing_is_noted() -> None:
    bare = TeamInbox("quo", "default", "Quo", ChannelParts(Secrets(), Records(), StoppedClock()))
    await bare.note_person(Written("M1", ADA, "I will call you."))
    await bare.note_unknown("shape-1", "call.ringing")
    await bare.pass_on(Receipt("M2", "failed"))
