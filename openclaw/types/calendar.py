"""Days and hours as the wall shows them somewhere, in milliseconds since 1970. Pure; right over clock changes."""

from datetime import date, datetime, timedelta, tzinfo


def local(ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, zone)


def hour_of(day: date, hour: int, zone: tzinfo) -> int:
    """An hour that the clock skips is the moment at which it does."""
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
    return round(moment.timestamp() * 1000)


def last_hour(now: int, hour: int, zone: tzinfo) -> int:
    """When the wall last showed this hour."""
    today = local(now, zone).date()
    at = hour_of(today, hour, zone)
    return at if at <= now else hour_of(today - timedelta(days=1), hour, zone)


def day_of(now: int, zone: tzinfo) -> tuple[int, int]:
    """The day around `now`: its first moment, and the first one after it."""
    today = local(now, zone).date()
    return hour_of(today, 0, zone), hour_of(today + timedelta(days=1), 0, zone)


def days_until(now: int, count: int, zone: tzinfo) -> list[tuple[date, int, int]]:
    """The last `count` days, today the last of them: each with its first moment and the first one after it."""
    today = local(now, zone).date()
    days = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
    return [(day, hour_of(day, 0, zone), hour_of(day + timedelta(days=1), 0, zone)) for day in days]
