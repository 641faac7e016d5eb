"""The Bot API as the daemon meets it: long polling, confirmation by offset, sending, and its refusals."""

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass

from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest, fetch
from tests.fake.telegram_files import TelegramFiles
from tests.fake.telegram_wire import (
    ApiRefusal,
    Call,
    Json,
    Sent,
    buttons_of,
    chat_of,
    params_of,
    seen_text,
)


@dataclass(slots=True)
class _Failure:
    refusal: ApiRefusal
    times: int
    chat: int | None


class FakeTelegram(TelegramFiles, FakeServer):
    bot_id = 8000001
    token = "8000001:TEST-b0tT0kenTh4tM0stN0tB3InAnyL0g0"

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.sent: list[Sent] = []
        self.files: dict[str, bytes] = {}
        """By file id: what people have sent."""
        self.updates: deque[Json] = deque()
        """Not confirmed yet."""
        self.garbage: list[object] = []
        """Put in front of the next updates, once: nothing that a bot could confirm."""
        self.polls: list[list[int]] = []
        """The update ids of each answer to getUpdates that was not empty."""
        self._next_update = 710000001
        self._next_message = 1000
        self._webhook: Json = {"url": ""}
        self._poll: asyncio.Future[None] | None = None
        self._repeats = 0
        self._last_batch: list[Json] = []
        self._failures: dict[str, deque[_Failure]] = {}
        self._drops: dict[tuple[str, object], int] = {}
        self._holds: dict[str, deque[Hold]] = {}

    # What a test does.

    def say(self, text: str, *, sender: int = 821071206, chat: int | None = None, name: str = "Ana") -> int:
        """Somebody writes to the bot. Returns the update's id."""
        return self.push(self.message(text, sender=sender, chat=chat, name=name))

    def message(
        self, text: str, *, sender: int = 821071206, chat: int | None = None, name: str = "Ana"
    ) -> Json:
        """An update as `say` makes it, with an id of its own, not pushed."""
        self._next_update += 1
        self._next_message += 1
        private = chat is None or chat == sender
        where: Json = (
            {"id": sender, "type": "private", "first_name": name}
            if private
            else {"id": chat, "type": "supergroup", "title": "A group"}
        )
        return {
            "update_id": self._next_update,
            "message": {
                "message_id": self._next_message,
                "from": {"id": sender, "is_bot": False, "first_name": name, "language_code": "en"},
                "chat": where,
                "date": int(time.time()),
                "text": text,
            },
        }

    def press(self, sent: Sent, label: str, *, sender: int = 821071206) -> int:
        """Somebody presses a button that is still there. Returns the update's id."""
        self._next_update += 1
        press = {
            "id": str(self._next_update + 4_000_000_000),
            "from": {"id": sender, "is_bot": False, "first_name": "Ana"},
            "message": self._as_message(sent),
            "chat_instance": "1",
            "data": sent.buttons[label],
        }
        return self.push({"update_id": self._next_update, "callback_query": press})

    def push(self, update: Json) -> int:
        """Any update, raw; it gets an id when it has none."""
        if "update_id" not in update:
            self._next_update += 1
            update = {"update_id": self._next_update, **update}
        self.updates.append(update)
        self._wake()
        return int(update["update_id"])

    def fail(
        self,
        method: str,
        status: int = 429,
        description: str = "Too Many Requests: retry after 2",
        *,
        parameters: Json | None = None,
        times: int = 1,
        chat: int | None = None,
    ) -> None:
        """Refuse the next calls, those to one chat only if `chat` is given."""
        if status == 429 and parameters is None:
            parameters = {"retry_after": 2}
        refusal = ApiRefusal(status, description, parameters)
        self._failures.setdefault(method, deque()).append(_Failure(refusal, times, chat))

    def accept_and_drop(self, method: str, times: int = 1, *, chat: int | None = None) -> None:
        """Carry the next calls out, those to one chat only if `chat` is given; close the socket without an answer."""
        self._drops[method, chat] = self._drops.get((method, chat), 0) + times

    def hold(self, method: str, *, after_effect: bool = False) -> Hold:
        """The next call waits: before it is carried out, or after, before it is answered."""
        hold = Hold(after_effect)
        self._holds.setdefault(method, deque()).append(hold)
        return hold

    def ignore_offset(self, times: int = 1) -> None:
        """Answer the next polls with the last batch again, whatever they confirm."""
        self._repeats += times
        self._wake()

    async def post_update(self, url: str, update: Json, secret: str | None) -> int:
        """Deliver by webhook. Returns the status of the answer."""
        headers = {"content-type": "application/json"}
        if secret is not None:
            headers["x-telegram-bot-api-secret-token"] = secret
        status, _ = await fetch("POST", url, body=json.dumps(update).encode(), headers=headers)
        return status

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def texts(self, chat: int | None = None) -> list[str]:
        return [sent.text for sent in self.sent if chat in {None, sent.chat}]

    async def wait_sent(self, count: int, timeout: float = PATIENCE) -> list[Sent]:
        def seen() -> str:
            return f"{len(self.sent)} of {count} messages were sent: {self.texts()}"

        await self.wait_until(lambda: len(self.sent) >= count, seen, timeout)
        return self.sent

    async def wait_calls(self, method: str, count: int = 1, timeout: float = PATIENCE) -> list[Call]:
        def seen() -> str:
            others = sorted({call.method for call in self.calls})
            return f"{len(self.called(method))} of {count} calls of {method}; all methods called: {others}"

        await self.wait_until(lambda: len(self.called(method)) >= count, seen, timeout)
        return self.called(method)

    async def wait_confirmed(self, update_id: int, timeout: float = PATIENCE) -> None:
        """Until a poll has confirmed the update: Telegram will not give it again."""

        def waiting() -> bool:
            return all(update["update_id"] != update_id for update in self.updates)

        await self.wait_until(waiting, lambda: f"update {update_id} is not confirmed", timeout)

    # What the daemon meets.

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        before, _, rest = request.path.partition("/bot")
        token, _, method = rest.partition("/")
        if token != self.token:
            refusal = ApiRefusal(401, "Unauthorized") if ":" in token else ApiRefusal(404, "Not Found")
            return answer.send_json(refusal.status, refusal.body())
        if before == "/file":
            data = self.files.get(method.removeprefix("files/"))
            return answer.send(404 if data is None else 200, data or b"")
        try:
            params = params_of(request)
            self.calls.append(Call(method, params, request.at))
            self.changed()
            result = await self._carry_out(method, params)
        except ApiRefusal as refusal:
            return answer.send_json(refusal.status, refusal.body())
        for drop in ((method, None), (method, params.get("chat_id"))):
            if self._drops.get(drop, 0) > 0:
                self._drops[drop] -= 1
                return answer.drop()
        answer.send_json(200, {"ok": True, "result": result})
        return None

    async def _carry_out(self, method: str, params: Json) -> object:
        hold = self._holds[method].popleft() if self._holds.get(method) else None
        if hold is not None and not hold.after_effect:
            await hold.wait()
        self._refuse_if_scripted(method, params)
        carry_out = getattr(self, f"_api_{method.lower()}", None)
        if carry_out is None:
            raise ApiRefusal(404, "Not Found")
        result = await carry_out(params)
        if hold is not None and hold.after_effect:
            await hold.wait()
        return result

    def _refuse_if_scripted(self, method: str, params: Json) -> None:
        for failure in self._failures.get(method, ()):
            if failure.times > 0 and failure.chat in {None, params.get("chat_id")}:
                failure.times -= 1
                raise failure.refusal

    async def _api_getme(self, params: Json) -> Json:
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": "Claw",
            "username": "claw_test_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    async def _api_getupdates(self, params: Json) -> list[object]:
        if self._webhook["url"]:
            raise ApiRefusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(
                ApiRefusal(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            )
        if self._repeats == 0:
            self._confirm(int(params.get("offset", 0)))
        batch = await self._batch(int(params.get("limit", 100)), float(params.get("timeout", 0)))
        if batch:
            self.polls.append([update["update_id"] for update in batch])
        self._last_batch = batch or self._last_batch
        garbage, self.garbage = (self.garbage, []) if batch else ([], self.garbage)
        return [*garbage, *batch]

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.updates = deque(list(self.updates)[offset:])
        while self.updates and offset > 0 and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        self.changed()

    async def _batch(self, limit: int, timeout: float) -> list[Json]:
        deadline = time.monotonic() + timeout
        while True:
            if self._repeats and self._last_batch:
                self._repeats -= 1
                return self._last_batch
            remaining = deadline - time.monotonic()
            if self.updates or remaining <= 0:
                return list(self.updates)[:limit]
            self._poll = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(remaining):
                    await self._poll
            except TimeoutError:
                return []

    def _wake(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    async def _api_setwebhook(self, params: Json) -> bool:
        url = str(params.get("url", ""))
        if url and not url.startswith("https://"):
            raise ApiRefusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self._webhook = {"url": url}
        return True

    async def _api_deletewebhook(self, params: Json) -> bool:
        self._webhook = {"url": ""}
        return True

    async def _api_getwebhookinfo(self, params: Json) -> Json:
        return {**self._webhook, "has_custom_certificate": False, "pending_update_count": len(self.updates)}

    async def _api_sendmessage(self, params: Json) -> Json:
        chat, text = chat_of(params), seen_text(params)
        sent = Sent(
            chat=chat,
            text=text,
            message_id=self.next_message(),
            at=time.monotonic(),
            parse_mode=params.get("parse_mode"),
            markup=str(params["text"]),
            params=params,
            buttons=buttons_of(params),
        )
        return self.keep_sent(sent)

    def next_message(self) -> int:
        self._next_message += 1
        return self._next_message

    def keep_sent(self, sent: Sent) -> Json:
        self.sent.append(sent)
        self.changed()
        return self._as_message(sent)

    async def _api_editmessagetext(self, params: Json) -> Json:
        chat, message_id = chat_of(params), params.get("message_id")
        text = seen_text(params)
        for sent in self.sent:
            if sent.chat == chat and sent.message_id == message_id:
                buttons = buttons_of(params)
                if (sent.text, sent.buttons) == (text, buttons):
                    raise ApiRefusal(
                        400,
                        "Bad Request: message is not modified: specified new message content and reply markup "
                        "are exactly the same as a current content and reply markup of the message",
                    )
                sent.text, sent.markup, sent.buttons = text, str(params["text"]), buttons
                self.changed()
                return self._as_message(sent)
        raise ApiRefusal(400, "Bad Request: message to edit not found")

    async def _api_deletemessage(self, params: Json) -> bool:
        chat, message_id = chat_of(params), params.get("message_id")
        kept = [sent for sent in self.sent if (sent.chat, sent.message_id) != (chat, message_id)]
        if len(kept) == len(self.sent):
            raise ApiRefusal(400, "Bad Request: message to delete not found")
        self.sent[:] = kept
        self.changed()
        return True

    async def _api_sendchataction(self, params: Json) -> bool:
        chat_of(params)
        return True

    async def _api_answercallbackquery(self, params: Json) -> bool:
        if not str(params.get("callback_query_id", "")):
            raise ApiRefusal(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        return True

    async def _api_setmessagereaction(self, params: Json) -> bool:
        chat_of(params)
        return True

    async def _api_setmycommands(self, params: Json) -> bool:
        return True

    def _as_message(self, sent: Sent) -> Json:
        return {
            "message_id": sent.message_id,
            "from": {"id": self.bot_id, "is_bot": True, "first_name": "Claw", "username": "claw_test_bot"},
            "chat": {
                "id": sent.chat,
                "type": "private" if sent.chat > 0 else "supergroup",
                "first_name": "Ana",
            },
            "date": int(time.time()),
            "text": sent.text,
        }
