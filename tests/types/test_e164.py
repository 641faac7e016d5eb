import pytest

from openclaw.types.e164 import parse, parse_north_american


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+12015550123", "+12015550123"),
        (" +1 (201) 555-0123 ", "+12015550123"),
        ("+1.201.555.0123", "+12015550123"),
        ("+36 20 123 4567", "+36201234567"),
        ("+1234567", None),
        ("+12345678", "+12345678"),
        ("+123456789012345", "+123456789012345"),
        ("+1234567890123456", None),
        ("12015550123", None),
        ("+02015550123", None),
        ("+1201555O123", None),
        ("+1201555٠123", None),
        ("++12015550123", None),
        ("+12015550123,+12015550124", None),
        ("sms:+12015550123", None),
        ("+12015550123\x00", None),
        ("72345", None),
        ("", None),
    ],
)
def test_only_a_full_international_number_is_one(written: str, number: str | None) -> None:
    assert parse(written) == number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("(201) 555-0123", "+12015550123"),
        ("1 201 555 0123", "+12015550123"),
        ("+36 20 123 4567", "+36201234567"),
        ("555-0123", None),
        ("22015550123", None),
        ("72345", None),
        ("٢٠١٥٥٥٠١٢٣", None),
        ("", None),
    ],
)
def test_ten_digits_may_be_american(written: str, number: str | None) -> None:
    assert parse_north_american(written) == number
