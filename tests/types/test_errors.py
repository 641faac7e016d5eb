import pytest

from openclaw.types.errors import (
    AmbiguousDeliveryError,
    ChannelError,
    ConfigError,
    DeliveryError,
    OpenClawError,
    SecretError,
    StorageBusyError,
    StorageFullError,
)
from openclaw.types.messages import Address

TO = Address("telegram", "821071206")


def test_a_refused_message_says_where_why_and_when_to_try_again() -> None:
    for_good, later = DeliveryError(TO, "403: blocked"), DeliveryError(TO, "429", retry_after=3.0)

    assert str(for_good) == "telegram did not take the message for 821071206: 403: blocked"
    assert (for_good.retry_after, later.retry_after) == (None, 3.0)
    assert for_good.to == TO


def test_a_doubtful_message_is_no_refused_one() -> None:
    """Who tries a refusal again must not catch it by accident."""
    doubt = AmbiguousDeliveryError(TO, "the connection broke")

    assert not isinstance(doubt, DeliveryError)
    assert str(doubt) == "telegram may or may not have taken the message for 821071206: the connection broke"


def test_a_config_error_says_what_where_and_what_to_do() -> None:
    error = ConfigError("channels.telegram.botToken", "it is empty", "Set it to the token of @BotFather.")
    assert str(error) == "channels.telegram.botToken: it is empty. Set it to the token of @BotFather."


def test_a_provider_may_say_how_long_to_wait() -> None:
    assert ChannelError("429", wait_seconds=30).wait_seconds == 30
    assert ChannelError("the network is down").wait_seconds is None


@pytest.mark.parametrize("kind", [StorageFullError, StorageBusyError, SecretError, ChannelError])
def test_all_of_them_may_be_shown_to_the_owner(kind: type[Exception]) -> None:
    assert issubclass(kind, OpenClawError)
