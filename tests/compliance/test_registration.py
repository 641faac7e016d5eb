from typing import Any

import pytest

from openclaw.compliance.registration import gate
from openclaw.types.dealings import Registration, Sender, Thread
from openclaw.types.sending_rules import SendingRules
from tests.compliance.made import DAY, HOUR, NOON, OURS, THEIRS, facts, intent, said

FREE = "+18335550100"
WROTE = Thread(newest_in=NOON - HOUR)


def rules(status: Registration, own: str = OURS, **more: Any) -> SendingRules:
    return SendingRules(ten_dlc=status, senders={("sms", "default"): own}, **more)


@pytest.mark.parametrize(
    ("status", "unasked", "answer", "owner"),
    [
        ("approved", ("allow", ""), ("allow", ""), ("allow", "")),
        ("pending", ("block", "b14_pending"), ("block", "b14_pending"), ("allow", "owner")),
        ("denied", ("block", "b14_denied"), ("block", "b14_denied"), ("allow", "owner")),
        ("unknown", ("block", "b14_unknown"), ("allow", "registration_unstated"), ("allow", "owner")),
    ],
)
def test_the_registration_decides(
    status: Registration, unasked: tuple[str, str], answer: tuple[str, str], owner: tuple[str, str]
) -> None:
    stated = rules(status)
    assert said(gate, intent(), facts(rules=stated)) == [unasked]
    assert said(gate, intent(purpose="reply"), facts(rules=stated, thread=WROTE)) == [answer]
    assert said(gate, intent(), facts(rules=stated, authorized=frozenset({THEIRS}))) == [owner]


@pytest.mark.parametrize("status", ["pending", "denied", "unknown"])
def test_a_campaign_needs_an_approved_registration(status: Registration) -> None:
    known = facts(rules=rules(status), thread=WROTE, authorized=frozenset({THEIRS}))
    assert said(gate, intent(purpose="campaign"), known) == [("block", f"b14_{status}")]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("approved", ("allow", "")),
        ("denied", ("block", "tfv_denied")),
        ("pending", ("block", "tfv_pending")),
        ("unknown", ("block", "tfv_unknown")),
    ],
)
def test_toll_free_numbers_are_verified_separately(status: Registration, word: tuple[str, str]) -> None:
    stated = rules("denied" if status == "approved" else "approved", FREE, toll_free=status)
    assert said(gate, intent(), facts(rules=stated)) == [word]


def test_a_single_number_may_stand_differently() -> None:
    stated = rules("denied", numbers={OURS: "approved"})
    assert said(gate, intent(), facts(rules=stated)) == [("allow", "")]


@pytest.mark.parametrize(
    ("chat", "own", "channel"),
    [
        ("+36301234567", OURS, "sms"),
        (THEIRS, "24680", "sms"),
        (THEIRS, "+36301234567", "sms"),
        (THEIRS, OURS, "voice"),
    ],
)
def test_only_texts_between_american_numbers_are_registered(chat: str, own: str, channel: str) -> None:
    assert said(gate, intent(chat=chat, channel=channel), facts(rules=rules("denied", own))) == []


@pytest.mark.parametrize("channel", ["salesmsg", "quo"])
def test_other_providers_share_the_registration(channel: str) -> None:
    known = facts(rules=rules("denied"))
    assert said(gate, intent(channel=channel), known) == [("block", "b14_denied")]


@pytest.mark.parametrize(
    ("sender", "word"),
    [
        (Sender("approved", NOON - HOUR), ("block", "b14_not_released")),
        (Sender("approved", NOON - HOUR, signed_off_at=NOON - DAY), ("allow", "")),
        (Sender("approved", NOON - DAY - 1, signed_off_at=NOON - DAY), ("block", "b14_unknown")),
        (Sender("denied", NOON - HOUR), ("block", "b14_denied")),
        (Sender("pending", NOON - HOUR), ("block", "b14_pending")),
    ],
)
def test_what_the_provider_says_holds_a_day_and_releases_nothing(
    sender: Sender, word: tuple[str, str]
) -> None:
    assert said(gate, intent(), facts(rules=rules("unknown"), sender=sender)) == [word]


def test_until_somebody_signs_answers_leave_as_under_an_unknown_one() -> None:
    known = facts(rules=rules("unknown"), sender=Sender("approved", NOON), thread=WROTE)
    assert said(gate, intent(purpose="reply"), known) == [("allow", "registration_unstated")]


@pytest.mark.parametrize(
    ("sender", "word"),
    [
        (Sender(tripped_at=NOON - HOUR), ("block", "b14_tripped")),
        (Sender(tripped_at=NOON - HOUR, signed_off_at=NOON - 2 * HOUR), ("block", "b14_tripped")),
        (Sender(tripped_at=NOON - HOUR, signed_off_at=NOON), ("allow", "")),
        (Sender("approved", NOON, tripped_at=NOON - HOUR), ("allow", "")),
        (Sender("denied", NOON, tripped_at=NOON - HOUR), ("block", "b14_tripped")),
    ],
)
def test_a_refusal_of_the_carriers_outweighs_the_file_until_it_is_mended(
    sender: Sender, word: tuple[str, str]
) -> None:
    assert said(gate, intent(), facts(rules=rules("approved"), sender=sender)) == [word]


def test_a_tripped_number_does_not_answer_as_an_unknown_one_does() -> None:
    known = facts(rules=rules("unknown"), sender=Sender(tripped_at=NOON), thread=WROTE)
    assert said(gate, intent(purpose="reply"), known) == [("block", "b14_tripped")]
