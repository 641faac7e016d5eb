import subprocess
import sys

from openclaw.channels.whatsapp.plugin import plugin
from openclaw.types.channel import ChannelPlugin
from tests.channels.whatsapp.house import House
from tests.fakes import FakeWhatsApp


async def test_each_account_is_a_channel_and_each_provider_has_one_address(whatsapp: FakeWhatsApp) -> None:
    known: ChannelPlugin = plugin
    twilio = {
        "provider": "twilio",
        "accountSid": "AC1",
        "authToken": "t",
        "publicWebhookUrls": ["https://example.org"],
    }
    accounts = {
        "shop": {"phoneNumberId": "777"},
        "sales": {**twilio, "fromNumber": "+12015550199"},
        "support": {**twilio, "fromNumber": "+12015550198"},
    }
    house = House(whatsapp.config(accounts=accounts))

    assert known.name == "whatsapp"
    assert [(channel.name, channel.account) for channel in house.channels] == [
        ("whatsapp", "default"),
        ("whatsapp", "shop"),
        ("whatsapp", "sales"),
        ("whatsapp", "support"),
    ]
    assert list(house.routes) == ["/webhooks/whatsapp", "/webhooks/whatsapp/twilio"]
    await house.aclose()


def test_loading_the_plugin_loads_no_client() -> None:
    code = (
        "import sys, openclaw.channels.whatsapp.plugin;"
        "print([name for name in ('httpx', 'markdown_it', 'twilio') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
