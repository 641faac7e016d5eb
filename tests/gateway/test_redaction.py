import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.gateway import notices
from openclaw.gateway.redaction import holds_secret, withheld, without_secrets


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


KEY = "sk-live-Qw9zLm2KpX7vT4bN8cRdYf"
B64 = base64.b64encode


DISGUISES = {
    "plain": KEY,
    "backwards": KEY[::-1],
    "upper case": KEY.upper(),
    "base64": B64(KEY.encode()).decode(),
    "base64 behind one byte": B64(b"x" + KEY.encode() + b"yz").decode(),
    "base64 behind two bytes": B64(b"xy" + KEY.encode() + b"z").decode(),
    "base64 for addresses": base64.urlsafe_b64encode(b"??" + KEY.encode()).decode(),
    "base64 in lines": "\n".join(B64(KEY.encode()).decode()[at : at + 8] for at in range(0, 40, 8)),
    "base64 backwards": B64(KEY.encode()).decode()[::-1],
    "hex": KEY.encode().hex(),
    "hex in pairs": KEY.encode().hex(":").upper(),
    "percent": "".join(f"%{ord(char):02x}" for char in KEY),
    "percent twice": "".join(f"%25{ord(char):02X}" for char in KEY),
    "percent of base64": quote(B64(KEY.encode()).decode(), safe=""),
    "spaces": " ".join(KEY),
    "dots": ".".join(KEY),
    "zero-width": "\u200b".join(KEY),
    "markup": "**".join(KEY),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_secret_is_found_and_withheld(disguise: str) -> None:
    text = f"See https://example.org/?q={DISGUISES[disguise]} for more."
    known = frozenset({KEY, "another-secret-1"})

    assert holds_secret(text, known)
    sent = without_secrets(text, known)
    assert notices.WITHHELD in sent
    assert not holds_secret(sent, known)
    assert sent.startswith("See https://example.org/?q=")
    assert sent.endswith(" for more.")


@pytest.mark.parametrize("half", [KEY[:26], KEY[6:], KEY[2:28][::-1]])
def test_half_a_secret_does_not_leave_either(half: str) -> None:
    assert holds_secret(f"?d={half}", {KEY})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Keys of this kind begin with sk-live-.",
        "The quick brown fox jumps over the lazy dog. " * 200,
        B64(b"nothing of that kind stands in here").decode(),
        "100% of %20 and %zz",
        "pass",
    ],
)
def test_innocent_words_stay(text: str) -> None:
    known = frozenset({KEY, "pass", "12345678901"})

    assert not holds_secret(text, known)
    assert without_secrets(text, {KEY}) == text


def test_several_disguises_in_one_text_are_all_withheld() -> None:
    text = f"{KEY.encode().hex()} and {KEY[::-1]} and {B64(KEY.encode()).decode()}"

    assert without_secrets(text, {KEY}).count(notices.WITHHELD) == 3


@pytest.mark.parametrize("disguise", ["base64", "hex", "backwards", "percent", "spaces"])
def test_an_unfinished_disguise_is_not_shown(disguise: str) -> None:
    whole = f"The key: {DISGUISES[disguise]}."
    longest = max((withheld(whole[:at], {KEY}) for at in range(len(whole) + 1)), key=len)

    for at in range(len(whole) + 1):
        shown = withheld(whole[:at], {KEY})
        assert not holds_secret(shown, {KEY})
        assert len(shown.removeprefix("The key: ").replace(notices.WITHHELD, "")) <= 3 * 8
    assert notices.WITHHELD in longest


def test_even_the_notice_itself_may_be_a_secret() -> None:
    assert without_secrets("with-held: a secret!", {"withheld: a secret"}) == f"{notices.WITHHELD}!"


@given(
    before=st.text(max_size=40), after=st.text(max_size=40), letters=st.text("aB3", min_size=12, max_size=16)
)
def test_no_secret_stays_whatever_stands_around_it(before: str, after: str, letters: str) -> None:
    for form in (letters, B64(letters.encode()).decode(), letters.encode().hex()):
        assert not holds_secret(without_secrets(f"{before}{form}{after}", {letters}), {letters})
