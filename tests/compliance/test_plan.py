from dataclasses import replace

import pytest

from openclaw.compliance.plan import EVERYWHERE, Aim, confirmable, plan
from openclaw.types.dealings import Contact, OptOut, Thread
from openclaw.types.sending import Facts, Purpose
from openclaw.types.sending_rules import SendingRules
from tests.compliance.made import HOUR, MINUTE, NOON, OURS, RELEASED, SECOND, THEIRS, facts, intent

WROTE = Thread(newest_in=NOON - HOUR)
ANSWERED = Thread(newest_in=NOON - HOUR, last_out=NOON - MINUTE)
BOUND = Thread(newest_in=NOON - HOUR, last_out=NOON - MINUTE, answers=NOON - HOUR)
LONG_AGO = Thread(newest_in=NOON - 25 * HOUR)
BOUND_LONG_AGO = Thread(newest_in=NOON, answers=NOON - 25 * HOUR)
LEFT = Contact(opt_outs=(OptOut(NOON - MINUTE, "sms"),))


@pytest.mark.parametrize(
    ("purpose", "thread", "aim"),
    [
        ("reply", WROTE, "reply"),
        ("reply", BOUND, "reply"),
        ("reply", ANSWERED, "marketing"),
        ("reply", LONG_AGO, "marketing"),
        ("reply", BOUND_LONG_AGO, "marketing"),
        ("reply", Thread(), "marketing"),
        ("notice", WROTE, "reply"),
        ("notice", Thread(), "transactional"),
        ("message", WROTE, "reply"),
        ("message", ANSWERED, "transactional"),
        ("api", WROTE, "reply"),
        ("api", Thread(), "transactional"),
        ("owner", Thread(), "marketing"),
        ("owner", WROTE, "reply"),
        ("campaign", WROTE, "marketing"),
        ("help_reply", WROTE, "help_reply"),
        ("help_reply", Thread(), "marketing"),
        ("optout_confirm", WROTE, "marketing"),
    ],
)
def test_a_label_is_believed_as_far_as_the_ledger_bears_it_out(
    purpose: Purpose, thread: Thread, aim: Aim
) -> None:
    assert plan(intent(purpose=purpose), facts(thread=thread)).aim == aim


@pytest.mark.parametrize("purpose", ["reply", "notice", "message", "owner", "api"])
def test_whatever_goes_to_an_authorised_number_is_the_owners(purpose: Purpose) -> None:
    assert plan(intent(purpose=purpose), facts(authorized=frozenset({THEIRS}))).aim == "owner"


def test_a_campaign_is_a_campaign_to_anybody() -> None:
    assert plan(intent(purpose="campaign"), facts(authorized=frozenset({THEIRS}))).aim == "marketing"


@pytest.mark.parametrize(
    ("opt_outs", "may"),
    [
        ((), False),
        ((OptOut(NOON - MINUTE, "sms"),), True),
        ((OptOut(NOON - 5 * MINUTE, "sms"),), True),
        ((OptOut(NOON - 5 * MINUTE - 1, "sms"),), False),
        ((OptOut(NOON - MINUTE, "sms", confirmed_by="o_0"),), False),
        ((OptOut(NOON - MINUTE, "sms", confirmed_by="o_1"),), True),
        ((OptOut(NOON - HOUR, "sms", confirmed_by="o_0"), OptOut(NOON - MINUTE, "sms")), False),
    ],
)
def test_an_opt_out_is_confirmed_once_within_five_minutes(opt_outs: tuple[OptOut, ...], may: bool) -> None:
    assert confirmable(Contact(opt_outs=opt_outs), NOON, "o_1") is may
    aim = plan(intent(purpose="optout_confirm"), facts(contact=Contact(opt_outs=opt_outs))).aim
    assert aim == ("optout_confirm" if may else "marketing")


@pytest.mark.parametrize(
    ("number", "region", "zones", "states"),
    [
        (THEIRS, "US", ("America/New_York",), {"NJ"}),
        ("+19074231234", "US", ("America/Adak", "America/Anchorage"), {"AK"}),
        ("+18085550123", "US", ("Pacific/Honolulu",), {"HI"}),
        ("+18005550123", "US", EVERYWHERE, set()),
        ("+36301234567", "HU", ("Europe/Budapest",), set()),
        ("+14165550123", "CA", ("America/Toronto",), set()),
        ("+17875550123", "US", ("America/Puerto_Rico",), {"PR"}),
    ],
)
def test_a_number_tells_where_it_may_be(
    number: str, region: str, zones: tuple[str, ...], states: set[str]
) -> None:
    planned = plan(intent(chat=number), facts())
    assert (planned.region, planned.place.zones, set(planned.place.states)) == (region, zones, states)


def test_what_they_said_of_their_place_outweighs_the_number() -> None:
    contact = Contact(zone="America/Denver", state="TX")
    place = plan(intent(), facts(contact=contact)).place
    assert place.zones == ("America/Denver",)
    assert place.states == {"NJ", "TX"}


def test_the_owner_may_say_where_toll_free_numbers_are() -> None:
    rules = replace(RELEASED, zone="America/Chicago")
    assert plan(intent(chat="+18005550123"), facts(rules=rules)).place.zones == ("America/Chicago",)


def test_a_conversation_without_a_number_is_everywhere_until_its_person_is_known() -> None:
    named = intent(chat="conv_4711", channel="salesmsg")
    assert plan(named, facts()).number is None
    assert plan(named, facts()).place.zones == EVERYWHERE
    known = plan(named, facts(contact=Contact(number=THEIRS), authorized=frozenset({THEIRS})))
    assert (known.number, known.place.zones, known.aim) == (THEIRS, ("America/New_York",), "owner")


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        (OURS, "long"),
        ("+18335550100", "toll-free"),
        ("24680", "short"),
        ("+36301234567", "foreign"),
        ("", "long"),
    ],
)
def test_our_own_number_is_of_a_kind(own: str, kind: str) -> None:
    rules = SendingRules(senders={("sms", "default"): own})
    assert plan(intent(), facts(rules=rules)).sender == kind


def test_the_age_of_what_is_answered_is_known() -> None:
    assert plan(intent(), facts(thread=WROTE)).inbound_age == HOUR
    assert plan(intent(), facts(thread=ANSWERED)).inbound_age is None
    assert plan(intent(), facts(thread=Thread(newest_in=NOON - SECOND, last_out=NOON))).inbound_age is None


def test_without_facts_nothing_is_an_answer() -> None:
    assert plan(intent(purpose="reply"), Facts(NOON)).aim == "marketing"


def test_segments_are_counted_as_the_channel_counts_them() -> None:
    rules = replace(RELEASED, segments=lambda text: 7)
    assert plan(intent(), facts(rules=rules)).segments == 7
    assert plan(intent(channel="voice"), facts(rules=rules)).segments == 1
