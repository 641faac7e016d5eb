"""How long, and how long ago, as people say it. Pure."""

_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60))


def span(ms: float) -> str:
    """`3 days 4 h`, `2 h 10 min`, `45 s`, `0.4 s`, `40 ms`."""
    seconds = max(ms, 0) / 1000
    if seconds < 0.095:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    for place, (name, size) in enumerate(_UNITS):
        if seconds >= size:
            count, rest = divmod(round(seconds), size)
            below = _UNITS[place + 1 : place + 2]
            more = f" {rest // below[0][1]} {below[0][0]}" if below and rest >= below[0][1] else ""
            return f"{count} {name}{'s' if name == 'day' and count != 1 else ''}{more}"
    return f"{seconds:.0f} s"


def ago(at: int | None, now: int) -> str:
    """`3 min ago`; what is to come is `in 2 h`."""
    if at is None:
        return "never"
    if abs(now - at) < 10_000:
        return "just now"
    return f"{span(now - at)} ago" if at < now else f"in {span(at - now)}"
