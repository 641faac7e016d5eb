import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.types.clock import SystemClock, iso, parse_iso

YEAR_1970, YEAR_2100 = 0, 4_102_444_800_000


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_772_182_800_007, "2026-02-27T09:00:00.007Z"),
        (1_772_182_799_999, "2026-02-27T08:59:59.999Z"),
    ],
)
def test_a_moment_is_written_to_the_millisecond_in_utc(ms: int, text: str) -> None:
    assert iso(ms) == text


@given(st.integers(YEAR_1970, YEAR_2100))
def test_what_is_written_is_read_back_exactly(ms: int) -> None:
    assert parse_iso(iso(ms)) == ms


@given(st.integers(YEAR_1970, YEAR_2100), st.integers(YEAR_1970, YEAR_2100))
def test_moments_sort_as_text(one: int, other: int) -> None:
    assert (iso(one) < iso(other)) == (one < other)


@pytest.mark.parametrize(
    "text", ["2026-02-27T10:00:00+01:00", "2026-02-27T09:00:00Z", "2026-02-27 04:00-05:00"]
)
def test_other_offsets_are_read_too(text: str) -> None:
    assert iso(parse_iso(text)) == "2026-02-27T09:00:00.000Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-27T09:00:00", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_iso(text)


def test_intervals_are_not_measured_by_the_wall() -> None:
    clock = SystemClock()
    first = clock.monotonic()
    assert clock.monotonic() >= first
    assert iso(clock.now_ms()) > "2026"
