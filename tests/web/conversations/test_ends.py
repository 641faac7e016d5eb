import pytest

from openclaw.web.conversations.ends import old_end
from openclaw.web.desk import RunState

MAIN = "agent:main:main"


@pytest.mark.parametrize(
    ("state", "reason", "end"),
    [
        ("answered", "", RunState("r1", "ok", MAIN)),
        ("answered", "silent", RunState("r1", "ok", MAIN)),
        ("answered", "max_tokens", RunState("r1", "ok", MAIN)),
        ("merged", "into r0", RunState("r1", "ok", MAIN)),
        ("answered", "aborted", RunState("r1", "error", MAIN, error="aborted")),
        ("answered", "timeout", RunState("r1", "error", MAIN, error="timeout")),
        ("ignored", "stopped", RunState("r1", "error", MAIN, error="stopped")),
        ("dead", "", RunState("r1", "error", MAIN, error="dead")),
        ("running", "", None),
        ("queued", "", None),
    ],
)
def test_what_the_ledger_says_of_a_run(state: str, reason: str, end: RunState | None) -> None:
    assert old_end("r1", state, reason, MAIN) == end
