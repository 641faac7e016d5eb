import pytest

from openclaw.doctor.finding import Finding, Level, exit_code, worst


def told(*levels: Level) -> list[Finding]:
    return [Finding("a.b", level, "It is so.") for level in levels]


@pytest.mark.parametrize(
    ("levels", "worst_of_them", "code"),
    [
        ((), "ok", 0),
        (("ok", "info"), "info", 0),
        (("warn", "ok"), "warn", 1),
        (("warn", "error", "info"), "error", 2),
    ],
)
def test_the_worst_of_all_decides_the_exit_code(
    levels: tuple[Level, ...], worst_of_them: Level, code: int
) -> None:
    assert worst(told(*levels)) == worst_of_them
    assert exit_code(told(*levels)) == code
