"""Meta's Graph API and webhooks as the daemon meets them: messages, files, read marks, statuses, signatures."""

import hashlib
import hmac
import json
import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest, fetch

Json = dict[str, Any]
ANA = "12015550123"
BSUID = "US.13491208655302741918"


@dataclass(slots=True)
class WhatsAppSent:
    """One message of ours that Meta has taken."""

    id: str
    to: str
    """A number, or the user id of somebody who hides theirs."""
    text: str
    body: Json
    at: float

    @property
    def buttons(self) -> dict[str, str]:
        """Titles and the ids that a press gives back."""
        shown = self.body.get("interactive", {}).get("action", {}).get("buttons", [])
        return {button["reply"]["title"]: button["reply"]["id"] for button in shown}


@dataclass(slots=True)
class _Failure:
    status: int
    body: bytes
    times: int
    headers: dict[str, str] = field(default_factory=dict)


class FakeWhatsApp(FakeServer):
    token = "EAAG-t0kenTh4tM0stN0tB3InAnyL0g0"
    app_secret = "app-secret-123-of-32-characters!"
    verify_token = "a-verify-token-of-32-characters!"
    phone_number_id = "106540352242922"
    number = "19497798471"
    version = "v26.0"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[HttpRequest] = []
        self.sent: list[WhatsAppSent] = []
        self.marks: list[Json] = []
        """Read marks, with and without the typing indicator."""
        self.files: dict[str, tuple[bytes, str]] = {}
        """By id: content and type."""
        self.uploads: dict[str, tuple[bytes, str]] = {}
        self.lies_about_hashes = False
        self._failures: dict[str, deque[_Failure]] = {}
        self._holds: deque[Hold] = deque()
        self._drops = 0
        self._count = 0

    # What a test does.

    def config(self, **more: object) -> Json:
        """`channels.whatsapp` for a daemon."""
        return {
            "apiRoot": self.url,
            "accessToken": self.token,
            "phoneNumberId": self.phone_number_id,
            "appSecret": self.app_secret,
            "verifyToken": self.verify_token,
            **more,
        }

    def new_id(self) -> str:
        self._count += 1
        return f"wamid.HBgLMTIwMTU1NTAxMjMVAgASGBQ{self._count:04d}"

    def message(
        self, kind: str = "text", content: object = None, *, sender: str = ANA, **more: object
    ) -> Json:
        """One message as it stands in a body; `content` is what stands under its kind."""
        return {
            "from": sender,
            "id": self.new_id(),
            "timestamp": str(int(time.time())),
            "type": kind,
            kind: {"body": content} if kind == "text" else content,
            **more,
        }

    def body(
        self,
        messages: Sequence[Json] = (),
        statuses: Sequence[Json] = (),
        *,
        name: str = "Ana",
        number: str = "",
    ) -> Json:
        """A body with these; with the contact of whoever wrote the first message."""
        value: Json = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": self.number,
                "phone_number_id": number or self.phone_number_id,
            },
        }
        if messages:
            first = messages[0]
            contact: Json = {"profile": {"name": name}}
            contact |= {"wa_id": first["from"]} if "from" in first else {}
            contact |= {"user_id": first["from_user_id"]} if "from_user_id" in first else {}
            value |= {"contacts": [contact], "messages": list(messages)}
        if statuses:
            value["statuses"] = list(statuses)
        change = {"field": "messages", "value": value}
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": "102290129340398", "changes": [change]}],
        }

    async def say(self, url: str, text: str, *, sender: str = ANA, name: str = "Ana", **more: object) -> int:
        """Somebody writes to our number. Returns the status of the answer."""
        return await self.post(url, self.body([self.message("text", text, sender=sender, **more)], name=name))

    async def press(
        self, url: str, sent: WhatsAppSent, title: str, *, sender: str = ANA, **more: object
    ) -> int:
        reply = {"type": "button_reply", "button_reply": {"id": sent.buttons[title], "title": title}}
        context = {"from": self.number, "id": sent.id}
        pressed = self.message("interactive", reply, sender=sender, context=context, **more)
        return await self.post(url, self.body([pressed]))

    async def tell(self, url: str, sent: WhatsAppSent, status: str, *, code: int | None = None) -> int:
        """What became of a message."""
        told = {
            "id": sent.id,
            "status": status,
            "timestamp": str(int(time.time())),
            "recipient_id": sent.to.removeprefix("+"),
        }
        if "biz_opaque_callback_data" in sent.body:
            told["biz_opaque_callback_data"] = sent.body["biz_opaque_callback_data"]
        if code is not None:
            told["errors"] = [{"code": code, "title": "Undelivered", "message": "Undelivered"}]  # type: ignore[assignment]
        return await self.post(url, self.body(statuses=[told]))

    async def post(self, url: str, body: Json | bytes, *, signature: str | None = None) -> int:
        """Signed as Meta does it, unless another signature is given; an empty one is left out."""
        raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        shown = self.sign(raw) if signature is None else signature
        headers = {"content-type": "application/json", **({"x-hub-signature-256": shown} if shown else {})}
        status, _ = await fetch("POST", url, body=raw, headers=headers)
        return status

    def sign(self, raw: bytes) -> str:
        return "sha256=" + hmac.new(self.app_secret.encode(), raw, hashlib.sha256).hexdigest()

    async def set_up(
        self, url: str, *, token: str | None = None, challenge: str = "1158201444"
    ) -> tuple[int, bytes]:
        """The GET by which Meta makes sure that the address is ours."""
        asked = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self.verify_token if token is None else token,
        }
        return await fetch("GET", f"{url}?{urlencode(asked)}")

    def fail(
        self, code: int, status: int = 400, *, what: str = "messages", times: int = 1, **headers: str
    ) -> None:
        """Refuse the next requests of a kind: messages, marks, media, number."""
        error = {
            "message": f"(#{code}) Refused",
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "Az8or2yhqkZ",
        }
        self.fail_with(status, json.dumps({"error": error}).encode(), what=what, times=times, **headers)

    def fail_with(
        self, status: int, body: bytes, *, what: str = "messages", times: int = 1, **headers: str
    ) -> None:
        self._failures.setdefault(what, deque()).append(_Failure(status, body, times, headers))

    def accept_and_drop(self, times: int = 1) -> None:
        """Take the next messages, then close the socket without an answer."""
        self._drops += times

    def hold(self) -> Hold:
        """The next message waits before it is taken."""
        hold = Hold()
        self._holds.append(hold)
        return hold

    def texts(self, to: str | None = None) -> list[str]:
        return [sent.text for sent in self.sent if to in {None, sent.to}]

    async def wait_sent(self, count: int, timeout: float = PATIENCE) -> list[WhatsAppSent]:
        def seen() -> str:
            return f"{len(self.sent)} of {count} messages were sent: {self.texts()}"

        await self.wait_until(lambda: len(self.sent) >= count, seen, timeout)
        return self.sent

    async def wait_marks(self, count: int, timeout: float = PATIENCE) -> list[Json]:
        await self.wait_until(lambda: len(self.marks) >= count, lambda: f"{self.marks}", timeout)
        return self.marks

    # What the daemon meets.

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.requests.append(request)
        self.changed()
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self._refuse(answer, 401, 190, "Error validating access token")
        if found := re.fullmatch(r"/files/(\w+)", request.path):
            return answer.send(200, *self._file(found[1]))
        path = request.path.removeprefix(f"/{self.version}/")
        proof = hmac.new(self.app_secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()
        if request.query.get("appsecret_proof", proof) != proof:
            return self._refuse(answer, 400, 100, "Invalid appsecret_proof provided in the API argument")
        match request.method, path:
            case "POST", _ if path == f"{self.phone_number_id}/messages":
                return await self._message(json.loads(request.body), answer)
            case "POST", _ if path == f"{self.phone_number_id}/media":
                return self._upload(request, answer)
            case "GET", self.phone_number_id:
                if not self._failed("number", answer):
                    answer.send_json(200, {"display_phone_number": "+1 949-779-8471", "id": path})
                return None
            case "GET", _ if path in self.files:
                return self._where(path, answer)
            case _:
                return self._refuse(answer, 404, 100, "Unsupported request", subcode=33)

    async def _message(self, body: Json, answer: Answer) -> None:
        if body.get("status") == "read":
            if not self._failed("marks", answer):
                self.marks.append(body)
                self.changed()
                answer.send_json(200, {"success": True})
            return
        if self._holds:
            await self._holds.popleft().wait()
        if self._failed("messages", answer):
            return
        if problem := _problem(body) or self._problem_of_file(body):
            self._refuse(answer, 400, 100, problem)
            return
        to = str(body.get("to") or body.get("recipient"))
        sent = WhatsAppSent(self.new_id(), to, _text(body), body, time.monotonic())
        self.sent.append(sent)
        self.changed()
        if self._drops:
            self._drops -= 1
            answer.drop()
            return
        answer.send_json(
            200,
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to.removeprefix("+")}],
                "messages": [{"id": sent.id}],
            },
        )

    def _problem_of_file(self, body: Json) -> str:
        shown = body.get(body["type"], {})
        if body["type"] not in {"image", "audio", "video", "document", "sticker"}:
            return ""
        if shown.get("id") not in self.uploads:
            return "(#131009) Parameter value is not valid: media id"
        if len(shown.get("caption", "")) > (0 if body["type"] in {"audio", "sticker"} else 1024):
            return "(#131009) Parameter value is not valid: caption"
        return ""

    def _upload(self, request: HttpRequest, answer: Answer) -> None:
        if self._failed("media", answer):
            return
        found = re.search(
            rb'name="file"; filename="[^"]*"\r\nContent-Type: ([^\r]+)\r\n\r\n(.*?)\r\n--',
            request.body,
            re.DOTALL,
        )
        if found is None or b'name="messaging_product"\r\n\r\nwhatsapp' not in request.body:
            self._refuse(answer, 400, 100, "(#100) The parameter file is required")
            return
        media_id = str(9_100 + len(self.uploads))
        self.uploads[media_id] = found[2], found[1].decode()
        answer.send_json(200, {"id": media_id})

    def _where(self, media_id: str, answer: Answer) -> None:
        if self._failed("media", answer):
            return
        content, mime_type = self.files[media_id]
        digest = "0" * 64 if self.lies_about_hashes else hashlib.sha256(content).hexdigest()
        answer.send_json(
            200,
            {
                "url": f"{self.url}/files/{media_id}",
                "mime_type": mime_type,
                "sha256": digest,
                "file_size": len(content),
                "id": media_id,
                "messaging_product": "whatsapp",
            },
        )

    def _file(self, media_id: str) -> tuple[bytes, dict[str, str]]:
        content, mime_type = self.files[media_id]
        return content, {"content-type": mime_type}

    def _failed(self, what: str, answer: Answer) -> bool:
        for failure in self._failures.get(what, ()):
            if failure.times > 0:
                failure.times -= 1
                answer.send(
                    failure.status, failure.body, {"content-type": "application/json", **failure.headers}
                )
                return True
        return False

    def _refuse(
        self, answer: Answer, status: int, code: int, message: str, *, subcode: int | None = None
    ) -> None:
        error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhqkZ"}
        answer.send_json(status, {"error": error | ({"error_subcode": subcode} if subcode else {})})


