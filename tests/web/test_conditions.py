from pathlib import Path

from openclaw.channels.runner import ChannelStatus
from openclaw.web.conditions import problems, shown
from tests.store.made import NOW, SetClock, open_ledger

CONNECTED = ChannelStatus("telegram", "default", "connected", "", NOW)
FAILING = ChannelStatus("telegram", "work", "failing", "the bot token was refused", NOW)


def test_channels_are_shown_by_name_and_their_further_accounts_too() -> None:
    seen = shown([CONNECTED, FAILING])

    assert list(seen) == ["telegram", "telegram:work"]
    assert seen["telegram:work"]["reason"] == "the bot token was refused"  # type: ignore[index]


async def test_what_fails_is_a_problem_and_what_works_is_none(tmp_path: Path) -> None:
    async with open_ledger(tmp_path / "ledger.sqlite", SetClock()) as ledger:
        assert problems(ledger, [CONNECTED]) == []
        assert problems(ledger, [CONNECTED, FAILING]) == ["telegram:work: the bot token was refused"]
