"""SalesMsg's API as far as it is used here: sending a text."""

from http import HTTPStatus

from openclaw.channels.salesmsg.parse import provider_id
from openclaw.channels.salesmsg.tokens import Tokens
from openclaw.net.api_client import ApiClient, UnansweredError, UnsentError
from openclaw.net.fetched import Fetched
from openclaw.net.messages import AGAIN_SECONDS, message_id, not_sent, reason, refused
from openclaw.types.errors import ChannelError, DeliveryError
from openclaw.types.messages import Address, Outbound

_TOKEN_WAIT_SECONDS = 60.0


class SalesmsgApi:
    def __init__(self, client: ApiClient, tokens: Tokens, team_id: str | None) -> None:
        self._client = client
        self._tokens = tokens
        self._team_id = team_id

    async def send(self, message: Outbound) -> str:
        """The provider's id. Raises as `Channel.send` does."""
        to = message.to
        try:
            token = await self._tokens.current()
            answer = await self._post(to, message.part.text, token)
            if _refuses_token(answer) and await self._renewed(to, token):
                answer = await self._post(to, message.part.text, await self._tokens.current())
        except ChannelError as error:
            raise DeliveryError(to, str(error), retry_after=_TOKEN_WAIT_SECONDS) from error
        if _refuses_token(answer):
            raise DeliveryError(
                to, f"the token was refused: {reason(answer)}", retry_after=_TOKEN_WAIT_SECONDS
            )
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise refused(to, answer)
        return provider_id(message_id(answer) or message.id)

    async def _renewed(self, to: Address, token: str) -> bool:
        try:
            return await self._tokens.renew(token)
        except (UnsentError, UnansweredError) as error:
            raise DeliveryError(
                to, f"its token is not renewed: {error}", retry_after=AGAIN_SECONDS
            ) from error

    async def _post(self, to: Address, text: str, token: str) -> Fetched:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            if to.thread and to.thread.isalnum():
                answer = await self._client.post(
                    f"/messages/{to.thread}", json={"message": text}, headers=headers
                )
                if answer.status != HTTPStatus.NOT_FOUND:
                    return answer
            # Without a conversation its fields stand in the query.
            fields = {
                "number": to.chat,
                "message": text,
                **({"team_id": self._team_id} if self._team_id else {}),
            }
            return await self._client.post("/messages", params=fields, headers=headers)
        except (UnsentError, UnansweredError) as error:
            raise not_sent(to, error) from error


def _refuses_token(answer: Fetched) -> bool:
    """On some routes a bad token is answered as if the server had failed."""
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        said = answer.text.lower()
        return "token" in said or "unauthenticated" in said or "unauthorized" in said
    return answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
