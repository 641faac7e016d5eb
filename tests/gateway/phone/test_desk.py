from pathlib import Path

import pytest

from openclaw.gateway.phone.desk import FieldError, HandedOver, NotSetUpError, PhoneDesk
from openclaw.types.messages import Address, Inbound, Unusable
from openclaw.types.sending import Verdict
from tests.gateway.phone.switchboard import ADA, BEN, OURS, Telephone
from tests.gateway.scripted import NOW


@pytest.fixture
def telephone(tmp_path: Path) -> Telephone:
    return Telephone(tmp_path)


async def test_a_text_goes_to_the_gates_with_who_asked_for_it(telephone: Telephone) -> None:
    await telephone.desk.authorise(ADA, "api")
    to_owner = await telephone.desk.text("+1 (201) 555-0123", "The kitchen confirmed for nine.")
    to_other = await telephone.desk.text(BEN, "Hello")
    first, second = telephone.gates.drafts
    assert (first.to, first.part.text) == (Address("sms", ADA), "The kitchen confirmed for nine.")
    assert [(each.purpose, each.audience) for each in (first, second)] == [
        ("api", "member"),
        ("api", "stranger"),
    ]
    assert (to_owner.id, to_owner.status, to_other.id) == (first.id, "queued", second.id)


@pytest.mark.parametrize(
    ("to", "body", "field"),
    [("201 555 0123", "hi", "to"), (f"{ADA},{BEN}", "hi", "to"), ("", "hi", "to"), (ADA, "  ", "body"),
     (ADA, "x" * 1601, "body"), (OURS, "hi", "to")],
)  # fmt: skip
async def test_what_cannot_be_sent_is_told_by_its_field(
    telephone: Telephone, to: str, body: str, field: str
) -> None:
    with pytest.raises(FieldError) as refused:
        await telephone.desk.text(to, body)
    assert refused.value.field == field
    assert telephone.gates.drafts == []


async def test_1600_characters_are_still_one_text(telephone: Telephone) -> None:
    await telephone.desk.text(ADA, "x" * 1600)
    assert len(telephone.gates.drafts[0].part.text) == 1600


async def test_what_a_gate_says_comes_back(telephone: Telephone) -> None:
    verdict = Verdict("block", "ten-dlc", "registration_denied")
    telephone.gates.will("refused", verdict)
    submission = await telephone.desk.text(ADA, "hi")
    assert (submission.status, submission.verdict) == ("refused", verdict)


async def test_a_call_begins_with_words(telephone: Telephone) -> None:
    await telephone.desk.call(BEN, " Your table is ready. ")
    await telephone.desk.call(BEN)
    first, second = telephone.gates.drafts
    assert (first.to, first.part.text) == (Address("voice", BEN), "Your table is ready.")
    assert second.part.text.startswith("Hello")


async def test_we_do_not_call_ourselves(telephone: Telephone) -> None:
    with pytest.raises(FieldError, match="our own number"):
        await telephone.desk.call(OURS)


async def test_the_number_to_send_from_is_an_account_or_a_number_of_ours(telephone: Telephone) -> None:
    await telephone.desk.text(BEN, "hi", "default")
    await telephone.desk.text(BEN, "hi", "+1 201 555 0100")
    assert [draft.to.account for draft in telephone.gates.drafts] == ["default", "default"]
    with pytest.raises(FieldError, match="none of our numbers"):
        await telephone.desk.text(BEN, "hi", "+12015550199")


async def test_without_a_number_nothing_is_sent(telephone: Telephone) -> None:
    object.__setattr__(telephone.desk._parts, "numbers", {})
    with pytest.raises(NotSetUpError, match=r"channels\.sms"):
        await telephone.desk.text(BEN, "hi")


async def test_a_text_that_is_handed_over_is_the_same_as_one_that_is_posted(telephone: Telephone) -> None:
    await telephone.desk.take_over(HandedOver("+1 201 555 0123", OURS, " hi ", "SM1"))
    (arrival,) = telephone.delivered
    assert (arrival.key, arrival.account) == ("sms:SM1", "default")
    assert isinstance(arrival.content, Inbound)
    assert (arrival.content.sender.id, arrival.content.text) == (ADA, "hi")
    assert arrival.content.reply_to == Address("sms", ADA)
    assert [row.sid for row in telephone.log.texts] == ["SM1"]


@pytest.mark.parametrize(
    ("text", "field"),
    [(HandedOver(ADA, "+12015550199", "hi", "SM1"), "to"), (HandedOver(ADA, "nobody", "hi", "SM1"), "to"),
     (HandedOver(ADA, OURS, "hi", "SM 1"), "messageSid"), (HandedOver(ADA, OURS, "hi", ""), "messageSid"),
     (HandedOver(" ", OURS, "hi", "SM1"), "from"), (HandedOver(ADA, OURS, " ", "SM1"), "body")],
)  # fmt: skip
async def test_what_is_no_text_to_us_is_not_taken_over(
    telephone: Telephone, text: HandedOver, field: str
) -> None:
    with pytest.raises(FieldError) as refused:
        await telephone.desk.take_over(text)
    assert (refused.value.field, telephone.delivered) == (field, [])


async def test_our_own_number_is_never_answered(telephone: Telephone) -> None:
    await telephone.desk.take_over(HandedOver(OURS, OURS, "hi", "SM1"))
    assert isinstance(telephone.delivered[0].content, Unusable)


async def test_what_other_programs_hand_in_is_kept_in_its_stream_and_in_the_vault(
    telephone: Telephone,
) -> None:
    name, record = await telephone.desk.ingest("email", "Invoice 7", sender="a@example.org", meta={"n": 1})
    assert record == f"vault/event/2026-02-27/{name}.md"
    assert "provenance: hook" in (telephone.state / record).read_text()
    (line,) = await telephone.desk.stream("email", 10)
    assert (line["id"], line["from"], line["meta"]) == (name, "a@example.org", {"n": 1})
    assert telephone.log.events == [("email", "email.ingested", name)]


async def test_the_time_of_an_event_may_be_told(telephone: Telephone) -> None:
    _, record = await telephone.desk.ingest("email", "old", at=NOW - 86_400_000, meta={})
    assert record.startswith("vault/event/2026-02-26/")


@pytest.mark.parametrize(
    ("stream", "content", "field"),
    [("../x", "hi", "stream_type"), ("sms-phone-1", "hi", "stream_type"), ("sms", " ", "content")],
)
async def test_what_is_no_event_is_refused(
    telephone: Telephone, stream: str, content: str, field: str
) -> None:
    desk: PhoneDesk = telephone.desk
    with pytest.raises(FieldError) as refused:
        await desk.ingest(stream, content, meta={})
    assert refused.value.field == field
    with pytest.raises(FieldError):
        await desk.stream("../../ledger", 5)
