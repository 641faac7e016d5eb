from dataclasses import replace

import pytest

from openclaw.compliance.gates import ALLOW, decide, is_gated
from openclaw.types.dealings import Contact, Sender, Thread
from openclaw.types.messages import Address
from openclaw.types.sending import GATED, Facts, Purpose, SendIntent, Verdict
from tests.compliance import made
from tests.compliance.made import HOUR, NIGHT, NOON, RELEASED, facts

SECRETS = Facts(0, frozenset({"sk-ant-1234567890", "8213:bot+token/="}))


def intent(text: str) -> SendIntent:
    return SendIntent("o_1", Address("telegram", "821071206"), text, "reply", "owner", 0, 0)


@pytest.mark.parametrize("text", ["It is 22 °C.", "sk-ant is how keys begin", "↻ hi"])
def test_an_ordinary_message_goes_out(text: str) -> None:
    assert decide(intent(text), SECRETS) == ALLOW


@pytest.mark.parametrize("text", ["", "  \n\t", "\u00a0"])
def test_nothing_is_not_sent(text: str) -> None:
    assert decide(intent(text), SECRETS) == Verdict("block", "response-generator", "empty")


@pytest.mark.parametrize(
    "text", ["sk-ant-1234567890", "the key:sk-ant-1234567890.", "https://x/bot8213:bot+token/=/getMe"]
)
def test_a_secret_does_not_leave(text: str) -> None:
    assert decide(intent(text), SECRETS) == Verdict("block", "response-generator", "secret")


def test_a_secret_that_is_empty_hides_in_nothing() -> None:
    assert decide(intent("hello"), Facts(0, frozenset({""}))) == ALLOW


# -- telephones -------------------------------------------------------------------------------------------

ORDER = [
    "ten-dlc",
    "gate-computer",
    "compliance-gate",
    "blast-safety",
    "thread-context",
    "response-generator",
]


def outcomes(verdict: Verdict) -> dict[str, tuple[str, str]]:
    return {each.gate: (each.outcome, each.code) for each in verdict.gates}


@pytest.mark.parametrize("channel", sorted(GATED))
def test_every_gate_has_its_say_in_order(channel: str) -> None:
    verdict = decide(made.intent(channel=channel), facts(now=made.at("2026-11-18 21:30")))

    assert [each.gate for each in verdict.gates] == ORDER
    assert {each.outcome for each in verdict.gates} == {"allow"}
    assert (verdict.outcome, verdict.evidence["aim"]) == ("allow", "transactional")


@pytest.mark.parametrize("channel", ["telegram", "webchat", "whatsapp", "agents"])
def test_what_reaches_no_telephone_is_not_looked_at_further(channel: str) -> None:
    about = made.intent("As an AI, I have {{nothing}} to hide", channel=channel, chat="821071206")
    assert decide(about, Facts(NIGHT)) == ALLOW


@pytest.mark.parametrize(
    ("channel", "thread", "gated"),
    [("voice", "CA1", False), ("voice", None, True), ("sms", "CA1", True), ("sms", None, True)],
)
@pytest.mark.parametrize("purpose", ["reply", "notice", "message", "api"])
def test_what_is_said_in_a_call_is_not_a_call(
    channel: str, thread: str | None, purpose: Purpose, gated: bool
) -> None:
    about = made.intent(channel=channel, purpose=purpose)
    assert is_gated(replace(about, to=replace(about.to, thread=thread))) is gated


def test_switched_off_they_leave_the_two_checks_of_every_channel() -> None:
    off = replace(RELEASED, enabled=False, ten_dlc="denied")
    assert decide(made.intent("{{x}}"), facts(rules=off, now=NIGHT)) == ALLOW
    assert decide(made.intent(""), facts(rules=off)).code == "empty"


@pytest.mark.parametrize(
    ("about", "known", "outcome", "code"),
    [
        (made.intent(chat="555"), facts(), "block", "bad_address"),
        (made.intent(chat="555", channel="voice"), facts(), "block", "bad_address"),
        (made.intent(chat="conv_1", channel="quo"), facts(), "allow", ""),
        (made.intent(created_at=NOON - 72 * HOUR), facts(), "allow", ""),
        (made.intent(created_at=NOON - 72 * HOUR - 1), facts(), "block", "expired"),
        (made.intent(), Facts(NOON, rules=RELEASED), "hold", "facts_missing"),
        (made.intent(purpose="reply"), facts(), "allow", "purpose_downgraded"),
    ],
)
def test_the_first_gate_finds_out_what_it_is(
    about: SendIntent, known: Facts, outcome: str, code: str
) -> None:
    assert outcomes(decide(about, known))["gate-computer"] == (outcome, code)


def test_the_strictest_word_counts_and_of_equals_the_first() -> None:
    known = facts(now=NIGHT, rules=replace(RELEASED, ten_dlc="denied"))
    verdict = decide(made.intent("{{x}}", created_at=NIGHT), known)
    assert (verdict.outcome, verdict.gate, verdict.code) == ("block", "ten-dlc", "b14_denied")
    assert outcomes(verdict)["compliance-gate"] == ("defer", "quiet_hours")
    assert outcomes(verdict)["response-generator"] == ("block", "leak")


def test_a_gate_tells_what_else_it_found() -> None:
    known = facts(contact=Contact(do_not_call=True), now=NIGHT)
    (found,) = [
        each
        for each in decide(made.intent(purpose="campaign", created_at=NIGHT), known).gates
        if each.code == "dnc"
    ]
    assert found.evidence["also"] == ["no_consent", "quiet_hours"]


def test_it_is_put_off_until_the_last_of_its_reasons_is_gone() -> None:
    known = facts(now=NIGHT, thread=Thread(older_unsent=True))
    verdict = decide(made.intent(created_at=NIGHT), known)
    assert verdict.outcome == "defer"
    assert verdict.until == max(each.until or 0 for each in verdict.gates)


def test_the_owners_yes_lifts_what_is_held_and_nothing_else() -> None:
    long = made.intent("word " * 200, released=True)
    assert decide(long, facts(sender=Sender(failures=9), now=made.at("2026-11-18 21:30"))).outcome == "allow"
    assert decide(replace(long, created_at=NIGHT), facts(now=NIGHT)).outcome == "defer"
    assert decide(long, facts(rules=replace(RELEASED, ten_dlc="denied"))).outcome == "block"


def test_an_answer_under_an_unknown_registration_says_so() -> None:
    known = facts(rules=replace(RELEASED, ten_dlc="unknown"), thread=Thread(newest_in=NOON - 1))
    verdict = decide(made.intent(purpose="reply"), known)
    assert (verdict.outcome, outcomes(verdict)["ten-dlc"]) == ("allow", ("allow", "registration_unstated"))


def test_a_call_at_night_is_put_off_too() -> None:
    verdict = decide(made.intent("", channel="voice", created_at=NIGHT), facts(now=NIGHT))
    assert (verdict.outcome, verdict.code) == ("defer", "quiet_hours")


def test_segments_and_price_are_known_before_a_text_is_sent() -> None:
    rules = replace(RELEASED, segments=lambda text: 3, segment_prices={("sms", "default"): 0.0113})
    verdict = decide(made.intent(), facts(rules=rules))

    (computer,) = [each for each in verdict.gates if each.gate == "gate-computer"]
    assert (computer.evidence["segments"], computer.evidence["estimatedCost"]) == (3, 0.0339)
