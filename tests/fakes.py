"""The world around the daemon, on loopback sockets: import from here."""

from tests.fake.anthropic import FakeAnthropic, ModelRequest, newest_user_text
from tests.fake.anthropic_script import Cut, ErrorEvent, Failure, Reply, Script, ToolUse
from tests.fake.brave import FakeBrave
from tests.fake.daemon import CliResult, Daemon, DidNotStartError, free_ports
from tests.fake.discord import FakeDiscord
from tests.fake.duckduckgo import FakeDuckDuckGo
from tests.fake.http import Answer, FakeServer, Hold, HttpRequest, fetch
from tests.fake.internet import FakeInternet
from tests.fake.openai import FakeOpenAI, asked_text
from tests.fake.openmeteo import FakeOpenMeteo
from tests.fake.quo import FakeQuo
from tests.fake.salesmsg import FakeSalesmsg
from tests.fake.searxng import FakeSearxng
from tests.fake.telegram import FakeTelegram
from tests.fake.telegram_wire import Call, Sent
from tests.fake.twilio import FakeTwilio, TwilioCall, TwilioText
from tests.fake.website import FakeWebsite
from tests.fake.whatsapp import FakeWhatsApp, WhatsAppSent

__all__ = [
    "Answer",
    "Call",
    "CliResult",
    "Cut",
    "Daemon",
    "DidNotStartError",
    "ErrorEvent",
    "Failure",
    "FakeAnthropic",
    "FakeBrave",
    "FakeDiscord",
    "FakeDuckDuckGo",
    "FakeInternet",
    "FakeOpenAI",
    "FakeOpenMeteo",
    "FakeQuo",
    "FakeSalesmsg",
    "FakeSearxng",
    "FakeServer",
    "FakeTelegram",
    "FakeTwilio",
    "FakeWebsite",
    "FakeWhatsApp",
    "Hold",
    "HttpRequest",
    "ModelRequest",
    "Reply",
    "Script",
    "Sent",
    "ToolUse",
    "TwilioCall",
    "TwilioText",
    "WhatsAppSent",
    "asked_text",
    "fetch",
    "free_ports",
    "newest_user_text",
]
