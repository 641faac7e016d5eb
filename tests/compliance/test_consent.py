from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw.compliance.consent import gate
from openclaw.compliance.gates import decide
from openclaw.compliance.plan import plan
from openclaw.compliance.windows import is_open
from openclaw.types.dealings import ConsentKind, Contact, OptOut, Thread
from openclaw.types.sending import Purpose
from tests.compliance.made import DAY, HOUR, MINUTE, NIGHT, NOON, RELEASED, THEIRS, facts, intent, said

PURPOSES = ("reply", "notice", "message", "owner", "api", "campaign", "optout_confirm", "help_reply")
YES: frozenset[ConsentKind] = frozenset({"PEC", "PEWC"})
LEFT = Contact(opt_outs=(OptOut(NOON - DAY, "sms"),), consents=YES)
OWNER = frozenset({THEIRS})


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("authorized", [frozenset(), OWNER])
def test_who_has_opted_out_is_left_alone(purpose: Purpose, authorized: frozenset[str]) -> None:
    words = said(gate, intent(purpose=purpose), facts(contact=LEFT, authorized=authorized))
    assert ("block", "opted_out") in words


def test_one_text_confirms_it() -> None:
    contact = Contact(opt_outs=(OptOut(NOON - MINUTE, "sms"),))
    assert said(gate, intent(purpose="optout_confirm"), facts(contact=contact)) == []


@pytest.mark.parametrize(
    ("scope", "opted_out_of", "words"),
    [
        ("all", "quo", [("block", "opted_out")]),
        ("channel", "quo", []),
        ("channel", "sms", [("block", "opted_out")]),
        ("channel", "all", [("block", "opted_out")]),
    ],
)
def test_an_opt_out_reaches_as_far_as_the_owner_has_it(
    scope: str, opted_out_of: str, words: list[tuple[str, str]]
) -> None:
    contact = Contact(opt_outs=(OptOut(NOON - DAY, opted_out_of),), consents=YES)
    rules = replace(RELEASED, opt_out_scope=scope)  # type: ignore[arg-type]
    assert said(gate, intent(), facts(contact=contact, rules=rules)) == words


@pytest.mark.parametrize(
    ("channel", "authorized", "words"),
    [
        ("sms", OWNER, [("block", "opted_out")]),
        ("voice", OWNER, []),
        ("voice", frozenset(), [("block", "opted_out")]),
    ],
)
def test_an_authorised_number_stops_the_assistant_in_writing(
    channel: str, authorized: frozenset[str], words: list[tuple[str, str]]
) -> None:
    contact = Contact(opt_outs=(OptOut(NOON - DAY, channel, "words"),), consents=YES)
    assert said(gate, intent(), facts(contact=contact, authorized=authorized)) == words


@pytest.mark.parametrize(
    ("purpose", "consents", "words"),
    [
        ("campaign", {"PEWC"}, []),
        ("campaign", {"PEC"}, [("block", "no_consent")]),
        ("campaign", set(), [("block", "no_consent")]),
        ("api", {"PEC"}, []),
        ("api", {"owner"}, []),
        ("api", set(), [("hold", "no_consent")]),
        ("message", set(), [("hold", "no_consent")]),
        ("reply", set(), [("block", "no_consent")]),
    ],
)
def test_what_nobody_asked_for_needs_consent(
    purpose: Purpose, consents: set[ConsentKind], words: list[tuple[str, str]]
) -> None:
    assert said(gate, intent(purpose=purpose), facts(contact=Contact(consents=frozenset(consents)))) == words


@pytest.mark.parametrize(("ago", "words"), [(90 * DAY, []), (91 * DAY, [("hold", "no_consent")])])
def test_who_has_written_may_be_written_to_about_it(ago: int, words: list[tuple[str, str]]) -> None:
    thread = Thread(newest_in=NOON - ago, last_out=NOON - DAY)
    assert said(gate, intent(), facts(contact=Contact(), thread=thread)) == words


def test_an_answer_needs_no_consent() -> None:
    assert said(gate, intent(purpose="reply"), facts(contact=Contact(), thread=Thread(newest_in=NOON))) == []


def test_do_not_call_is_about_marketing() -> None:
    contact = Contact(consents=YES, do_not_call=True)
    assert said(gate, intent(purpose="campaign"), facts(contact=contact)) == [("block", "dnc")]
    assert said(gate, intent(), facts(contact=contact)) == []


