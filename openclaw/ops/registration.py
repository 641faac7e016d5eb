"""Asks Twilio how our numbers stand with the US carriers, where the config does not say it."""

import logging
from collections.abc import Awaitable, Callable, Iterator

import anyio

from openclaw.channels.sms.config import SmsAccount
from openclaw.channels.twilio.problems import RefusalError, UnreachableError
from openclaw.compliance.area_codes import TOLL_FREE, area_code
from openclaw.compliance.config import ComplianceConfig
from openclaw.settings.model import Settings
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Resolver

logger = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 120.0
LOOK_SECONDS = 12 * 3600.0
"""What was looked up holds for a day: one look may fail."""

Told = Callable[[str, str], Awaitable[None]]
"""Our number and its status: `Consents.registered`."""


def unstated(settings: Settings) -> Iterator[tuple[str, SmsAccount]]:
    """The accounts of texts whose registration the config leaves open, with their place in it."""
    config, sms = settings.compliance, settings.channels.sms
    for name, account in (sms.each_account() if sms is not None else {}).items():
        number = account.from_number
        if account.enabled and number and number.startswith("+1") and _is_open(config, number):
            yield "channels.sms" if name == "default" else f"channels.sms.accounts.{name}", account


def advice(settings: Settings) -> list[str]:
    """What the owner should know before his texts are blocked, or leave unchecked. Pure."""
    channels = settings.channels
    if not settings.compliance.enabled and any(
        (channels.sms, channels.voice, channels.salesmsg, channels.quo)
    ):
        return [
            "compliance.enabled is false: texts and calls leave unchecked, to people who have opted out as well,"
            " and at night. Remove the line"
        ]
    return [
        f"{place}: the registration of {account.from_number} with the US carriers (A2P 10DLC) is unknown: only answers"
        " within a day leave, and what goes to authorised numbers. Set compliance.tenDlc.status once it is settled"
        for place, account in unstated(settings)
    ]


def _is_open(config: ComplianceConfig, number: str) -> bool:
    free = area_code(number) in TOLL_FREE
    stated = config.ten_dlc.numbers.get(number) or (
        config.ten_dlc.toll_free if free else config.ten_dlc.status
    )
    return config.enabled and stated == "unknown"


async def look(settings: Settings, resolver: Resolver, told: Told) -> None:
    """An account that cannot be asked stays as it is known, for a day."""
    from openclaw.channels.twilio.login import Login

    for place, account in unstated(settings):
        number = account.from_number or ""
        login = Login(account, resolver, place)
        try:
            rest = await login.rest()
            status = await rest.registration(number, account.messaging_service_sid)
            logger.info("%s: Twilio has the registration of %s as %s", place, number, status)
            await told(number, status)
        except (RefusalError, UnreachableError, OpenClawError) as error:
            logger.warning("%s: the registration of %s cannot be looked up: %s", place, number, error)
        finally:
            await login.aclose()


async def watch(look_now: Callable[[], Awaitable[None]]) -> None:
    """Twice a day, until cancelled."""
    await anyio.sleep(FIRST_LOOK_SECONDS)
    while True:
        await look_now()
        await anyio.sleep(LOOK_SECONDS)
