import pytest

from openclaw.channels.salesmsg.token import refusal, weakness
from openclaw.types.secrets import Secret

GOOD = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "token",
    [GOOD, GOOD.upper(), "Kq3xVb9mT2wLr8nZp5yJcD", "k3-9xV_b2mT+wLr8nZp5yJ", "zr8nq5yj3xvb9mt2wl6kdh7cfg"],
)
def test_a_token_of_128_bits_may_be_used(token: str) -> None:
    assert weakness(token, "channels.salesmsg.webhookToken") == ""


@pytest.mark.parametrize(
    "token", ["", "secret", GOOD[:-1], "a" * 64, "abababababababababababababababababab", "1234567890" * 3]
)
def test_a_weaker_one_is_refused_with_what_to_do(token: str) -> None:
    words = weakness(token, "channels.salesmsg.webhookToken")

    assert words.startswith("channels.salesmsg.webhookToken ")
    assert "openssl rand -hex 16" in words
    assert not token or token not in words


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"token": GOOD}, None),
        ({"secret": GOOD}, None),
        ({"token": "wrong", "secret": GOOD}, None),
        ({}, "secret-missing"),
        ({"token": ""}, "secret-missing"),
        ({"Token": GOOD}, "secret-missing"),
        ({"token": GOOD.upper()}, "secret-wrong"),
        ({"token": GOOD + " "}, "secret-wrong"),
        ({"token": GOOD[:-1]}, "secret-wrong"),
        ({"token": "\udcff"}, "secret-wrong"),
    ],
)
def test_only_who_shows_the_token_is_believed(query: dict[str, str], reason: str | None) -> None:
    assert refusal(query, Secret(GOOD)) == reason


def test_a_plus_sign_in_the_address_need_not_be_escaped() -> None:
    assert refusal({"token": "k3 9xV_b2mT"}, Secret("k3+9xV_b2mT")) is None


@pytest.mark.parametrize("expected", [None, Secret("")])
def test_nobody_is_believed_before_the_token_is_known(expected: Secret | None) -> None:
    assert refusal({"token": "", "secret": GOOD}, expected) == "not-ready"
