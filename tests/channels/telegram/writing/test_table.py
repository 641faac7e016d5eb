import pytest

from openclaw.channels.telegram.writing.table import draw_table, width


def test_columns_stand_under_each_other() -> None:
    assert draw_table([["day", "°C"], ["Monday", "22"], ["Tue", "9"]]) == (
        "day    | °C\n-------+---\nMonday | 22\nTue    | 9"
    )


def test_a_short_row_is_no_trouble() -> None:
    assert draw_table([["a", "b"], ["c"], []]) == "a | b\n--+--\nc\n"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("名前", 4), ("e\u0301", 1), ("😀", 2), ("", 0)])
def test_width_is_what_the_screen_shows(text: str, columns: int) -> None:
    assert width(text) == columns
