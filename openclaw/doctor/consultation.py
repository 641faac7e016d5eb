"""One visit: look, mend what can be mended, and look again until nothing more changes."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from openclaw.doctor.checking import Check, apart, examine
from openclaw.doctor.finding import Finding, Mend, Put, RestoreConfig, TakeOut
from openclaw.doctor.mending import ORDER, Call, carry_out
from openclaw.doctor.premises import Visit
from openclaw.doctor.registry import WHOSE
from openclaw.migrate.looking import is_still_theirs
from openclaw.ops.backup.shelf import private
from openclaw.types.errors import OpenClawError

logger = logging.getLogger(__name__)

SETTLING_SECONDS, PAUSE_SECONDS = 3.0, 0.3
ROUNDS = 4
"""What is mended may bring to light what it hid: a config that can be read again, for instance."""


@dataclass(frozen=True, slots=True)
class Done:
    finding: Finding
    words: str


@dataclass(slots=True)
class Report:
    findings: list[Finding]
    """As it is now."""
    mended: list[Done] = field(default_factory=list)
    failed: list[Done] = field(default_factory=list)
    """Mends that did not work, and why."""
    is_running: bool = False


async def consult(
    visit: Visit, checks: Sequence[Check], *, fix: bool = False, call: Call | None = None
) -> Report:
    report = await _look(visit, checks)
    tried: set[Mend] = set()
    for _ in range(ROUNDS if fix else 0):
        due = [each for each in report.findings if each.mend is not None and each.mend not in tried]
        if not due:
            break
        again = await _mend_all(due, visit, call, tried)
        fresh = await _look_again(visit, checks, again.mended)
        again.findings, again.is_running = fresh.findings, fresh.is_running
        again.mended, again.failed = report.mended + again.mended, report.failed + again.failed
        report = again
    return report


async def _look(visit: Visit, checks: Sequence[Check]) -> Report:
    premises = await apart(visit.premises)
    try:
        # Nothing of theirs is judged or mended: the original may be at work, and refuse a config that we have changed.
        if await apart(lambda: is_still_theirs(premises.paths.state, premises.paths.ledger)):
            checks = (WHOSE,)
        return Report(await examine(checks, premises), is_running=premises.is_running)
    finally:
        await premises.asking.aclose()


async def _look_again(visit: Visit, checks: Sequence[Check], mended: Sequence[Done]) -> Report:
    """A running assistant reads a mended config by itself, a moment later."""
    is_config = any(isinstance(each.finding.mend, Put | TakeOut | RestoreConfig) for each in mended)
    until = visit.clock.monotonic() + SETTLING_SECONDS
    while True:
        report = await _look(visit, checks)
        is_behind = report.is_running and any(each.id == "daemon.problem" for each in report.findings)
        if not (is_config and is_behind) or visit.clock.monotonic() > until:
            return report
        await anyio.sleep(PAUSE_SECONDS)


async def _mend_all(due: Sequence[Finding], visit: Visit, call: Call | None, tried: set[Mend]) -> Report:
    report = Report([])
    for finding in sorted(due, key=lambda each: ORDER.index(type(each.mend))):
        assert finding.mend is not None
        if finding.mend in tried:
            continue
        tried.add(finding.mend)
        premises = await apart(visit.premises)
        try:
            with private():
                report.mended.append(Done(finding, await carry_out(finding.mend, premises, call)))
        except (OpenClawError, OSError) as error:
            report.failed.append(Done(finding, str(error)))
        except Exception as error:
            logger.exception("%s was not mended", finding.id)
            report.failed.append(Done(finding, f"{type(error).__name__}: {error}"))
        finally:
            await premises.asking.aclose()
    return report
