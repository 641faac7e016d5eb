"""A house with every channel, against fakes of all their providers: what the documents speak of is there."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import MakeDaemon
from tests.documents.reading import ROOT, named_files
from tests.fake.quo import NEW_KEY
from tests.fake.supervisor import put_on_path
from tests.fakes import (
    Daemon,
    FakeAnthropic,
    FakeOpenMeteo,
    FakeQuo,
    FakeSalesmsg,
    FakeTelegram,
    FakeTwilio,
    FakeWhatsApp,
)

Json = dict[str, Any]
BASE = "https://hooks.example.org"
OWNER, STRANGER = 821071206, 821071299
ANA = "+12015550123"
EXTENDING = ROOT / "docs" / "extending.md"
QUESTION = "What's the weather like in Sydney?"
SECRETS = {
    "WHATSAPP_VERIFY_TOKEN": FakeWhatsApp.verify_token,
    "SALESMSG_WEBHOOK_TOKEN": "0123456789abcdef0123456789abcdef",
    "QUO_SIGNING_KEY": NEW_KEY,
}
"""Those that the config names by `env:`."""


@dataclass(frozen=True, slots=True)
class World:
    """The providers."""

    telegram: FakeTelegram
    anthropic: FakeAnthropic
    weather: FakeOpenMeteo
    twilio: FakeTwilio
    whatsapp: FakeWhatsApp
    salesmsg: FakeSalesmsg
    quo: FakeQuo

    def environment(self) -> dict[str, str]:
        """As people keep it in `.env`: no secret stands in the file."""
        return {
            "ANTHROPIC_API_KEY": self.anthropic.key,
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TWILIO_AUTH_TOKEN": self.twilio.token,
            "WHATSAPP_TOKEN": self.whatsapp.token,
            "WHATSAPP_APP_SECRET": self.whatsapp.app_secret,
            "SALESMSG_API_TOKEN": next(iter(self.salesmsg.tokens)),
            "QUO_API_KEY": self.quo.key,
            **SECRETS,
        }

    def config(self) -> Json:
        weather = {"geocodingBaseUrl": self.weather.url, "forecastBaseUrl": self.weather.url}
        return {
            "agents": {"list": [{"id": "main", "default": True}, {"id": "aurora"}]},
            "models": {"providers": {"anthropic": {"baseUrl": self.anthropic.url}}},
            "skills": {"entries": {"weather": {"config": weather}}},
            "budgets": {"perDay": 5},
            "channels": {
                "telegram": {"apiRoot": self.telegram.url, "allowFrom": [OWNER]},
                "sms": {
                    "accountSid": self.twilio.account_sid,
                    "fromNumber": self.twilio.number,
                    "apiRoot": self.twilio.url,
                    "publicWebhookUrls": [BASE],
                    "textsPerSecond": 1000,
                },
                "voice": {"allowFrom": [ANA]},
                "whatsapp": {
                    "apiRoot": self.whatsapp.url,
                    "phoneNumberId": self.whatsapp.phone_number_id,
                    "verifyToken": "env:WHATSAPP_VERIFY_TOKEN",
                },
                "salesmsg": {
                    "webhookToken": "env:SALESMSG_WEBHOOK_TOKEN",
                    "apiToken": "env:SALESMSG_API_TOKEN",
                    "apiRoot": self.salesmsg.url,
                    "agentId": "aurora",
                },
                "quo": {
                    "signingKeys": ["env:QUO_SIGNING_KEY"],
                    "apiKey": "env:QUO_API_KEY",
                    "apiRoot": self.quo.url,
                    "agentId": "aurora",
                },
            },
        }


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        made = World(
            await stack.enter_async_context(FakeTelegram()),
            await stack.enter_async_context(FakeAnthropic()),
            await stack.enter_async_context(FakeOpenMeteo()),
            await stack.enter_async_context(FakeTwilio()),
            await stack.enter_async_context(FakeWhatsApp()),
            await stack.enter_async_context(FakeSalesmsg()),
            await stack.enter_async_context(FakeQuo()),
        )
        made.twilio.numbers = [
            {
                "phone_number": made.twilio.number,
                "sid": "PN" + "1" * 32,
                "sms_url": f"{BASE}/sms",
                "voice_url": f"{BASE}/voice/webhook",
            }
        ]
        yield made


def house(make_daemon: MakeDaemon, around: World, folder: Path) -> Daemon:
    """With its secrets in `.env`, and a service manager that behaves."""
    programs = put_on_path(folder / "bin")
    daemon = make_daemon(around.config(), env={"PATH": f"{programs}:/usr/bin:/bin"})
    daemon.state_dir.mkdir(mode=0o700, parents=True)
    secrets = daemon.state_dir / ".env"
    secrets.touch(mode=0o600)
    secrets.write_text("".join(f"{name}={value}\n" for name, value in around.environment().items()))
    for name, text in named_files(EXTENDING).items():
        file = daemon.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return daemon


async def weather(world: World) -> None:
    """One message of the owner's, answered with the help of a tool."""
    world.anthropic.call_tool("get_weather", {"location": "Sydney"})
    world.anthropic.reply("It's **22°C** in Sydney, and partly cloudy.")
    sent = len(world.telegram.sent)
    world.telegram.say(QUESTION, sender=OWNER)
    await world.telegram.wait_sent(sent + 1)


async def lived_in(daemon: Daemon, world: World) -> None:
    """The owner has asked something, and a stranger asks to be let in."""
    await daemon.start()
    await weather(world)
    world.telegram.say("hello", sender=STRANGER, chat=STRANGER, name="Bo")
    await world.telegram.wait_sent(2)


async def pairing_code(daemon: Daemon) -> str:
    (asked,) = (await daemon.cli("pairing", "list", "--json")).json()
    return str(asked["code"])
