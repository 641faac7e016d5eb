"""One Twilio account: its credentials once they are resolved, and its API."""

import anyio

from openclaw.channels.twilio.config import TwilioConfig
from openclaw.channels.twilio.rest import TwilioRest, open_rest
from openclaw.channels.twilio.signature import Credentials
from openclaw.types.errors import ChannelError, SecretError
from openclaw.types.secrets import Resolver, Secret

MEND_WAIT_SECONDS = 300.0
"""Between looks whether the owner has mended the config."""
_SECRET_WAIT_SECONDS = 60.0


class Login:
    def __init__(self, config: TwilioConfig, resolver: Resolver, place: str) -> None:
        """`place` is the part of the config that the owner has to look at."""
        self._config = config
        self._resolver = resolver
        self._place = place
        self._rest: TwilioRest | None = None
        self._opening = anyio.Lock()
        self._refused = False
        self.credentials: Credentials | None = None
        """None until the first `rest` or `resolved`; webhooks are refused until then."""

    @property
    def known(self) -> tuple[Credentials, ...]:
        return (self.credentials,) if self.credentials is not None else ()

    async def resolved(self) -> Credentials:
        """Raises ChannelError where the config does not have them."""
        if self.credentials is None or self._refused:
            config = self._config
            if not config.account_sid or config.auth_token is None:
                missing = "accountSid" if not config.account_sid else "authToken"
                raise ChannelError(
                    f"{self._place}.{missing} is not set; it is on the first page of the Twilio console",
                    wait_seconds=MEND_WAIT_SECONDS,
                )
            try:
                secret = await self._resolver.resolve(config.auth_token, fresh=self._refused)
            except SecretError as error:
                raise ChannelError(f"{self._place}: {error}", wait_seconds=_SECRET_WAIT_SECONDS) from error
            token = Secret(secret.reveal().strip())
            if not token:
                raise ChannelError(f"{self._place}.authToken is empty", wait_seconds=MEND_WAIT_SECONDS)
            self.credentials, self._refused = Credentials(config.account_sid.strip(), token), False
        return self.credentials

    async def rest(self) -> TwilioRest:
        """Opened once. Raises ChannelError."""
        async with self._opening:
            if self._rest is None:
                credentials = await self.resolved()
                self._rest = await open_rest(credentials, self._config.api_root, self._config.timeout_seconds)
            return self._rest

    async def was_refused(self) -> None:
        """Twilio did not take the credentials: they are looked up anew for the next request."""
        self._refused = True
        await self.aclose()

    async def aclose(self) -> None:
        async with self._opening:
            rest, self._rest = self._rest, None
        if rest is not None:
            await rest.aclose()
