import re
from pathlib import Path

import pytest

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.exec.sandbox.base import Limits, Order
from openclaw.agent.tools.exec.sandbox.seatbelt import PROGRAM, Seatbelt, profile, ulimits

WORK = Path("/Users/ana/.openclaw/workspace")


def rule(start: str) -> str:
    (found,) = [line for line in profile(WORK).splitlines() if line.startswith(start)]
    return found


def test_everything_is_denied_that_is_not_named() -> None:
    lines = profile(WORK).splitlines()
    assert lines[:2] == ["(version 1)", "(deny default)"]
    assert lines[-1] == "(deny network*)"
    assert not any(line.startswith("(allow network") or "mach" in line for line in lines)


def test_only_the_workspace_can_be_written_and_the_last_word_is_a_refusal() -> None:
    lines = profile(WORK).splitlines()
    assert f'(subpath "{WORK}")' in rule("(allow file-write*")
    assert lines.index(rule("(deny file-write*")) > lines.index(rule("(allow file-write*"))
    assert "/Users" not in rule("(allow file-write*").replace(str(WORK), "")


@pytest.mark.parametrize(
    ("path", "protected"),
    [
        ("AGENTS.md", True), ("agents.MD", True), ("Memory.md", True), ("memory", True), ("memory/2026-02-27.md", True),
        ("MEMORY/x", True), ("skills/weather/SKILL.md", True), (".agents/skills/x", True),
        ("notes.md", False), ("AGENTSxmd", False), ("memory2/x", False), ("sub/AGENTS.md", False), ("xagents/a", False),
    ],
)  # fmt: skip
def test_instructions_are_refused_in_any_case(path: str, protected: bool) -> None:
    found = re.search(r'#"(.*)"\)\)$', rule("(deny file-write*"))
    assert found is not None
    assert (re.fullmatch(found[1], f"{WORK}/{path}") is not None) == protected


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb"])
def test_a_folder_that_could_end_the_string_is_refused(name: str) -> None:
    with pytest.raises(ToolError, match="characters in its name"):
        profile(Path("/Users") / name)


def test_a_command_is_started_under_the_profile_with_its_limits(workspace: Path) -> None:
    (workspace / "sub").mkdir()
    order = Order(("/bin/bash", "-c", "date"), workspace, "sub", {"COLOUR": "red"}, Limits(cpu_seconds=7))
    launch = Seatbelt().prepare(order).launch
    assert launch.argv[:2] == (PROGRAM, "-p")
    assert launch.argv[-3:] == ("/bin/bash", "-c", "date")
    assert "ulimit -t 7;" in ulimits(order.limits)
    assert ulimits(order.limits) in launch.argv
    assert launch.cwd == workspace / "sub"
    assert launch.env["COLOUR"] == "red"


def test_a_link_out_of_the_workspace_is_no_folder_to_run_in(workspace: Path, tmp_path: Path) -> None:
    (workspace / "out").symlink_to(tmp_path)
    with pytest.raises(ToolError, match="out leads out of the workspace"):
        Seatbelt().prepare(Order(("true",), workspace, "out"))
    with pytest.raises(ToolError, match="missing cannot be entered"):
        Seatbelt().prepare(Order(("true",), workspace, "missing"))
