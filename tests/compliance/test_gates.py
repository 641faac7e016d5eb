import pytest

from openclaw.compliance.gates import ALLOW, decide
from openclaw.types.messages import Address
from openclaw.types.sending import Facts, SendIntent, Verdict

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
