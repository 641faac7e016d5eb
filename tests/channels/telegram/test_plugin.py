import subprocess
import sys

from openclaw.channels.telegram.config import TelegramConfig
from openclaw.channels.telegram.plugin import plugin
from openclaw.types.channel import ChannelParts, ChannelPlugin
from tests.channels.telegram.house import MemoryLedger, Secrets, StoppedClock


def test_each_account_is_a_channel() -> None:
    known: ChannelPlugin = plugin
    config = TelegramConfig.model_validate({"botToken": "1:a", "accounts": {"shop": {"botToken": "2:b"}}})

    channels = known.open(config, ChannelParts(Secrets(), MemoryLedger(), StoppedClock()))

    assert [(channel.name, channel.account) for channel in channels] == [
        ("telegram", "default"),
        ("telegram", "shop"),
    ]


def test_loading_the_plugin_loads_no_sdk() -> None:
    code = (
        "import sys, openclaw.channels.telegram.plugin;"
        "print([name for name in ('telegram', 'httpx', 'markdown_it') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
