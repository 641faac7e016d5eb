"""The Bot API through python-telegram-bot. Importing this costs 0.2 s: only `TelegramChannel` does, in a thread."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import TelegramError
from telegram.request import HTTPXRequest, RequestData

# The SDK's public `get_updates` parses a whole batch at once, and one bad update would hold up all others.
from telegram.request._requestparameter import RequestParameter

from openclaw.channels.telegram.config import TelegramAccount
from openclaw.channels.telegram.faults import RefusalError, receiving, sending
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError
from openclaw.types.messages import Address, Outbound, Part
from openclaw.types.secrets import Secret

logger = logging.getLogger(__name__)

T = TypeVar("T")

UPDATES = ("message", "edited_message", "my_chat_member")
"""What Telegram is asked to tell. Kinds that we do not answer are still seen in the traces."""
_BATCH = 100
_CONNECT_SECONDS = 10.0
_POLL_GRACE_SECONDS = 10.0
_GENERAL_TOPIC = "1"
"""A message to it must not name it."""


class _Wire(HTTPXRequest):
    """Answers other than 2xx become RefusalError, which keeps what the SDK's own errors drop."""

    token = ""
    """Part of every URL, and a server may quote the URL it was asked by."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(*args, **kwargs)
        if not 200 <= status <= 299:
            raise RefusalError(status, body.replace(self.token.encode(), b"***") if self.token else body)
        return status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The SDK's own would write the whole answer, people's words included, to the log."""
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise TelegramError("an answer that is not JSON") from error
        if not isinstance(answer, dict) or "result" not in answer:
            raise TelegramError("an answer without a result")
        return answer


class TelegramApi:
    """One bot. Its errors are ours; none of them holds the token."""

    def __init__(self, token: Secret, account: TelegramAccount, place: str) -> None:
        # Below WARNING they write whole URLs, and the token is part of each.
        for name in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._account = account
        self._place = place
        seconds = account.timeout_seconds
        self._wire = _Wire(
            read_timeout=seconds,
            write_timeout=seconds,
            connect_timeout=min(seconds, _CONNECT_SECONDS),
            pool_timeout=seconds,
        )
        self._wire.token = token.reveal()
        root = account.api_root.rstrip("/")
        self._bot = Bot(
            token.reveal(), base_url=f"{root}/bot", request=self._wire, get_updates_request=self._wire
        )

    async def aclose(self) -> None:
        await self._wire.shutdown()

    async def own_id(self) -> int:
        try:
            return (await self._bot.get_me()).id
        except TelegramError as error:
            raise receiving(error, self._place) from error

    async def updates(self, offset: int | None, wait_seconds: int) -> list[object]:
        """The updates as Telegram wrote them. Confirms everything below `offset`."""
        wanted = {"limit": _BATCH, "timeout": wait_seconds, "allowed_updates": UPDATES}
        if offset is not None:
            wanted["offset"] = offset
        try:
            result: object = await self._wire.post(
                f"{self._bot.base_url}/getUpdates",
                RequestData([RequestParameter.from_input(name, value) for name, value in wanted.items()]),
                read_timeout=wait_seconds + _POLL_GRACE_SECONDS,
            )
        except TelegramError as error:
            if isinstance(error, RefusalError) and error.is_webhook_conflict:
                await self._remove_webhook()
            raise receiving(error, self._place) from error
        if not isinstance(result, list):
            raise ChannelError("Telegram answered a poll with something that is not a list of updates")
        return result

    async def _remove_webhook(self) -> None:
        """Left from earlier: this bot is set to poll. What waits at Telegram is kept."""
        try:
            await self._bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as error:
            raise receiving(error, self._place) from error
        raise ChannelError(
            "Telegram had a webhook set for this bot; it is removed, and we poll", wait_seconds=0
        )

    async def set_webhook(self, url: str, secret: Secret) -> None:
        try:
            await self._bot.set_webhook(
                url, secret_token=secret.reveal(), allowed_updates=UPDATES, drop_pending_updates=False
            )
        except TelegramError as error:
            raise receiving(error, self._place) from error

    async def send(self, message: Outbound) -> str:
        try:
            return await self._send_best(message)
        except TelegramError as error:
            again_after = self._account.retry.min_delay_ms / 1000
            raise sending(error, message.to, again_after=again_after) from error

    async def _send_best(self, message: Outbound) -> str:
        async def send(text: str, parse_mode: str | None) -> str:
            return await self._send(message, text, parse_mode)

        return await _in_best_form(message.part, send)

    async def edit(self, to: Address, message_id: str, part: Part) -> bool:
        """False when Telegram has no such message that could be edited."""

        async def edit(text: str, parse_mode: str | None) -> bool:
            return await self._edit(to, int(message_id), text, parse_mode)

        try:
            return await _in_best_form(part, edit)
        except TelegramError as error:
            if isinstance(error, RefusalError) and (error.is_unmodified or error.is_gone):
                return error.is_unmodified
            again_after = self._account.retry.min_delay_ms / 1000
            raise sending(error, to, again_after=again_after) from error

    async def _edit(self, to: Address, message_id: int, text: str, parse_mode: str | None) -> bool:
        preview = LinkPreviewOptions(is_disabled=not self._account.link_preview)
        try:
            await self._bot.edit_message_text(
                text, _chat(to), message_id, parse_mode=parse_mode, link_preview_options=preview
            )
        except (KeyError, TypeError, ValueError) as error:
            raise AmbiguousDeliveryError(to, f"an answer that cannot be read: {error!r}") from error
        return True

    async def delete(self, to: Address, message_id: str) -> None:
        try:
            await self._bot.delete_message(_chat(to), int(message_id))
        except TelegramError as error:
            logger.info("a message in %s could not be deleted: %s", to.chat, error)

    async def _send(self, message: Outbound, text: str, parse_mode: str | None) -> str:
        to = message.to
        thread = to.thread if to.thread != _GENERAL_TOPIC else None
        preview = LinkPreviewOptions(is_disabled=not self._account.link_preview)
        answered = _number(message.reply_to_message)
        reply = ReplyParameters(answered, allow_sending_without_reply=True) if answered else None
        chat, thread_id = _chat(to), _number(thread)
        try:
            sent = await self._bot.send_message(
                chat,
                text,
                parse_mode=parse_mode,
                link_preview_options=preview,
                message_thread_id=thread_id,
                reply_parameters=reply,
            )
        except (KeyError, TypeError, ValueError) as error:
            # The SDK could not read the answer to a request that Telegram has carried out.
            raise AmbiguousDeliveryError(to, f"an answer that cannot be read: {error!r}") from error
        return str(sent.message_id)

    async def show_typing(self, to: Address) -> None:
        try:
            await self._bot.send_chat_action(
                _chat(to), ChatAction.TYPING, message_thread_id=_number(to.thread)
            )
        except TelegramError as error:
            logger.debug("typing was not shown in %s: %s", to.chat, error)


async def _in_best_form(part: Part, attempt: Callable[[str, str | None], Awaitable[T]]) -> T:
    """With its markup, else as plain text."""
    if part.rich is None:
        return await attempt(part.text, None)
    try:
        return await attempt(part.rich, ParseMode.HTML)
    except RefusalError as refusal:
        if not refusal.is_bad_markup:
            raise
        logger.warning("Telegram refused markup, the plain text goes instead: %s", refusal.description)
    return await attempt(part.text, None)


def _chat(to: Address) -> int | str:
    """A user's or group's id, or a channel's public name."""
    return to.chat if _number(to.chat.removeprefix("-")) is None else int(to.chat)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None
