"""Named places where a test may kill the process or make a call fail. Unarmed, a place costs one comparison."""

import os
import signal
from enum import StrEnum
from pathlib import Path


class Failpoint(StrEnum):
    INBOX_BEFORE_COMMIT = "inbox.before-commit"
    INBOX_AFTER_COMMIT = "inbox.after-commit"
    ADMIT_AFTER_COMMIT = "admit.after-commit"
    TURN_STARTED = "turn.started"
    MODEL_REPLIED = "model.replied"
    MODEL_STEP_COMMITTED = "model.step-committed"
    TOOL_INTENDED = "tool.intended"
    TOOL_RAN = "tool.ran"
    TOOL_STEP_COMMITTED = "tool.step-committed"
    TURN_BEFORE_END = "turn.before-end"
    TURN_AFTER_END = "turn.after-end"
    TRANSCRIPT_HALF_LINE = "transcript.half-line"
    TRANSCRIPT_APPENDED = "transcript.appended"
    TRANSCRIPT_MARKED = "transcript.marked"
    OUTBOX_CLAIMED = "outbox.claimed"
    OUTBOX_SENT = "outbox.sent"
    OUTBOX_COMMITTED = "outbox.committed"


class _Armed:
    """`name:action[:n]`; the action `kill` is SIGKILL at the n-th time the place is passed."""

    def __init__(self, spec: str, log: str) -> None:
        name, _, rest = spec.partition(":")
        action, _, count = rest.partition(":")
        if spec and action != "kill":
            raise ValueError(f"{spec!r}: the only action is kill")
        self.name = Failpoint(name) if name else None
        self.countdown = int(count or 1)
        self.log = Path(log) if log else None

    def passed(self, point: Failpoint) -> None:
        if self.log is not None:
            with self.log.open("a") as log:
                log.write(point + "\n")
        if point is self.name:
            self.countdown -= 1
            if self.countdown == 0:
                os.kill(os.getpid(), signal.SIGKILL)


_armed: _Armed | None = None


def arm(spec: str, log: str) -> None:
    """Called once, by the command line, when a test asked for it."""
    global _armed
    _armed = _Armed(spec, log) if spec or log else None


def passing(point: Failpoint) -> None:
    if _armed is not None:
        _armed.passed(point)


def kills_at(point: Failpoint) -> bool:
    """Whether the next `passing(point)` kills: for a place that must first do half of its work."""
    return _armed is not None and _armed.name is point and _armed.countdown == 1
