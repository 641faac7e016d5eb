from urllib.parse import parse_qsl

import pytest

from openclaw.channels.voice.steps import Step, query_of, read_step, step_key

KEY = step_key("1c892n40nd03kdnc0112slzkl3091j20")
STEP = Step("heard", 3, 1_764_000_000)
SID = "CA00000000000000000000000000000001"


def shown() -> dict[str, str]:
    return dict(parse_qsl(query_of(STEP, SID, KEY)))


def test_a_step_is_read_back() -> None:
    assert read_step(shown(), SID, KEY) == STEP


@pytest.mark.parametrize(
    "changed",
    [
        {"turn": "4"},
        {"step": "wait"},
        {"step": "elsewhere"},
        {"at": "1764000001"},
        {"token": ""},
        {"token": "é"},
        {"turn": "٣"},
        {"turn": "-3"},
        {"turn": "9" * 400},
    ],
)
def test_a_step_that_we_did_not_give_out_is_none(changed: dict[str, str]) -> None:
    assert read_step({**shown(), **changed}, SID, KEY) is None


def test_the_step_of_one_call_is_not_good_for_another() -> None:
    assert read_step(shown(), "CA00000000000000000000000000000002", KEY) is None


def test_another_account_gives_out_other_steps() -> None:
    assert read_step(shown(), SID, step_key("12345")) is None


@pytest.mark.parametrize("missing", ["step", "turn", "at", "token"])
def test_a_step_needs_all_of_its_parts(missing: str) -> None:
    query = shown()
    del query[missing]

    assert read_step(query, SID, KEY) is None


def test_a_repeated_request_gets_no_new_token() -> None:
    assert query_of(STEP, SID, KEY) == query_of(STEP, SID, KEY)
