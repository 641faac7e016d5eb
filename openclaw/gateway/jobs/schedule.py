"""When a job is due. Pure; right over clock changes."""

import hashlib
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from openclaw.gateway.jobs.job import At, Cron, Every, Schedule

LEAST_INTERVAL_MS = 10_000
"""A job that is due more often would be nothing but a bill."""
HOURLY_STAGGER_MS = 5 * 60_000
BACKOFF_MS = (30_000, 60_000, 5 * 60_000, 15 * 60_000, 60 * 60_000)
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


def next_run(schedule: Schedule, after: int, zone: tzinfo, seed: str = "") -> int | None:
    """The first time later than `after`; None when there is none. `seed` decides where in its stagger a job lies."""
    match schedule:
        case At(at):
            return at if at > after else None
        case Every(every_ms, anchor):
            return anchor if after < anchor else anchor + ((after - anchor) // every_ms + 1) * every_ms
        case Cron(expr, tz, _):
            shift = _shift(schedule, seed)
            found = _next_of_expression(_plain(expr), after - shift, ZoneInfo(tz) if tz else zone)
            return None if found is None else found + shift


def backoff_ms(consecutive_errors: int) -> int:
    return BACKOFF_MS[min(consecutive_errors, len(BACKOFF_MS)) - 1] if consecutive_errors > 0 else 0


def check_expression(expr: str) -> None:
    """Raises ValueError, in words for its author."""
    try:
        times = CronSim(_plain(expr), datetime(2026, 1, 1, tzinfo=UTC))
        gaps = [later - earlier for earlier, later in pairwise(islice(times, 8))]
    except (CronSimError, ValueError) as error:
        raise ValueError(
            f"{expr!r} is no cron expression ({error}): it has five fields, minute hour day month weekday,"
            " or six with seconds before them"
        ) from None
    if not gaps:
        raise ValueError(f"{expr!r} never comes")
    if min(gaps) < timedelta(milliseconds=LEAST_INTERVAL_MS):
        raise ValueError(f"{expr!r} comes more often than every {LEAST_INTERVAL_MS // 1000} s")


def first_moment(wall: datetime, zone: tzinfo) -> int:
    """When a clock on the wall shows this; the first of two such moments.

    What the clock skips is the first moment behind the gap.
    """
    moment = wall.replace(tzinfo=zone, fold=0)
    while _skipped(moment):
        wall = (wall + timedelta(minutes=1)).replace(second=0, microsecond=0)
        moment = wall.replace(tzinfo=zone, fold=0)
    return round(moment.timestamp() * 1000)


def _skipped(moment: datetime) -> bool:
    there_and_back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return there_and_back.replace(tzinfo=None) != moment.replace(tzinfo=None)


def _plain(expr: str) -> str:
    return NICKNAMES.get(expr.strip().lower(), expr)


def _shift(schedule: Cron, seed: str) -> int:
    stagger = schedule.stagger_ms
    if stagger is None:
        stagger = HOURLY_STAGGER_MS if _on_every_full_hour(_plain(schedule.expr)) else 0
    if not stagger:
        return 0
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6], "big") % stagger


def _on_every_full_hour(expr: str) -> bool:
    """Where everybody's jobs would begin in the same second."""
    *seconds, minute, hour, _, _, _ = expr.split()
    return minute == "0" and "*" in hour and seconds in ([], ["0"])


def _next_of_expression(expr: str, after: int, zone: tzinfo) -> int | None:
    hour = expr.split()[-4]
    if hour == "*":
        # What comes every hour goes by elapsed time, over clock changes too.
        start = datetime.fromtimestamp(after // 1000, zone)
        times = (round(moment.timestamp() * 1000) for moment in CronSim(expr, start))
    else:
        # What comes at an hour of the day is due once a day: not again when the clock is turned back,
        # and right after the gap when the clock skips it. So it is looked for on the wall.
        wall = datetime.fromtimestamp(after // 1000, zone).replace(tzinfo=None)
        times = (first_moment(moment, zone) for moment in CronSim(expr, wall))
    return next((time for time in times if time > after), None)
