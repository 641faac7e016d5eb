"""Which programs can read a ledger: it says itself from which version on. Pure.

A step that only adds (tables, indexes, columns with a default) leaves everything that an older program reads and writes
where it was. So going back one version works, as long as nothing but such steps lies between.
"""

import re
from collections.abc import Sequence
from functools import cache

from openclaw import __version__

TABLE = "ledger_versions"
_ADDS = re.compile(
    r"CREATE TABLE |CREATE INDEX "
    r"|ALTER TABLE \w+ ADD COLUMN \w+ \w+( NOT NULL)? DEFAULT |ALTER TABLE \w+ ADD COLUMN \w+( \w+)?$"
)
_REMARK = re.compile(r"--[^\n]*")


@cache
def is_additive(step: str) -> bool:
    """Of what it does not know it says no: a UNIQUE index could refuse what an older program writes."""
    statements = [" ".join(each.split()) for each in _REMARK.sub("", step).split(";")]
    return all(_ADDS.match(each) for each in statements if each)


def readable_from(steps: Sequence[str]) -> int:
    """The version of the oldest program that a ledger with these steps does not harm, nor it the ledger."""
    return max(
        (number for number, step in enumerate(steps, 1) if number == 1 or not is_additive(step)), default=0
    )


def record(steps: Sequence[str]) -> str:
    """The statement that notes the last of these steps in the ledger itself; empty before there is a place for it."""
    if not any(f"CREATE TABLE {TABLE} " in step for step in steps):
        return ""
    return (
        f"INSERT OR REPLACE INTO {TABLE} (version, readable_from, program, at)"  # noqa: S608 - numbers and our own name
        f" VALUES ({len(steps)}, {readable_from(steps)}, '{__version__}', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));"
    )
