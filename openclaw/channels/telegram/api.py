"""The Bot API through python-telegram-bot. Importing this costs 0.2 s: only `TelegramChannel` does, in a thread."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import TelegramError
from telegram.request import HTTPXRequest, RequestData

# The SDK's public `get_updates` parses a whole batch at once, and one bad update would hold up all others.
from telegram.request._requestparameter import RequestParameter

from openclaw.channels.telegram.config import TelegramAccount
from openclaw.channels.telegram.faults import RefusalError, receiving, sending
from openclaw.channels.telegram.reading.called import Bot as Itself
from openclaw.channels.telegram.writing.enclosed import form_of
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, FetchError
from openclaw.types.messages import Address, Button, Outbound, Part
from openclaw.types.secrets import Secret

logger = logging.getLogger(__name__)

T = TypeVar("T")

UPDATES = ("message", "edited_message", "my_chat_member", "callback_query")
"""What Telegram is asked to tell. Kinds that we do not answer are still seen in the traces."""
_BATCH = 100
_MOST_COMMANDS = 100
_MOST_SUMMARY = 256
_NEVER = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_CONNECT_SECONDS = 10.0
_POLL_GRACE_SECONDS = 10.0
_SHOWN_SECONDS = 60.0
"""Until Telegram has looked at a file that it was given."""
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
            token.reveal(),
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._wire,
            get_updates_request=self._wire,
        )

    async def aclose(self) -> None:
        await self._wire.shutdown()

    async def itself(self) -> Itself:
        try:
            user = await self._bot.get_me()
            return Itself(user.id, user.username or "", user.can_read_all_group_messages is not False)
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

    async def send(self, message: Outbound, content: bytes = b"") -> str:
        """`content`: of the file that the message shows."""
        try:
            return await self._send_best(message, content)
        except TelegramError as error:
            if isinstance(error, RefusalError) and (chat := error.moved_to) not in {None, message.to.chat}:
                moved = replace(message.to, chat=str(chat))
                logger.warning("the group %s is now %s: name that one in the config", message.to.chat, chat)
                return await self.send(replace(message, to=moved), content)
            again_after = self._account.retry.min_delay_ms / 1000
            raise sending(error, message.to, again_after=again_after) from error

    async def _send_best(self, message: Outbound, content: bytes) -> str:
        file = message.part.file

        async def send(text: str, parse_mode: str | None) -> Message:
            return await self._send(message, text, parse_mode)

        async def show(text: str, parse_mode: str | None) -> Message:
            assert file is not None
            return await self._show(message, InputFile(content, file.name), text, parse_mode)

        try:
            sent = await _in_best_form(message.part, send if file is None else show)
        except (KeyError, TypeError, ValueError) as error:
            # The SDK could not read the answer to a request that Telegram has carried out.
            raise AmbiguousDeliveryError(message.to, f"an answer that cannot be read: {error!r}") from error
        return str(sent.message_id)

    async def edit(self, to: Address, message_id: str, part: Part) -> bool:
        """False when Telegram has no such message that could be edited."""

        async def edit(text: str, parse_mode: str | None) -> bool:
            return await self._edit(to, int(message_id), text, parse_mode, _keyboard(part.buttons))

        try:
            return await _in_best_form(part, edit)
        except TelegramError as error:
            if isinstance(error, RefusalError) and (error.is_unmodified or error.is_gone):
                return error.is_unmodified
            again_after = self._account.retry.min_delay_ms / 1000
            raise sending(error, to, again_after=again_after) from error

    async def _edit(
        self,
        to: Address,
        message_id: int,
        text: str,
        parse_mode: str | None,
        keys: InlineKeyboardMarkup | None,
    ) -> bool:
        preview = LinkPreviewOptions(is_disabled=not self._account.link_preview)
        try:
            await self._bot.edit_message_text(
                text, _chat(to), message_id, parse_mode=parse_mode, link_preview_options=preview,
                reply_markup=keys,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise AmbiguousDeliveryError(to, f"an answer that cannot be read: {error!r}") from error
        return True

    async def delete(self, to: Address, message_id: str) -> None:
        try:
            await self._bot.delete_message(_chat(to), int(message_id))
        except TelegramError as error:
            logger.info("a message in %s could not be deleted: %s", to.chat, error)

    async def _send(self, message: Outbound, text: str, parse_mode: str | None) -> Message:
        preview = LinkPreviewOptions(is_disabled=not self._account.link_preview)
        chat, envelope = _chat(message.to), _envelope(message)
        return await self._bot.send_message(
            chat, text, parse_mode=parse_mode, link_preview_options=preview, **envelope
        )

    async def _show(
        self, message: Outbound, file: InputFile, caption: str, parse_mode: str | None
    ) -> Message:
        assert message.part.file is not None
        form, chat = form_of(message.part.file), _chat(message.to)
        about = {**_envelope(message), "caption": caption or None, "parse_mode": parse_mode}
        about["read_timeout"] = max(self._account.timeout_seconds, _SHOWN_SECONDS)
        try:
            match form:
                case "photo":
                    return await self._bot.send_photo(chat, file, **about)
                case "voice":
                    return await self._bot.send_voice(chat, file, **about)
                case "document":
                    pass
        except RefusalError as refusal:
            if not refusal.is_unfit:
                raise
            logger.info("Telegram shows no %s of it (%s): a document goes instead", form, refusal.description)
        return await self._bot.send_document(chat, file, **about)

    async def offer(self, menu: Sequence[tuple[str, str]]) -> None:
        """What Telegram shows while somebody types a slash."""
        commands = [BotCommand(name, summary[:_MOST_SUMMARY]) for name, summary in menu[:_MOST_COMMANDS]]
        try:
            await self._bot.set_my_commands(commands)
        except TelegramError as error:
            logger.warning("Telegram did not take the menu of commands: %s", error)

    async def react(self, to: Address, message_id: str, emoji: str) -> None:
        try:
            await self._bot.set_message_reaction(_chat(to), int(message_id), emoji or None)
        except (TelegramError, ValueError) as error:
            # In some chats, and with some signs, it is not allowed.
            logger.info("a message in %s could not be marked: %s", to.chat, error)

    async def download(self, file_id: str, limit: int) -> bytes:
        """Raises FetchError, and ChannelError where it may be tried again."""
        try:
            # Not by the SDK: it would read a path on this machine that the answer names.
            found = await self._wire.post(
                f"{self._bot.base_url}/getFile",
                RequestData([RequestParameter.from_input("file_id", file_id)]),
            )
            data = await self._wire.retrieve(f"{self._bot.base_file_url}/{_file_path(found, limit)}")
        except TelegramError as error:
            if isinstance(error, RefusalError) and error.status in _NEVER:
                raise FetchError(f"Telegram does not give it: {error.description}") from error
            raise receiving(error, self._place) from error
        if len(data) > limit:
            raise FetchError(f"it is larger than {limit:,} bytes")
        return data

    async def acknowledge(self, press: str) -> None:
        """Until then the button shows that it waits. Telegram takes no more of it after some seconds."""
        try:
            await self._bot.answer_callback_query(press)
        except TelegramError as error:
            logger.debug("the press of a button was not acknowledged: %s", error)

    async def show_typing(self, to: Address) -> None:
        try:
            await self._bot.send_chat_action(
                _chat(to), ChatAction.TYPING, message_thread_id=_number(to.thread)
            )
        except TelegramError as error:
            logger.debug("typing was not shown in %s: %s", to.chat, error)


def _file_path(found: object, limit: int) -> str:
    path = found.get("file_path") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(path, str) or path.startswith("/"):
        raise FetchError("Telegram's answer about it cannot be read")
    if isinstance(size := found.get("file_size"), int) and size > limit:
        raise FetchError(f"it is larger than {limit:,} bytes")
    return quote(path)


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


def _envelope(message: Outbound) -> dict[str, Any]:
    """Where in its chat a message goes, and what belongs to it."""
    thread = message.to.thread if message.to.thread != _GENERAL_TOPIC else None
    answered = _number(message.reply_to_message)
    return {
        "message_thread_id": _number(thread),
        "reply_parameters": ReplyParameters(answered, allow_sending_without_reply=True) if answered else None,
        "reply_markup": _keyboard(message.part.buttons),
    }


def _chat(to: Address) -> int | str:
    """A user's or group's id, or a channel's public name."""
    return to.chat if _number(to.chat.removeprefix("-")) is None else int(to.chat)


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """All in one row; none at all takes away those of an edited message."""
    row = [InlineKeyboardButton(button.label, callback_data=button.words) for button in buttons]
    return InlineKeyboardMarkup([row]) if row else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None
