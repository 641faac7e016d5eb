from typing import Any

import pytest

from openclaw.store import consents
from openclaw.store.consents import ComplianceEvent, ConsentLedger, EventKind
from openclaw.store.database import Database
from openclaw.types.clock import iso
from openclaw.types.dealings import Contact, OptOut, Sender
from openclaw.types.phone import PhoneRefusal
from tests.store.made import NOW, SetClock

THEIRS, OURS = "+12015550123", "+12125550100"


@pytest.fixture
def ledger(database: Database, clock: SetClock) -> ConsentLedger:
    return ConsentLedger(database, clock)


def told(*kinds: EventKind, **evidence: Any) -> list[ComplianceEvent]:
    return [
        ComplianceEvent(kind, THEIRS, "sms", "ana", "https://example.org/form", "", evidence)
        for kind in kinds
    ]


async def recorded(ledger: ConsentLedger, clock: SetClock, *events: ComplianceEvent) -> Contact:
    for event in events:
        await ledger.record(event)
        clock.ms += 1000
    return await ledger.contact(THEIRS)


async def test_of_a_stranger_nothing_is_known(ledger: ConsentLedger) -> None:
    assert await ledger.contact(THEIRS) == Contact()
    assert not await ledger.is_opted_out(THEIRS, "sms")


async def test_what_they_said_last_holds(ledger: ConsentLedger, clock: SetClock) -> None:
    contact = await recorded(
        ledger,
        clock,
        *told("PEC", "PEWC", "withdrawn", "PEC", "do_not_call", "takeover", "handback", "opt_out"),
    )
    assert contact.consents == {"PEC"}
    assert (contact.do_not_call, contact.takeover) == (True, False)
    assert contact.opt_outs == (OptOut(NOW + 7000, "sms"),)


async def test_an_opt_in_takes_every_opt_out_back(ledger: ConsentLedger, clock: SetClock) -> None:
    await ledger.opted_out(THEIRS, "sms", "keyword", "STOP")
    await ledger.opted_out(THEIRS, "quo", "provider")
    assert await ledger.is_opted_out("+1 (201) 555-0123", "quo")
    assert not await ledger.is_opted_out(THEIRS, "voice")
    await ledger.record(ComplianceEvent("opt_in", THEIRS, "sms", "", "keyword", "START"))
    assert not await ledger.is_opted_out(THEIRS, "sms")


async def test_a_consent_takes_no_opt_out_back(ledger: ConsentLedger, clock: SetClock) -> None:
    contact = await recorded(ledger, clock, *told("opt_out", "PEWC"))
    assert len(contact.opt_outs) == 1


async def test_a_confirmation_is_remembered_until_they_opt_out_anew(
    ledger: ConsentLedger, clock: SetClock
) -> None:
    contact = await recorded(ledger, clock, *told("opt_out", "confirmed"))
    assert [each.confirmed_by for each in contact.opt_outs] == ["https://example.org/form"]
    contact = await recorded(ledger, clock, *told("opt_in", "opt_out"))
    assert [each.confirmed_by for each in contact.opt_outs] == [""]


@pytest.mark.parametrize(("channel", "given"), [("sms", {"PEWC"}), ("voice", {"PEC"}), (None, {"PEWC"})])
async def test_consent_to_one_channel_is_none_to_another(
    ledger: ConsentLedger, database: Database, channel: str | None, given: set[str]
) -> None:
    await ledger.record(ComplianceEvent("PEC", THEIRS))
    await ledger.record(ComplianceEvent("withdrawn", THEIRS, "sms"))
    await ledger.record(ComplianceEvent("PEWC", THEIRS, "sms"))
    rows = await database.read(lambda tx: consents.events(tx, [THEIRS]))
    assert consents.contact(rows, channel=channel).consents == given


async def test_where_they_live_is_what_they_said_last(ledger: ConsentLedger, clock: SetClock) -> None:
    contact = await recorded(
        ledger,
        clock,
        *told("PEC", timezone="America/Denver", state="CO"),
        *told("PEC", state="TX"),
        *told("PEC"),
    )
    assert (contact.zone, contact.state) == ("America/Denver", "TX")


