from openclaw.channels.quo.channel import QuoChannel
from openclaw.channels.quo.config import QuoConfig
from openclaw.channels.registry import load_channel
from tests.channels.salesmsg.house import Records, parts


async def test_the_registry_finds_it_and_it_opens_one_account() -> None:
    plugin = load_channel("quo")

    (channel,) = plugin.open(QuoConfig(), parts(Records()))
    assert isinstance(channel, QuoChannel)
    assert (plugin.name, plugin.config, channel.account) == ("quo", QuoConfig, "default")
    await channel.aclose()
