import pytest

from openclaw.gateway.phone.spam import judge
from tests.gateway.phone.switchboard import ADA


@pytest.mark.parametrize(
    "text",
    [
        "Hi, it's Ben from the garage: your car is ready, $240.",
        "Are you still selling the house on Elm St? Call me, I'd like to buy.",
        "https://www.example.org/menu what do you think for Friday?",
        "Congratulations on the new baby!!",
        "Urgent: can you call mum?",
        "Your parcel is here at reception",
        "I have been looking at part-time job offers, can we talk?",
        "👨\u200d👩\u200d👧 see you at eight",
        "Köszi, holnap hívlak",
        "Привет, это Аня",
    ],
)
def test_what_people_write_is_no_spam(text: str) -> None:
    assert not judge(text, ADA).spam


@pytest.mark.parametrize(
    "text",
    [
        "Congratulations! You've won a $1000 gift card. Claim your prize: http://bit.ly/3xYz",
        "USPS: your package is held at customs. Confirm your payment https://usps-track.top/x within 24 hours",
        "Earn $500 daily! Work from home, no experience. Click here https://jobs.click/a",
        "Your account has been suspended. Verify your identity immediately: https://bank.example.org.xyz",
        "BITCOIN DOUBLER GUARANTEED PROFIT!!! ACT NOW www.example.org",
        "Y\u200bou have w\u200bon the jack\u200bpot, tap the link",
        "Раypal: verify your account http://example.org/p",
    ],
)
def test_what_is_sent_to_everybody_is_spam(text: str) -> None:
    assert judge(text, ADA).spam


def test_the_verdict_tells_its_reasons() -> None:
    verdict = judge("You have won! http://bit.ly/x", "PRIZE")
    assert str(verdict) == "spam 9: no-number, link, shortener, prize"
    assert str(judge("hello", ADA)) == "no-spam 0"


def test_look_alikes_are_read_as_the_letters_they_look_like() -> None:
    assert judge("ｃｌａｉｍ ｙｏｕｒ prize", ADA).rules == ("prize",)


def test_no_rule_alone_makes_spam() -> None:
    assert not judge("lottery lottery lottery", ADA).spam
    assert not judge("https://example.org https://example.org", ADA).spam
