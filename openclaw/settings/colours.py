"""Whether the person at the terminal wants colours. Loads nothing."""

import os


def are_unwanted() -> bool:
    """By `NO_COLOR` (any value, as no-color.org has it) or a terminal that knows none."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"  # noqa: TID251
