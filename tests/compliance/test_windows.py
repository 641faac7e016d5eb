from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw.compliance.plan import EVERYWHERE
from openclaw.compliance.windows import SEARCH_MS, STATES, Place, is_holiday, is_open, is_zone, next_open
from openclaw.types.sending_rules import SendingRules
from tests.compliance.made import at

RULES = SendingRules()
WIDE = replace(RULES, opens=0, closes=24 * 60)
NEW_YORK = Place(("America/New_York",))

moments = st.integers(at("2026-01-01 00:00"), at("2028-01-01 00:00"))
places = st.builds(
    Place,
    st.lists(st.sampled_from((*EVERYWHERE, "America/Adak", "Europe/Budapest")), min_size=1, max_size=4).map(
        tuple
    ),
    st.frozensets(st.sampled_from(sorted(STATES)), max_size=2),
)


def local(text: str, zone: str = "America/New_York") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "place", "marketing", "opened"),
    [
        ("2026-11-18 08:59", NEW_YORK, False, False),
        ("2026-11-18 09:00", NEW_YORK, False, True),
        ("2026-11-18 19:59", NEW_YORK, False, True),
        ("2026-11-18 20:00", NEW_YORK, False, False),
        ("2026-11-22 12:00", NEW_YORK, False, True),
        ("2026-11-22 12:00", NEW_YORK, True, False),
        ("2026-11-26 12:00", NEW_YORK, False, True),
        ("2026-11-26 12:00", NEW_YORK, True, False),
        ("2026-11-18 11:59", Place(EVERYWHERE), False, False),
        ("2026-11-18 14:30", Place(EVERYWHERE), False, True),
        ("2026-11-18 19:59", Place(("America/New_York", "America/Los_Angeles")), False, True),
    ],
)
def test_the_hours_hold_in_every_zone(moment: str, place: Place, marketing: bool, opened: bool) -> None:
    assert is_open(local(moment), place, RULES, marketing=marketing) is opened


@pytest.mark.parametrize(
    ("state", "opens", "closes"),
    [
        ("AL", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("CT", "2026-11-18 09:00", "2026-11-18 20:00"),
        ("NV", "2026-11-18 09:00", "2026-11-18 20:00"),
        ("FL", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("MD", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("OK", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("WA", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("MA", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("NJ", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("WY", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("KY", "2026-11-18 10:00", "2026-11-18 21:00"),
        ("LA", "2026-11-18 08:00", "2026-11-18 20:00"),
        ("MI", "2026-11-18 09:00", "2026-11-18 21:00"),
        ("MN", "2026-11-18 09:00", "2026-11-18 21:00"),
        ("NM", "2026-11-18 09:00", "2026-11-18 21:00"),
        ("RI", "2026-11-18 09:00", "2026-11-18 18:00"),
        ("RI", "2026-11-21 10:00", "2026-11-21 17:00"),
        ("TX", "2026-11-18 09:00", "2026-11-18 21:00"),
        ("TX", "2026-11-22 12:00", "2026-11-22 21:00"),
        ("VA", "2026-11-18 08:00", "2026-11-18 21:00"),
        ("CA", "2026-11-18 08:00", "2026-11-18 21:00"),
    ],
)
def test_a_state_has_its_own_hours(state: str, opens: str, closes: str) -> None:
    place = Place(("America/New_York",), frozenset({state}))
    seen = [
        is_open(local(moment) + shift, place, WIDE, marketing=False)
        for moment in (opens, closes)
        for shift in (-60_000, 0)
    ]
    assert seen == [False, True, True, False]


@pytest.mark.parametrize("state", ["AL", "LA", "MS", "RI"])
def test_some_states_have_no_sunday(state: str) -> None:
    place = Place(("America/Chicago",), frozenset({state}))
    assert not any(
        is_open(local("2026-11-22 00:00") + hour * 3_600_000, place, WIDE, marketing=False)
        for hour in range(7, 24)
    )


@pytest.mark.parametrize(("state", "opened"), [("AL", False), ("LA", False), ("RI", False), ("MS", True)])
def test_some_states_have_no_holidays(state: str, opened: bool) -> None:
    place = Place(("America/Chicago",), frozenset({state}))
    assert is_open(local("2026-11-26 12:00"), place, WIDE, marketing=False) is opened


def test_mississippi_counts_in_central_time_wherever_they_are() -> None:
    place = Place(("America/New_York",), frozenset({"MS"}))
    assert not is_open(local("2026-11-18 08:30"), place, WIDE, marketing=False)
    assert is_open(local("2026-11-18 09:30"), place, WIDE, marketing=False)


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        ("2026-01-19", True), ("2026-02-16", True), ("2026-05-25", True), ("2026-06-19", True), ("2026-07-03", True),
        ("2026-07-04", True), ("2026-09-07", True), ("2026-10-12", True), ("2026-11-11", True), ("2026-11-26", True),
        ("2026-12-25", True), ("2027-01-01", True), ("2021-12-31", True), ("2026-11-27", False), ("2026-07-06", False),
    ],
)  # fmt: skip
def test_federal_holidays_are_known(day: str, kept: bool) -> None:
    assert is_holiday(date.fromisoformat(day)) is kept


@settings(deadline=None)
@given(moments, places, st.booleans())
def test_what_is_open_lies_within_the_law_in_every_zone(moment: int, place: Place, marketing: bool) -> None:
    if is_open(moment, place, WIDE, marketing=marketing):
        hours = [
            datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(zone)).hour for zone in place.zones
        ]
        assert all(8 <= hour < 21 for hour in hours)


@settings(deadline=None)
@given(moments, places, st.booleans(), st.text(max_size=12))
def test_the_next_opening_is_open_and_not_before_now(
    moment: int, place: Place, marketing: bool, seed: str
) -> None:
    found = next_open(moment, place, RULES, marketing=marketing, seed=seed)
    if found is not None:
        assert moment <= found <= moment + SEARCH_MS + 600_000
        assert is_open(found, place, RULES, marketing=marketing)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("America/New_York", True),
        ("Mars/Olympus", False),
        ("", False),
        ("../etc/passwd", False),
        ("America", False),
    ],
)
def test_a_zone_is_known_or_not(name: str, known: bool) -> None:
    assert is_zone(name) is known


def test_not_everybody_is_written_to_in_the_same_second_of_the_morning() -> None:
    night = local("2026-11-18 02:00")
    found = {next_open(night, NEW_YORK, RULES, marketing=False, seed=f"o_{n}") for n in range(50)}
    assert len(found) > 25
    assert all(each is not None and each - local("2026-11-18 09:00") < 600_000 for each in found)


def test_where_no_hour_suits_every_zone_there_is_none() -> None:
    place = Place(("America/Los_Angeles", "Europe/London", "Asia/Tokyo"))
    assert next_open(at("2026-11-18 00:00"), place, RULES, marketing=False, seed="o_1") is None


def test_the_owners_hours_narrow_the_laws_and_never_widen_them() -> None:
    late = replace(RULES, opens=0, closes=24 * 60)
    assert not is_open(local("2026-11-18 07:30"), NEW_YORK, late, marketing=False)
    assert not is_open(local("2026-11-18 21:00"), NEW_YORK, late, marketing=False)
    assert next_open(local("2026-11-18 21:00"), NEW_YORK, late, marketing=False, seed="") is not None