def _text(body: Json) -> str:
    match body["type"]:
        case "text":
            return str(body["text"]["body"])
        case "interactive":
            return str(body["interactive"]["body"]["text"])
        case "template":
            return str(body["template"]["components"][0]["parameters"][0]["text"])
        case kind:
            return str(body[kind].get("caption", ""))


def _problem(body: Json) -> str:
    """What the API would not take."""
    if body.get("messaging_product") != "whatsapp" or not (body.get("to") or body.get("recipient")):
        return "(#100) The parameter messaging_product and a recipient are required"
    if "type" not in body or body["type"] not in body:
        return "(#100) The parameter type is required"
    if body["type"] == "text" and not 0 < len(_text(body)) <= 4096:
        return "(#100) Param text['body'] must be at most 4096 characters long"
    if body["type"] == "interactive":
        buttons = body["interactive"]["action"]["buttons"]
        if not 1 <= len(buttons) <= 3 or len(_text(body)) > 1024:
            return "(#131009) Parameter value is not valid"
        if any(not 1 <= len(button["reply"]["title"]) <= 20 for button in buttons):
            return "(#131009) Button title length invalid. Min length: 1, Max length: 20"
    if body["type"] == "template" and re.search(r"[\n\t]| {5}", _text(body)):
        return "(#132018) Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
    return ""
