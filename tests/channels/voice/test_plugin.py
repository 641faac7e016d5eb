from pathlib import Path

from openclaw.channels.registry import load_channel
from openclaw.channels.voice.config import VoiceConfig
from openclaw.channels.voice.plugin import plugin
from openclaw.store.database import open_database
from openclaw.store.phone import PhoneStore
from openclaw.types.channel import ChannelParts
from openclaw.types.clock import SystemClock
from tests.channels.voice.house import NoLedger, PlainResolver


async def test_the_plugin_opens_one_channel_where_it_is_switched_on(tmp_path: Path) -> None:
    clock = SystemClock()
    async with open_database(tmp_path / "ledger.sqlite") as database:
        phones = PhoneStore(database, clock, lambda row: None)
        parts = ChannelParts(PlainResolver(), NoLedger(), clock, phone=phones, media=tmp_path / "media")

        (channel,) = plugin.open(VoiceConfig(), parts)

        assert (channel.name, channel.account) == ("voice", "default")
        assert plugin.open(VoiceConfig(enabled=False), parts) == []


def test_the_plugin_is_built_in() -> None:
    assert load_channel("voice") is plugin
