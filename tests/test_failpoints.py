import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw import failpoints
from openclaw.failpoints import Failpoint, arm, kills_at, passing

CHILD = """
import sys
from openclaw.failpoints import Failpoint, arm, kills_at, passing
arm(sys.argv[1], sys.argv[2])
for _ in range(4):
    for point in (Failpoint.TOOL_RAN, Failpoint.OUTBOX_SENT):
        print(point, kills_at(point), flush=True)
        passing(point)
"""


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm("", "")


def run(spec: str, log: str = "") -> tuple[int, list[str]]:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, spec, log], capture_output=True, text=True, check=False
    )
    return child.returncode, child.stdout.splitlines()


def test_the_process_dies_the_second_time_it_passes_the_place() -> None:
    code, told = run("tool.ran:kill:2")

    assert code == -signal.SIGKILL
    assert told == ["tool.ran False", "outbox.sent False", "tool.ran True"]


def test_without_a_number_it_dies_the_first_time() -> None:
    assert run("outbox.sent:kill") == (-signal.SIGKILL, ["tool.ran False", "outbox.sent True"])


def test_a_place_that_is_never_passed_kills_nobody() -> None:
    code, told = run("transcript.half-line:kill")
    assert (code, len(told)) == (0, 8)


@pytest.mark.parametrize("spec", ["", "tool.ran:kill:2"])
def test_every_place_that_was_passed_is_logged_the_deadly_one_too(tmp_path: Path, spec: str) -> None:
    log = tmp_path / "passed"
    _, told = run(spec, str(log))
    assert log.read_text().splitlines() == [line.split()[0] for line in told]


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("tool.ran:explode", "the only action is kill"),
        ("tool.ran", "the only action is kill"),
        ("tool.run:kill", "not a valid Failpoint"),
        ("tool.ran:kill:often", "invalid literal"),
    ],
)
def test_a_misspelt_place_is_refused_rather_than_never_hit(spec: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        arm(spec, "")


def test_unarmed_nothing_happens() -> None:
    for point in Failpoint:
        assert not kills_at(point)
        passing(point)


def test_every_place_is_passed_somewhere() -> None:
    """One that no code passes would make the tests that kill there succeed for nothing."""
    package = Path(failpoints.__file__).parent
    code = "".join(path.read_text() for path in package.rglob("*.py"))
    assert [point for point in Failpoint if f"passing(Failpoint.{point.name})" not in code] == []
