"""What Telegram's refusals and the network's failures mean for receiving and for sending."""

import json
from http import HTTPStatus

import httpx
from telegram.error import TelegramError

from openclaw.channels.telegram.updates import ConflictError, TokenRefusedError
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError
from openclaw.types.messages import Address

TOKEN_WAIT_SECONDS = 60.0
"""Between two tries to send with a token that was refused."""
_FLOOD_WAIT_SECONDS = 5.0
"""When a 429 does not say how long."""
_BAD_TOKEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})
# Telegram answers 404 to a token that is not even formed like one.
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_UNFIT = (
    "photo_invalid",
    "photo_ext_invalid",
    "photo_save_file",
    "image_process",
    "voice_messages_forbidden",
)
_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class RefusalError(TelegramError):
    """An answer that is not a 2xx. Made from the answer itself, as the SDK's own classes lose the status."""

    def __init__(self, status: int, body: bytes) -> None:
        answer = _object(body)
        parameters = answer.get("parameters")
        self.status = status
        self.description = str(answer.get("description") or _phrase(status))
        self.parameters = parameters if isinstance(parameters, dict) else {}
        self.has_body = bool(body.strip())
        super().__init__(f"{status} {self.description}")

    @property
    def retry_after(self) -> float:
        wait = self.parameters.get("retry_after")
        return float(wait) if isinstance(wait, int | float) else _FLOOD_WAIT_SECONDS

    @property
    def is_bad_markup(self) -> bool:
        return self.status == HTTPStatus.BAD_REQUEST and "can't parse entities" in self.description.lower()

    @property
    def is_unfit(self) -> bool:
        """The file cannot be shown as what it is; as a document it can be had all the same."""
        described = self.description.lower()
        return self.status == HTTPStatus.BAD_REQUEST and any(words in described for words in _UNFIT)

    @property
    def is_unmodified(self) -> bool:
        """An edit that changes nothing: the message is as it should be."""
        return self.status == HTTPStatus.BAD_REQUEST and "message is not modified" in self.description.lower()

    @property
    def is_gone(self) -> bool:
        """The message to edit was deleted, or is too old."""
        described = self.description.lower()
        return self.status == HTTPStatus.BAD_REQUEST and any(words in described for words in _GONE)

    @property
    def moved_to(self) -> str | None:
        """The supergroup that this group has become."""
        chat = self.parameters.get("migrate_to_chat_id")
        return str(chat) if isinstance(chat, int) and not isinstance(chat, bool) else None

    @property
    def is_webhook_conflict(self) -> bool:
        return self.status == HTTPStatus.CONFLICT and "webhook is active" in self.description.lower()


def _object(body: bytes) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "unknown status"


def receiving(error: TelegramError, place: str) -> ChannelError:
    """`place` is the account's part of the config."""
    if not isinstance(error, RefusalError):
        return ChannelError(f"Telegram cannot be reached: {_network(error)}")
    if error.status in _BAD_TOKEN:
        return TokenRefusedError(
            f"the bot token was refused by Telegram; get a new one from @BotFather and set {place}.botToken"
        )
    if error.status == HTTPStatus.CONFLICT:
        return ConflictError(
            "another program receives this bot's messages (a second poller, or a webhook);"
            f" stop it, or give this daemon a bot of its own in {place}.botToken."
            f" Telegram says: {error.description}"
        )
    wait = error.retry_after if error.status == HTTPStatus.TOO_MANY_REQUESTS else None
    return ChannelError(f"Telegram answered {error}", wait_seconds=wait)


def sending(
    error: TelegramError, to: Address, *, again_after: float
) -> DeliveryError | AmbiguousDeliveryError:
    """`again_after`: seconds until the next try where Telegram names none."""
    if not isinstance(error, RefusalError):
        if isinstance(error.__cause__, _UNSENT):
            return DeliveryError(to, f"no connection: {_network(error)}", retry_after=again_after)
        return AmbiguousDeliveryError(to, f"the connection broke before the answer: {_network(error)}")
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return DeliveryError(to, "too many messages", retry_after=error.retry_after)
    if error.status in _BAD_TOKEN:
        return DeliveryError(to, "the bot token was refused", retry_after=TOKEN_WAIT_SECONDS)
    if moved_to := error.parameters.get("migrate_to_chat_id"):
        return DeliveryError(to, f"the group became a supergroup and is now chat {moved_to}")
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _server_failure(error, to, again_after)
    return DeliveryError(to, str(error))


def _server_failure(
    error: RefusalError, to: Address, again_after: float
) -> DeliveryError | AmbiguousDeliveryError:
    """A gateway that gave up waiting, or said nothing at all, does not know what became of the message."""
    if error.status == HTTPStatus.GATEWAY_TIMEOUT or not error.has_body:
        return AmbiguousDeliveryError(to, str(error))
    return DeliveryError(to, str(error), retry_after=again_after)


def _network(error: TelegramError) -> str:
    cause = error.__cause__
    if cause is None:
        return str(error)
    return f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
