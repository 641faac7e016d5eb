"""Alerts to a Discord channel, by the address that it has for that."""

import json
import logging

import anyio

from openclaw.net.door import Door
from openclaw.net.fetched import Fetched, OutboundError
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Resolver, SecretRef

logger = logging.getLogger(__name__)

LONGEST = 2000
"""Characters of one message."""
TRIES = 3
LONGEST_WAIT_SECONDS = 60.0


class Discord:
    def __init__(self, door: Door, resolver: Resolver, reference: SecretRef) -> None:
        self._door = door
        self._resolver = resolver
        self._reference = reference

    async def tell(self, text: str) -> bool:
        """Whether Discord has it. Raises nothing: an alert about an alert would help nobody."""
        try:
            url = await self._address()
            if (told := await self._told(url, text)) is None and (
                newer := await self._address(fresh=True)
            ) != url:
                told = await self._told(newer, text)
            return told or False
        except SecretError as error:
            logger.warning("ops.discord.webhookUrl: %s", error)
        except OutboundError as error:
            # Without the error's own words: they name the address, and that is a secret.
            logger.warning("an alert did not reach Discord (%s)", type(error).__name__)
        return False

    async def _address(self, *, fresh: bool = False) -> str:
        return (await self._resolver.resolve(self._reference, fresh=fresh)).reveal().strip()

    async def _told(self, url: str, text: str) -> bool | None:
        """None: the address is wrong, and stays so."""
        door = self._door.opened_for([url])
        for attempt in range(1, TRIES + 1):
            answer = await door.post(url, content(text))
            if answer.status < 400:
                return True
            logger.warning("Discord answered an alert with %d", answer.status)
            if answer.status != 429 and answer.status < 500:
                return None
            if attempt < TRIES:
                await anyio.sleep(wait_seconds(answer, attempt))
        return False


def content(text: str) -> dict[str, object]:
    """Nobody is pinged by what stands in a text."""
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return {"content": cut, "allowed_mentions": {"parse": []}}


def wait_seconds(answer: Fetched, attempt: int) -> float:
    """As Discord asks, in seconds; else doubling."""
    try:
        asked = json.loads(answer.body)["retry_after"]
    except (ValueError, KeyError, TypeError):
        asked = None
    seconds = float(asked) if isinstance(asked, int | float) and not isinstance(asked, bool) else 2.0**attempt
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