@pytest.mark.parametrize(
    ("purpose", "age", "words"),
    [
        ("reply", 30 * MINUTE, []),
        ("reply", 31 * MINUTE, [("defer", "quiet_hours")]),
        ("api", None, [("defer", "quiet_hours")]),
        ("campaign", 1, [("defer", "quiet_hours")]),
        ("help_reply", HOUR, []),
    ],
)
def test_at_night_only_who_is_awake_is_answered(
    purpose: Purpose, age: int | None, words: list[tuple[str, str]]
) -> None:
    thread = Thread(newest_in=NIGHT - age) if age is not None else Thread()
    about = intent(purpose=purpose, created_at=NIGHT)
    assert said(gate, about, facts(now=NIGHT, thread=thread)) == words


def test_the_owner_is_told_at_night_too() -> None:
    assert said(gate, intent(created_at=NIGHT), facts(now=NIGHT, authorized=OWNER)) == []


def test_a_place_without_a_common_hour_is_held_for_a_person() -> None:
    rules = replace(RELEASED, opens=9 * 60, closes=9 * 60)
    assert said(gate, intent(), facts(rules=rules)) == [("hold", "no_window")]


@pytest.mark.parametrize(
    ("chat", "purpose", "words"),
    [
        ("+447911123456", "api", [("block", "geo")]),
        ("+447911123456", "campaign", [("block", "geo")]),
        ("+447911123456", "help_reply", []),
        ("+14165550123", "api", []),
    ],
)
def test_abroad_only_answers_go(chat: str, purpose: Purpose, words: list[tuple[str, str]]) -> None:
    thread = Thread(newest_in=NOON - 1, last_out=NOON - 1 if purpose != "help_reply" else None)
    assert said(gate, intent(chat=chat, purpose=purpose), facts(thread=thread)) == words


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize("chat", ["+19005550100", "+449011234567"])
def test_a_number_that_earns_by_being_called_is_never_called(chat: str, channel: str) -> None:
    known = facts(authorized=frozenset({chat}), thread=Thread(newest_in=NOON))
    assert said(gate, intent(chat=chat, channel=channel), known) == [("block", "premium_rate")]


# -- properties -------------------------------------------------------------------------------------------

NUMBERS = st.sampled_from(
    (
        THEIRS, "+12125550100", "+18185550100", "+19075550100", "+18085550100", "+18005550123", "+15205550100",
        "+12145550123", "+16015550100", "+14015550100", "+36301234567", "conv_4711",
    )
)  # fmt: skip
MOMENTS = st.integers(NOON - 400 * DAY, NOON + 400 * DAY)


@settings(deadline=None)
@given(NUMBERS, MOMENTS, st.sampled_from(("notice", "message", "api", "campaign")))
def test_nothing_unasked_leaves_outside_the_hours_of_any_likely_zone(
    chat: str, now: int, purpose: Purpose
) -> None:
    about = intent(chat=chat, purpose=purpose, created_at=now, channel="sms" if chat[0] == "+" else "quo")
    known = facts(now=now)
    verdict, place = decide(about, known), plan(about, known).place
    marketing = purpose == "campaign"
    if verdict.outcome == "allow":
        assert is_open(now, place, known.rules, marketing=marketing)
    if verdict.outcome == "defer":
        assert verdict.until is not None
        assert verdict.until > now
        assert is_open(verdict.until, place, known.rules, marketing=marketing)


@settings(deadline=None)
@given(
    st.sampled_from(PURPOSES),
    st.lists(st.tuples(st.integers(0, 30 * DAY), st.booleans()), min_size=1, max_size=4),
    st.booleans(),
    st.integers(0, 2 * DAY),
    st.booleans(),
)
def test_an_opted_out_number_gets_nothing_but_one_confirmation_in_time(
    purpose: Purpose, opt_outs: list[tuple[int, bool]], listed: bool, wrote: int, released: bool
) -> None:
    contact = Contact(
        opt_outs=tuple(
            OptOut(NOON - ago, "sms", confirmed_by="o_0" if done else "") for ago, done in opt_outs
        ),
        consents=YES,
    )
    known = facts(
        contact=contact, authorized=OWNER if listed else frozenset(), thread=Thread(newest_in=NOON - wrote)
    )
    verdict = decide(intent(purpose=purpose, released=released), known)
    in_time = min(ago for ago, _ in opt_outs) <= 5 * MINUTE and not any(done for _, done in opt_outs)
    if verdict.outcome != "block":
        assert purpose == "optout_confirm"
        assert in_time
