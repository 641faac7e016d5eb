"""Telephone numbers as E.164 has them: `+` and 8 to 15 digits. Two numbers are the same when these are equal."""

import re

_WRITTEN_WITH = re.compile(r"[\s.()-]+")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)


def parse(text: str) -> str | None:
    """Strips what people put between the digits; None for anything else than a full international number."""
    number = _WRITTEN_WITH.sub("", text)
    return number if _E164.fullmatch(number) else None


def parse_north_american(text: str) -> str | None:
    """As `parse`; ten digits, or eleven that begin with 1, are read as American or Canadian."""
    digits = _WRITTEN_WITH.sub("", text)
    if (
        digits.isascii()
        and digits.isdecimal()
        and (len(digits) == 10 or (len(digits) == 11 and digits[0] == "1"))
    ):
        digits = f"+1{digits[-10:]}"
    return parse(digits)
