import pytest

from openclaw.types.money import usd


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "$0.00"), (0.00214, "$0.0021"), (0.5, "$0.5000"), (1, "$1.00"), (1234.5, "$1,234.50")],
)
def test_small_sums_show_more_of_themselves(amount: float, shown: str) -> None:
    assert usd(amount) == shown