@pytest.mark.parametrize(
    ("code", "subject", "kind"),
    [(21610, THEIRS, "opt_out"), (30034, OURS, "tripped"), (30032, OURS, "tripped")],
)
async def test_a_refusal_of_the_provider_is_heeded(
    ledger: ConsentLedger, code: int, subject: str, kind: str
) -> None:
    await ledger.heed(PhoneRefusal("sms", code, OURS, THEIRS, "SM1"))

    (row,) = await ledger.listing(None, 10)
    assert (row["subject"], row["kind"], row["source"]) == (subject, kind, "provider")
    assert row["evidence"] == {"code": code, "ref": "SM1", **({"said": "elsewhere"} if code == 21610 else {})}


async def test_other_refusals_change_nothing(ledger: ConsentLedger) -> None:
    await ledger.heed(PhoneRefusal("sms", 30003, OURS, THEIRS, "SM1"))
    assert await ledger.listing(None, 10) == []


async def sender_of(database: Database, *outcomes: str) -> Sender:
    return await database.read(lambda tx: consents.sender(consents.events(tx, [OURS, ""]), outcomes))


@pytest.mark.parametrize("sender", ["MG0123456789abcdef0123456789abcdef", "", OURS])
async def test_a_service_that_picks_the_number_is_tripped_by_any_of_them(
    ledger: ConsentLedger, database: Database, sender: str
) -> None:
    await ledger.heed(PhoneRefusal("sms", 30034, sender, THEIRS, "SM1"))
    rows = await database.read(lambda tx: consents.about_sender(tx, "", "sms"))
    assert [row["kind"] for row in rows] == ["tripped"]
    elsewhere = await database.read(lambda tx: consents.about_sender(tx, "+12125550199", "sms"))
    assert len(elsewhere) == (0 if sender == OURS else 1)


async def test_the_standing_of_our_number_is_put_together(
    ledger: ConsentLedger, clock: SetClock, database: Database
) -> None:
    await ledger.registered(OURS, "pending")
    clock.ms += 1000
    await ledger.registered(OURS, "approved")
    clock.ms += 1000
    await ledger.heed(PhoneRefusal("sms", 30034, OURS, THEIRS, "SM1"))
    clock.ms += 1000
    await ledger.record(ComplianceEvent("signed_off", "", by="ana"))

    found = await sender_of(database, "failed", "filtered", "ok", "failed")

    assert found == Sender("approved", NOW + 1000, NOW + 2000, NOW + 3000, 4, 1, 2)
    assert [row["kind"] for row in await ledger.listing(OURS, 10)] == ["tripped", "registered"]


async def test_a_status_that_means_nothing_is_unknown(ledger: ConsentLedger, database: Database) -> None:
    await ledger.registered(OURS, "CAMPAIGN_SUSPENDED")
    assert (await sender_of(database)).looked_up == "unknown"


async def test_it_is_known_when_a_person_last_wrote(ledger: ConsentLedger, database: Database) -> None:
    await ledger.human_wrote(THEIRS, "quo", "default", "MSG1")
    rows = await database.read(lambda tx: consents.events(tx, [THEIRS]))
    assert consents.human_at(rows, "quo") == NOW
    assert consents.human_at(rows, "sms") is None


async def test_records_are_listed_the_newest_first_and_forgotten_after_years(
    ledger: ConsentLedger, database: Database, clock: SetClock
) -> None:
    await recorded(ledger, clock, *told("PEC", "opt_out"))
    rows = await ledger.listing(" +1 201 555 0123", 1)
    assert [(row["kind"], row["madeBy"]) for row in rows] == [("opt_out", "ana")]

    await database.write(lambda tx: consents.forget(tx, iso(NOW + 500)))
    assert [row["kind"] for row in await ledger.listing(THEIRS, 10)] == ["opt_out"]
