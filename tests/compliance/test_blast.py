import re
from dataclasses import replace
from typing import Any

import pytest

from openclaw.compliance.blast import body_key, gate
from openclaw.compliance.gates import decide
from openclaw.types.dealings import Campaign, Counters, Sender, Tally, Thread
from openclaw.types.sending import Purpose
from tests.compliance.made import DAY, HOUR, MINUTE, NOON, RELEASED, SECOND, THEIRS, facts, intent, said

OWNER = frozenset({THEIRS})


def counted(**more: Any) -> Counters:
    return Counters(marketed_before=True, **more)


@pytest.mark.parametrize(
    ("stopped", "held"),
    [
        ({"all"}, True),
        ({"sms"}, True),
        ({"sms:default"}, True),
        ({"campaign:spring"}, True),
        ({"voice", "sms:second", "campaign:summer"}, False),
        (set(), False),
    ],
)
def test_a_kill_switch_holds_what_it_names(stopped: set[str], held: bool) -> None:
    rules = replace(RELEASED, switches=frozenset(stopped))
    about = intent(purpose="campaign", campaign="spring")
    assert said(gate, about, facts(rules=rules)) == ([("hold", "kill_switch")] if held else [])


@pytest.mark.parametrize(
    ("sender", "held"),
    [
        (Sender(sends=50, filtered=2), True),
        (Sender(sends=50, filtered=1), False),
        (Sender(sends=49, filtered=40), False),
        (Sender(sends=5, failures=5), True),
        (Sender(sends=50, failures=4), False),
    ],
)
def test_a_number_that_the_carriers_refuse_stops(sender: Sender, held: bool) -> None:
    assert said(gate, intent(), facts(sender=sender)) == ([("hold", "circuit_open")] if held else [])


@pytest.mark.parametrize("authorized", [frozenset(), OWNER])
def test_the_same_words_go_to_a_number_once_a_day(authorized: frozenset[str]) -> None:
    known = facts(counters=counted(duplicate_at=NOON - HOUR), authorized=authorized)
    assert said(gate, intent(), known) == [("block", "duplicate")]


@pytest.mark.parametrize(
    ("answers", "words"), [(NOON - MINUTE, []), (NOON - 2 * HOUR, [("block", "duplicate")])]
)
def test_the_same_answer_to_another_question_is_no_repetition(
    answers: int, words: list[tuple[str, str]]
) -> None:
    known = facts(counters=counted(duplicate_at=NOON - HOUR), thread=Thread(answers=answers))
    assert said(gate, intent(purpose="reply"), known) == words


@pytest.mark.parametrize(
    ("count", "approved", "held"), [(9, False, False), (10, False, True), (500, True, False)]
)
def test_the_same_words_to_many_need_an_approved_campaign(count: int, approved: bool, held: bool) -> None:
    known = facts(counters=counted(same_words_to=count), campaign=Campaign(approved=approved))
    assert said(gate, intent(), known) == ([("hold", "unapproved_blast")] if held else [])


@pytest.mark.parametrize(
    ("campaign", "words"),
    [
        (Campaign(True, sent=4), []),
        (Campaign(True, sent=5, delivered=4), [("defer", "canary")]),
        (Campaign(True, sent=5, delivered=5), []),
    ],
)
def test_the_first_of_a_campaign_must_arrive_before_the_rest_leaves(
    campaign: Campaign, words: list[tuple[str, str]]
) -> None:
    assert said(gate, intent(purpose="campaign", campaign="spring"), facts(campaign=campaign)) == words


@pytest.mark.parametrize(
    ("ago", "purpose", "authorized", "words"),
    [
        (19 * SECOND, "api", frozenset(), [("defer", "cap_spacing")]),
        (20 * SECOND, "api", frozenset(), []),
        (SECOND, "api", OWNER, []),
    ],
)
def test_messages_to_a_number_keep_their_distance(
    ago: int, purpose: Purpose, authorized: frozenset[str], words: list[tuple[str, str]]
) -> None:
    known = facts(thread=Thread(last_out=NOON - ago), authorized=authorized)
    assert said(gate, intent(purpose=purpose), known) == words


@pytest.mark.parametrize(
    ("name", "code", "most", "window"),
    [
        ("contact_hour", "cap_contact", 30, HOUR),
        ("sender_hour", "cap_sender", 1000, HOUR),
        ("house_hour", "cap_house", 2000, HOUR),
        ("marketing_day", "cap_marketing_day", 1, DAY),
        ("marketing_month", "cap_marketing_month", 6, 30 * DAY),
    ],
)
def test_a_cap_puts_off_until_its_window_ends(name: str, code: str, most: int, window: int) -> None:
    oldest = NOON - window + 3 * HOUR
    about = intent(purpose="campaign")
    full = facts(counters=counted(**{name: Tally(most, oldest)}))
    below = facts(counters=counted(**{name: Tally(most - 1, oldest)}))
    assert said(gate, about, full) == [("defer", code)]
    assert said(gate, about, below) == []
    assert decide(about, full).until == oldest + window
    assert said(gate, intent(purpose="owner"), replace(full, authorized=OWNER)) == []


def test_some_states_allow_three_a_day_whatever_the_owner_says() -> None:
    rules = replace(RELEASED, caps=replace(RELEASED.caps, marketing_day=10))
    known = facts(rules=rules, counters=counted(marketing_day=Tally(3, NOON - HOUR)))
    assert said(gate, intent(purpose="campaign", chat="+13055550123"), known) == [
        ("defer", "cap_marketing_day")
    ]
    assert said(gate, intent(purpose="campaign"), known) == []


def test_what_has_no_cap_is_not_counted() -> None:
    rules = replace(RELEASED, caps=replace(RELEASED.caps, contact_hour=None))
    assert said(gate, intent(), facts(rules=rules, counters=counted(contact_hour=Tally(10_000, NOON)))) == []


def test_a_long_text_is_held() -> None:
    long, longest = "word " * 120, "word " * 140
    assert said(gate, intent(long), facts()) == []
    assert said(gate, intent(longest), facts()) == [("hold", "too_long")]
    assert said(gate, intent(longest), facts(authorized=OWNER)) == []
    assert said(gate, intent(longest, channel="voice"), facts()) == []


@pytest.mark.parametrize(("spent", "held"), [(4.99, False), (5.0, True)])
def test_what_costs_too_much_is_held(spent: float, held: bool) -> None:
    rules = replace(RELEASED, caps=replace(RELEASED.caps, dollars_per_day=5.0))
    known = facts(rules=rules, counters=counted(spent_today=spent), authorized=OWNER)
    assert said(gate, intent(), known) == ([("hold", "budget")] if held else [])


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("see https://bit.ly/3abc", True),
        ("bit.ly/x", True),
        ("Go to TINYURL.com/y.", True),
        ("(t.co/z)", True),
        ("https://example.org/bit.ly.html", False),
        ("rabbit.ly/x", False),
        ("https://t.co.example.org/", False),
        ("it.is.gd", False),
    ],
)
def test_a_link_that_hides_where_it_leads_does_not_leave(text: str, shortened: bool) -> None:
    assert said(gate, intent(text), facts()) == ([("block", "shortener")] if shortened else [])


def test_a_second_call_may_begin_as_the_first_one_did() -> None:
    assert said(gate, intent(channel="voice"), facts(counters=counted(duplicate_at=NOON - HOUR))) == []


def test_two_texts_that_read_alike_are_the_same() -> None:
    assert body_key("↻ See you,  TUESDAY!") == body_key("see you tuesday")
    assert body_key("see you Tuesday") != body_key("see you Thursday")
    assert re.fullmatch("", body_key("…!"))
