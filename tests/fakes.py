"""The world around the daemon, on loopback sockets: import from here."""

from tests.fake.anthropic import FakeAnthropic, ModelRequest, newest_user_text
from tests.fake.anthropic_script import Cut, ErrorEvent, Failure, Reply, Script, ToolUse
from tests.fake.daemon import CliResult, Daemon, DidNotStartError, free_ports
from tests.fake.http import Answer, FakeServer, Hold, HttpRequest, fetch
from tests.fake.openai import FakeOpenAI, asked_text
from tests.fake.openmeteo import FakeOpenMeteo
from tests.fake.telegram import FakeTelegram
from tests.fake.telegram_wire import Call, Sent

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
    "FakeOpenAI",
    "FakeOpenMeteo",
    "FakeServer",
    "FakeTelegram",
    "Hold",
    "HttpRequest",
    "ModelRequest",
    "Reply",
    "Script",
    "Sent",
    "ToolUse",
    "asked_text",
    "fetch",
    "free_ports",
    "newest_user_text",
]
