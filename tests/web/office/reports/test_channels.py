from collections.abc import Sequence

import pytest

from openclaw.channels.runner import ChannelStatus
from openclaw.store.database import Database
from openclaw.store.ledger import Ledger
from openclaw.store.traffic import Traffic, TrafficLedger
from openclaw.web.office.reports.channels import SHUT, ChannelBook
from openclaw.web.office.told import UnknownKeyError
from tests.store.made import NOW, SetClock, arrival


class OneAccount:
    def __init__(self) -> None:
        self.restarted = 0

    def states(self) -> Sequence[ChannelStatus]:
        return [ChannelStatus("telegram", "default", "failing", "no network", NOW)]

    def restart(self, channel: str, account: str) -> bool:
        known = (channel, account) == ("telegram", "default")
        self.restarted += known
        return known


def looked_after(runner: OneAccount, database: Database) -> ChannelBook:
    config = {"telegram": True, "sms": True, "quo": False}
    return ChannelBook(runner, TrafficLedger(database), lambda: config, lambda: frozenset({"telegram"}))


async def test_what_is_known_of_every_account_at_work(database: Database) -> None:
    await Ledger(database, SetClock(), "boot_1").accept([arrival(1)])
    book = looked_after(OneAccount(), database)

    assert await book.traffic() == {("telegram", "default"): Traffic(NOW)}


async def test_an_account_is_started_anew_and_one_that_is_not_there_is_named(database: Database) -> None:
    runner = OneAccount()
    book = looked_after(runner, database)

    book.restart("telegram", "default")
    assert runner.restarted == 1
    with pytest.raises(UnknownKeyError, match=r"account work is at work; there is telegram \(default\)"):
        book.restart("telegram", "work")


async def test_what_the_config_names_and_nobody_runs_is_told(database: Database) -> None:
    told = looked_after(OneAccount(), database).idle()

    assert [(row["channel"], row["condition"], row["reason"]) for row in told] == [
        ("sms", "stopped", SHUT),
        ("quo", "disabled", ""),
    ]
