"""Whether Twilio calls us where we listen: its numbers' settings beside the config."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio

from openclaw.channels.sms.config import MESSAGE_PATHS, SmsAccount
from openclaw.channels.twilio.bases import Bases, bases_of
from openclaw.channels.twilio.config import TwilioConfig
from openclaw.channels.twilio.problems import RefusalError, UnreachableError
from openclaw.channels.voice.config import VoiceConfig
from openclaw.settings.model import Settings
from openclaw.types.alerts import Alert
from openclaw.types.errors import ChannelError, OpenClawError
from openclaw.types.secrets import Resolver

logger = logging.getLogger(__name__)

TALK_PATHS = ("/voice", "/voice/webhook")
FIRST_LOOK_SECONDS = 600.0
WEEK_SECONDS = 7 * 24 * 3600.0


class TwilioNumber(Protocol):
    """A number of the account, and where Twilio posts what comes to it."""

    @property
    def number(self) -> str: ...
    @property
    def sms_url(self) -> str: ...
    @property
    def voice_url(self) -> str: ...
    @property
    def sms_method(self) -> str: ...
    @property
    def voice_method(self) -> str: ...
    @property
    def sms_application(self) -> str: ...
    @property
    def voice_application(self) -> str: ...


class Numbers(Protocol):
    async def numbers(self) -> Sequence[TwilioNumber]: ...


@dataclass(frozen=True, slots=True)
class Expected:
    """Where calls of one kind to one number of ours must go."""

    channel: str
    number: str
    urls: tuple[str, ...]
    """Any of them will do; the first is the one to set."""


@dataclass(frozen=True, slots=True)
class Drift:
    channel: str
    number: str
    found: str
    """What Twilio has; empty for nothing."""
    wanted: str

    def __str__(self) -> str:
        has = self.found or "nothing"
        return f"{self.channel} of {self.number}: Twilio has {has}; set it to {self.wanted} (POST) in its console"


def drifts(expected: Sequence[Expected], numbers: Sequence[TwilioNumber]) -> list[Drift]:
    """Pure."""
    known = {each.number: each for each in numbers}
    found = []
    for each in expected:
        number = known.get(each.number)
        if number is None:
            found.append(Drift(each.channel, each.number, "no such number in this account", each.urls[0]))
        elif (other := _other(each, number)) is not None:
            found.append(Drift(each.channel, each.number, other, each.urls[0]))
    return found


def _other(each: Expected, number: TwilioNumber) -> str | None:
    """What Twilio has instead; None where it calls us."""
    if each.channel == "sms":
        url, method, application = number.sms_url, number.sms_method, number.sms_application
    else:
        url, method, application = number.voice_url, number.voice_method, number.voice_application
    if application:
        return f"the TwiML application {application} in place of an address"
    # To the letter: a slash at its end is another path, which nobody serves.
    if url not in each.urls:
        return url
    # Called so, we would refuse it.
    return f"{url} by GET" if method.upper() == "GET" else None


def expectations(settings: Settings) -> dict[str, tuple[TwilioConfig, list[Expected]]]:
    """By the place in the config of each Twilio account."""
    found: dict[str, tuple[TwilioConfig, list[Expected]]] = {}
    for place, config, each in _expected(settings):
        found.setdefault(place, (config, []))[1].append(each)
    return found


def _expected(settings: Settings) -> Iterator[tuple[str, TwilioConfig, Expected]]:
    sms, voice = settings.channels.sms, settings.channels.voice
    accounts: Mapping[str, SmsAccount] = sms.each_account() if sms is not None else {}
    for name, account in accounts.items():
        place = "channels.sms" if name == "default" else f"channels.sms.accounts.{name}"
        # A messaging service has an address of its own, and its numbers' are not asked.
        if account.from_number and account.bases and account.messaging_service_sid is None:
            yield place, account, Expected("sms", account.from_number, _urls(account.bases, MESSAGE_PATHS))
    if voice is not None and voice.enabled and voice.from_number and (bases := _voice_bases(voice)):
        yield "channels.voice", voice, Expected("voice", voice.from_number, _urls(bases, TALK_PATHS))


def _voice_bases(voice: VoiceConfig) -> Bases:
    return bases_of(voice.public_webhook_urls, voice.public_webhook_url, (*TALK_PATHS, *MESSAGE_PATHS))


def _urls(bases: Bases, paths: Sequence[str]) -> tuple[str, ...]:
    every = [url for path in paths for url in bases.candidates(path, "")]
    return tuple(dict.fromkeys(every))


async def look(settings: Settings, resolver: Resolver) -> list[Drift]:
    """Asks Twilio for every account of the config. Raises OpenClawError where it does not answer."""
    from openclaw.channels.twilio.login import Login

    found: list[Drift] = []
    for place, (config, expected) in expectations(settings).items():
        login = Login(config, resolver, place)
        try:
            found += await compare(await login.rest(), expected)
        except (RefusalError, UnreachableError) as error:
            raise ChannelError(f"{place}: Twilio's numbers cannot be read: {error}") from error
        finally:
            await login.aclose()
    return found


async def compare(account: Numbers, expected: Sequence[Expected]) -> list[Drift]:
    return drifts(expected, await account.numbers())


async def watch(look_now: Callable[[], Awaitable[Sequence[Drift]]], alert: Alert) -> None:
    """Once a week, until cancelled."""
    await anyio.sleep(FIRST_LOOK_SECONDS)
    while True:
        await tell(look_now, alert)
        await anyio.sleep(WEEK_SECONDS)


async def tell(look_now: Callable[[], Awaitable[Sequence[Drift]]], alert: Alert) -> None:
    try:
        found = await look_now()
    except OpenClawError as error:
        logger.warning("Twilio's numbers are not compared with the config: %s", error)
        return
    if found:
        words = "; ".join(str(each) for each in found)
        await alert("webhook-drift", f"Twilio does not call us where we listen. {words}")
