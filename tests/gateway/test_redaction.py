import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.gateway import notices
from openclaw.gateway.redaction import withheld, without_secrets


@pytest.mark.parametrize(
    ("text", "secrets", "sent"),
    [
        ("The key is sk-ant-1.", {"sk-ant-1"}, f"The key is {notices.WITHHELD}."),
        (
            "sk-ant-1 and sk-ant-1-long",
            {"sk-ant-1", "sk-ant-1-long"},
            f"{notices.WITHHELD} and {notices.WITHHELD}",
        ),
        ("Nothing here.", {"sk-ant-1"}, "Nothing here."),
        ("Nothing here.", {""}, "Nothing here."),
    ],
)
def test_a_secret_never_leaves_not_even_its_end(text: str, secrets: set[str], sent: str) -> None:
    assert without_secrets(text, frozenset(secrets)) == sent


@pytest.mark.parametrize(
    ("text", "secrets", "shown"),
    [
        ("The key is sk-a", {"sk-ant-1"}, "The key is "),
        ("The key is sk-ant-1", {"sk-ant-1"}, f"The key is {notices.WITHHELD}"),
        ("The key is sk-ant-1", {"sk-ant-1", "sk-ant-1-long"}, "The key is "),
        ("The key is sk-b", {"sk-ant-1"}, "The key is sk-b"),
        ("ends in xab", {"xab", "abc"}, "ends in "),
        ("sss", {"sst"}, "s"),
        ("Nothing.", {"", "sk"}, "Nothing."),
        ("Nothing.", set(), "Nothing."),
    ],
)
def test_what_may_become_a_secret_is_not_shown_yet(text: str, secrets: set[str], shown: str) -> None:
    assert withheld(text, secrets) == shown


LETTERS = st.text("abc ", max_size=30)


@given(
    text=LETTERS, secrets=st.sets(st.text("abc", min_size=2, max_size=5), max_size=3), at=st.integers(0, 30)
)
def test_no_secret_of_the_whole_text_is_ever_shown_in_part(text: str, secrets: set[str], at: int) -> None:
    shown = withheld(text[:at], secrets).split(notices.WITHHELD)[-1]

    for secret in secrets:
        begin = text.find(secret)
        torn = begin < at < begin + len(secret) if begin >= 0 else False
        assert not (torn and shown and text[:at].endswith(shown) and len(shown) > at - begin)
