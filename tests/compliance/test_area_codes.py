import pytest

from openclaw.compliance.area_codes import STATES, TOLL_FREE, area_code, state_of
from openclaw.compliance.windows import STATES as STRICTER


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("+12015550123", "NJ"),
        ("+12125550100", "NY"),
        ("+17135550100", "TX"),
        ("+13055550100", "FL"),
        ("+12035550100", "CT"),
        ("+14165550100", None),
        ("+18005550100", None),
        ("+36301234567", None),
        ("+1201555", None),
        ("", None),
    ],
)
def test_a_number_tells_its_state(number: str, state: str | None) -> None:
    assert state_of(number) == state


def test_an_area_code_belongs_to_one_state() -> None:
    codes = [code for listed in STATES.values() for code in listed.split()]
    assert len(codes) == len(set(codes))
    assert not set(codes) & TOLL_FREE
    assert all(len(code) == 3 and code[0] in "23456789" for code in codes)


def test_every_stricter_state_has_its_codes() -> None:
    assert STRICTER.keys() <= STATES.keys()


def test_outside_the_north_american_plan_there_is_no_area_code() -> None:
    assert (area_code("+12015550123"), area_code("+36301234567")) == ("201", None)
