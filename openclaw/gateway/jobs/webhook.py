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
        door = self._door.opened_for([url])
        try:
            shown = await self._headers()
            answer = await door.post(url, dict(told), headers=shown)
            # The token may have been changed where it is kept.
            if answer.status == 401 and (newer := await self._headers(fresh=True)) != shown:
                answer = await door.post(url, dict(told), headers=newer)
        except OpenClawError as error:
            return str(error)
        return "" if answer.status < 400 else f"{answer.url} answered {answer.status}"

    async def _headers(self, *, fresh: bool = False) -> dict[str, str]:
        if self._token is None:
            return {}
        token = await self._resolver.resolve(self._token, fresh=fresh)
        return {"Authorization": f"Bearer {token.reveal()}"}
