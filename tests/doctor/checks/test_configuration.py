import pytest

from openclaw.doctor.checks.configuration import judged
from openclaw.doctor.finding import TakeOut
from openclaw.settings.problems import Problem
from tests.doctor.home import House, found

UNKNOWN = "there is no such key; it is ignored"


@pytest.mark.parametrize(
    ("problem", "id", "level", "mended"),
    [
        (
            Problem("a.b", "warning", UNKNOWN, "Check its name, or take it out."),
            "config.unknown_key",
            "warn",
            True,
        ),
        (Problem("a.b", "warning", UNKNOWN, "Did you mean a.c?"), "config.unknown_key", "warn", False),
        (Problem("a.b", "warning", "known to the original OpenClaw", ""), "config.foreign", "info", False),
        (Problem("a.b", "error", "5: it must be a text", "Mend a.b."), "config.invalid", "error", False),
        (Problem("a.b", "warning", "lets nobody in", "Write a number."), "config.doubtful", "warn", False),
    ],
)
def test_a_problem_becomes_a_finding(problem: Problem, id: str, level: str, mended: bool) -> None:
    finding = judged(problem, ("a", "b"))

    assert (finding.id, finding.level) == (id, level)
    assert finding.mend == (TakeOut(("a", "b")) if mended else None)
    assert finding.command.startswith(problem.mend)


async def test_the_place_of_a_fault_is_named(house: House) -> None:
    house.config.write_text("{\n  gateway: {\n    port 18789,\n  },\n}\n")

    (finding,) = await found(house, "the config")

    assert "line 3, column" in finding.what
    assert "--fix" in finding.command


async def test_without_a_copy_nothing_can_be_put_back(house: House) -> None:
    house.config.write_text("{")
    (house.state / "openclaw.last-good.json").unlink()

    (finding,) = await found(house, "the config")

    assert (finding.id, finding.mend) == ("config.unreadable", None)


async def test_a_key_of_an_included_file_is_left_to_its_owner(house: House) -> None:
    (house.state / "more.json5").write_text("{ qqqq: 1 }")
    house.config.write_text('{ $include: "more.json5", rrrr: 2 }')

    mends = {each.what.partition(":")[0]: each.mend for each in await found(house, "the config")}

    assert mends == {"qqqq": None, "rrrr": TakeOut(("rrrr",))}
