from openclaw.channels.registry import load_channel
from openclaw.channels.salesmsg.config import SalesmsgConfig
from tests.channels.salesmsg.house import Records, parts


async def test_the_registry_finds_it_and_it_opens_one_account() -> None:
    plugin = load_channel("salesmsg")

    (channel,) = plugin.open(SalesmsgConfig(), parts(Records()))
    assert plugin.config is SalesmsgConfig
    assert (plugin.name, channel.name, channel.account) == ("salesmsg", "salesmsg", "default")
    await channel.aclose()
