"""Tells a program of the owner's that a job has run."""

from collections.abc import Mapping

from openclaw.net.door import Door
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Resolver, SecretRef


class Webhook:
    """`delivery.mode: webhook`. Only the owner's own command line names its address, so it may be on loopback."""

    def __init__(self, door: Door, resolver: Resolver, token: SecretRef | None) -> None:
        self._door = door
        self._resolver = resolver
        self._token = token

    async def post(self, url: str, told: Mapping[str, object]) -> str:
        """Empty when it was taken, else what was wrong."""
        try:
            headers = {}
            if self._token is not None:
                headers["Authorization"] = f"Bearer {(await self._resolver.resolve(self._token)).reveal()}"
            answer = await self._door.opened_for([url]).post(url, dict(told), headers=headers)
        except OpenClawError as error:
            return str(error)
        return "" if answer.status < 400 else f"{answer.url} answered {answer.status}"
