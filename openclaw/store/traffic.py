"""When each account last heard and said something."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from openclaw.store.database import Database, Transaction
from openclaw.types.clock import parse_iso

Account = tuple[str, str]
"""Channel and account."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Milliseconds since 1970; None: never."""

    heard_at: int | None = None
    said_at: int | None = None
    waiting: int = 0
    """Messages of ours that are not sent yet."""


class TrafficLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, accounts: Iterable[Account]) -> Mapping[Account, Traffic]:
        wanted = list(accounts)
        return await self._database.read(lambda tx: {account: traffic(tx, account) for account in wanted})


def traffic(tx: Transaction, account: Account) -> Traffic:
    heard = tx.execute(
        "SELECT max(received_at) FROM inbox WHERE channel = ? AND account = ?", account
    ).fetchone()
    said = tx.execute(
        "SELECT max(sent_at) FROM outbox WHERE channel = ? AND account = ? AND sent_at IS NOT NULL", account
    ).fetchone()
    waiting = tx.execute(
        "SELECT count(*) FROM outbox WHERE state = 'pending' AND channel = ? AND account = ?", account
    ).fetchone()
    return Traffic(_moment(heard[0]), _moment(said[0]), waiting[0])


def _moment(at: str | None) -> int | None:
    return parse_iso(at) if at else None
