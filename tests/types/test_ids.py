import re
import time

import pytest

from openclaw.types.ids import new_id


def test_a_name_begins_with_its_kind_and_fits_into_a_files_name() -> None:
    assert re.fullmatch(r"ses_[0-9a-f]{21}", new_id("ses"))


def test_no_two_are_the_same() -> None:
    assert len({new_id("m") for _ in range(10_000)}) == 10_000


def test_later_names_sort_behind_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for ms in (1, 0xFFF, 1_795_228_142_000, 1_795_228_142_001, 9_999_999_999_999):
        monkeypatch.setattr(time, "time_ns", lambda ms=ms: ms * 1_000_000)
        made.append(new_id("m"))
    assert made == sorted(made)


def test_two_of_the_same_moment_cannot_be_guessed_from_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert new_id("m")[:13] == new_id("m")[:13]
    assert new_id("m") != new_id("m")
