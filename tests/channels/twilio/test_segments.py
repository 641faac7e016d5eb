import pytest

from openclaw.channels.twilio.segments import Segments, segments, with_plain_characters


@pytest.mark.parametrize(
    ("text", "alphabet", "count"),
    [
        ("", "gsm-7", 1),
        ("a" * 160, "gsm-7", 1),
        ("a" * 161, "gsm-7", 2),
        ("a" * 306, "gsm-7", 2),
        ("a" * 307, "gsm-7", 3),
        ("€" * 80, "gsm-7", 1),
        ("€" * 81, "gsm-7", 2),
        ("a" * 152 + "€" + "a" * 152, "gsm-7", 3),
        ("’" * 70, "ucs-2", 1),
        ("’" * 71, "ucs-2", 2),
        ("😀" * 35, "ucs-2", 1),
        ("😀" * 36, "ucs-2", 2),
        ("x" * 66 + "😀" + "ж" * 66, "ucs-2", 3),
        ("É", "gsm-7", 1),
        ("ç", "ucs-2", 1),
        ("`", "ucs-2", 1),
        ("\t", "ucs-2", 1),
        ("a\r\n\f^{}\\[~]|", "gsm-7", 1),
        ("\x1b", "ucs-2", 1),
    ],
)
def test_segments_are_counted_as_carriers_bill_them(text: str, alphabet: str, count: int) -> None:
    assert segments(text) == Segments("ucs-2" if alphabet == "ucs-2" else "gsm-7", count)


def test_the_old_alphabet_has_127_characters_of_text() -> None:
    letters = [chr(code) for code in range(0x3000) if segments(chr(code)).alphabet == "gsm-7"]

    assert len(letters) == 127 + 10


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("It’s “fine” – really…", 'It\'s "fine" - really...'),
        ("a\u00a0b\tc\u200bd", "a b cd"),
        ("• one → two", "- one -> two"),
        ("Ana 😀 ж ç", "Ana 😀 ж ç"),
    ],
)
def test_typographic_characters_become_plain_and_others_stay(typed: str, sent: str) -> None:
    assert with_plain_characters(typed) == sent
