import pytest

from openclaw.settings.editing.rehearsal import Finding, finding, placed, steps, unreadable
from openclaw.settings.problems import Problem

TEXT = "{\n  agents: { list: [\n    { id: 'a', modle: 'x' },\n  ] },\n}\n"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("agents.list[0].modle", (3, 16)),
        ("agents.list[0].model.primary", (3, 5)),
        ("agents.defaults.model", (2, 3)),
        ("budgets.perDay", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_finding_stands_where_its_key_does_or_what_would_hold_it(
    path: str, place: tuple[int | None, int | None]
) -> None:
    (found,) = placed([Finding("error", "no", path)], TEXT)
    assert (found.line, found.column) == place


def test_what_the_parser_says_knows_its_place() -> None:
    found = unreadable("line 3, column 5: the list that opens here has no closing ]. Nothing was written.")
    assert found == Finding("error", "the list that opens here has no closing ].", "", 3, 5)
    assert placed([found], "{ half") == [found]
    assert unreadable("it is empty").line is None


@pytest.mark.parametrize(
    ("problem", "severity"),
    [
        (Problem("a", "error", "it is no number", "Until then: none."), "error"),
        (Problem("a", "warning", "there is no such key; it is ignored", "Did you mean b?"), "error"),
        (Problem("a", "warning", "nobody is on it", "Add somebody."), "warning"),
    ],
)
def test_a_slip_of_the_pen_is_an_error_while_one_writes(problem: Problem, severity: str) -> None:
    assert finding(problem).severity == severity


def test_a_dotted_key_has_names_and_numbers() -> None:
    assert steps("agents.list[0].model") == ("agents", "list", 0, "model")
