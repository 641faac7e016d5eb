"""Twilio as the daemon meets it: its REST API, what it keeps, and webhooks signed by its own package."""

import time
from base64 import b64decode
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator

from tests.fake.http import PATIENCE, Answer, FakeServer, Hold, HttpRequest, fetch

Json = dict[str, Any]
Fields = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(slots=True)
class TwilioText:
    """A message as Twilio keeps it."""

    sid: str
    direction: str
    sender: str
    to: str
    body: str
    status: str
    at: datetime
    params: dict[str, list[str]] = field(default_factory=dict)
    media: list[tuple[str, str]] = field(default_factory=list)
    """Sid and content type of what is attached."""
    arrived: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class TwilioCall:
    sid: str
    sender: str
    to: str
    params: dict[str, list[str]]
    status: str = "queued"
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class _Failure:
    status: int
    code: int
    said: str
    times: int
    headers: Mapping[str, str]


class FakeTwilio(FakeServer):
    account_sid = "AC" + "0123456789abcdef" * 2
    token = "1c892n40nd03kdnc0112slzkl3091j20"
    number = "+12015550199"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str]] = []
        """Method and path of everything that was asked for."""
        self.texts: list[TwilioText] = []
        """All messages, in and out, in the order in which Twilio got them."""
        self.calls: list[TwilioCall] = []
        self.recording: list[tuple[str, dict[str, list[str]]]] = []
        """CallSid and parameters of each call that was to be recorded."""
        self.numbers: list[Json] = [{"phone_number": self.number, "sid": "PN" + "1" * 32, "sms_url": ""}]
        self.files: dict[str, tuple[str, bytes]] = {}
        """Path → content type and content, of media and recordings."""
        self.without_login: list[str] = []
        """Paths that were asked for without credentials."""
        self.redirects: dict[str, str] = {}
        """Path → where a file really is."""
        self.list_failures = 0
        """So many of the next lists of messages or calls are answered by 503."""
        self._failures: deque[_Failure] = deque()
        self._drops = 0
        self._holds: deque[Hold] = deque()
        self._next = 0

    # What a test does.

    @property
    def sent(self) -> list[TwilioText]:
        return [text for text in self.texts if text.direction == "outbound-api"]

    def bodies(self) -> list[str]:
        return [text.body for text in self.sent]

    def fail(
        self,
        status: int,
        code: int = 0,
        said: str = "",
        *,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse the next requests that would send or place something. Code 0: an answer that is no JSON."""
        self._failures.append(_Failure(status, code, said, times, headers or {}))

    def accept_and_drop(self, times: int = 1) -> None:
        """Take the next messages, then close the socket without an answer."""
        self._drops += times

    def hold(self, *, after_effect: bool = False) -> Hold:
        """The next message waits: before it is taken, or after, before it is answered."""
        hold = Hold(after_effect)
        self._holds.append(hold)
        return hold

    def missed(self, body: str, *, sender: str, to: str = "", at: datetime | None = None) -> TwilioText:
        """Somebody has texted us, and no webhook tells of it."""
        text = TwilioText(
            self._sid("SM"), "inbound", sender, to or self.number, body, "received", at or datetime.now(UTC)
        )
        self.texts.append(text)
        return text

    def attach(self, text: TwilioText, content_type: str, content: bytes) -> str:
        """The path of a file that comes with a message."""
        sid = self._sid("ME")
        text.media.append((sid, content_type))
        path = f"{self._home}/Messages/{text.sid}/Media/{sid}"
        self.files[path] = (content_type, content)
        return path

    def inbound(self, body: str, *, sender: str, to: str = "", sid: str = "", **more: str) -> dict[str, str]:
        """The form of a message to us, as Twilio posts it."""
        sid = sid or self._sid("SM")
        return {
            "ToCountry": "US", "ToState": "NJ", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "",
            "FromZip": "", "SmsSid": sid, "FromState": "NJ", "SmsStatus": "received", "FromCity": "",
            "Body": body, "FromCountry": "US", "To": to or self.number, "ToZip": "", "NumSegments": "1",
            "MessageSid": sid, "AccountSid": self.account_sid, "From": sender, "ApiVersion": "2010-04-01", **more,
        }  # fmt: skip

    def status_of(self, text: TwilioText, status: str, error_code: int | None = None) -> dict[str, str]:
        """The form of a status callback."""
        form = {
            "SmsSid": text.sid, "SmsStatus": status, "MessageStatus": status, "To": text.to,
            "MessageSid": text.sid, "AccountSid": self.account_sid, "From": text.sender, "ApiVersion": "2010-04-01",
        }  # fmt: skip
        return form if error_code is None else {**form, "ErrorCode": str(error_code)}

    def call(self, *, sender: str, sid: str = "", status: str = "ringing", **more: str) -> dict[str, str]:
        """The form of a call to us, or with `Direction` of one of ours."""
        return {
            "AccountSid": self.account_sid, "ApiVersion": "2010-04-01", "CallSid": sid or self._sid("CA"),
            "CallStatus": status, "Called": self.number, "CalledCity": "", "CalledState": "NJ", "Caller": sender,
            "Direction": "inbound", "From": sender, "FromCity": "", "StirVerstat": "TN-Validation-Passed-A",
            "To": self.number, **more,
        }  # fmt: skip

    def recorded(self, call: str, content: bytes, sid: str = "") -> tuple[str, str]:
        """A recording that can be fetched; its sid and path."""
        sid = sid or self._sid("RE")
        path = f"{self._home}/Recordings/{sid}.mp3"
        self.files[path] = ("audio/mpeg", content)
        return sid, path

    def signature(self, url: str, form: Fields) -> str:
        validator = RequestValidator(self.token)
        return str(validator.compute_signature(url, _Form(form)))

    async def post(
        self,
        local: str,
        form: Fields,
        *,
        public: str,
        signature: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Post to `local` what is signed for `public`. Returns status and body of the answer."""
        shown = self.signature(public, form) if signature is None else signature
        pairs = list(form.items()) if isinstance(form, Mapping) else list(form)
        return await fetch(
            "POST",
            local,
            body=urlencode(pairs).encode(),
            headers={
                "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
                "x-twilio-signature": shown,
                **(headers or {}),
            },
        )

    async def wait_sent(self, count: int, timeout: float = PATIENCE) -> list[TwilioText]:
        def seen() -> str:
            return f"{len(self.sent)} of {count} texts were sent: {self.bodies()}"

        await self.wait_until(lambda: len(self.sent) >= count, seen, timeout)
        return self.sent

    async def wait_requests(self, count: int, timeout: float = PATIENCE) -> list[tuple[str, str]]:
        def seen() -> str:
            return f"{len(self.requests)} of {count} requests came: {self.requests}"

        await self.wait_until(lambda: len(self.requests) >= count, seen, timeout)
        return self.requests

    async def wait_calls(self, count: int, timeout: float = PATIENCE) -> list[TwilioCall]:
        def seen() -> str:
            return f"{len(self.calls)} of {count} calls were placed: {self.calls}"

        await self.wait_until(lambda: len(self.calls) >= count, seen, timeout)
        return self.calls

    # What the daemon meets.

    @property
    def _home(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}"

    def _sid(self, kind: str) -> str:
        self._next += 1
        return f"{kind}{self._next:032x}"

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        self.requests.append((request.method, request.path))
        self.changed()
        if not self._knows(request):
            self.without_login.append(request.path)
            if request.path not in self.redirects.values():
                return _refuse(answer, 401, 20003, "Authenticate")
        if request.path in self.redirects:
            return answer.send(307, b"", {"location": self.url + self.redirects[request.path]})
        if request.path in self.files:
            kind, content = self.files[request.path]
            return answer.send(200, content, {"content-type": kind})
        resource = request.path.removeprefix(self._home)
        if resource == request.path:
            return _refuse(answer, 404, 20404, f"The requested resource {request.path} was not found")
        if request.method == "POST":
            return await self._post(resource, request, answer)
        return self._get(resource, request, answer)

    def _knows(self, request: HttpRequest) -> bool:
        _, _, encoded = request.headers.get("authorization", "").partition(" ")
        return b64decode(encoded) == f"{self.account_sid}:{self.token}".encode()

    async def _post(self, resource: str, request: HttpRequest, answer: Answer) -> None:
        hold = self._holds.popleft() if self._holds else None
        if hold is not None and not hold.after_effect:
            await hold.wait()
        if (failure := self._failing()) is not None:
            return _refuse(answer, failure.status, failure.code, failure.said, failure.headers)
        params = _params(request.body)
        made = self._made(resource, params)
        if made is None:
            return _refuse(answer, 404, 20404, "The requested resource was not found")
        self.changed()
        if hold is not None:
            await hold.wait()
        if self._drops:
            self._drops -= 1
            return answer.drop()
        answer.send_json(201, made)
        return None

    def _failing(self) -> _Failure | None:
        if not self._failures:
            return None
        self._failures[0].times -= 1
        return self._failures.popleft() if self._failures[0].times <= 0 else self._failures[0]

    def _made(self, resource: str, params: dict[str, list[str]]) -> Json | None:
        def one(name: str) -> str:
            return params.get(name, [""])[0]

        if resource == "/Messages.json":
            sender = one("From") or self.number
            text = TwilioText(
                self._sid("SM"),
                "outbound-api",
                sender,
                one("To"),
                one("Body"),
                "queued",
                datetime.now(UTC),
                params,
            )
            self.texts.append(text)
            return self._shown(text)
        if resource == "/Calls.json":
            call = TwilioCall(self._sid("CA"), one("From"), one("To"), params)
            self.calls.append(call)
            return {"sid": call.sid, "status": call.status, "from": call.sender, "to": call.to}
        kind, _, rest = resource.removeprefix("/").partition("/")
        if kind == "Calls" and rest.endswith("/Recordings.json"):
            self.recording.append((rest.partition("/")[0], params))
            return {"sid": self._sid("RE"), "status": "in-progress"}
        return None

    def _get(self, resource: str, request: HttpRequest, answer: Answer) -> None:
        if resource in {"/Messages.json", "/Calls.json"} and self.list_failures:
            self.list_failures -= 1
            return _refuse(answer, 503, 20503, "Service Unavailable")
        if resource == "/Messages.json":
            return answer.send_json(200, self._list(request.query))
        if resource == "/Calls.json":
            return answer.send_json(200, {"calls": self._placed(request.query), "next_page_uri": None})
        if resource == "/IncomingPhoneNumbers.json":
            return answer.send_json(200, {"incoming_phone_numbers": self.numbers, "next_page_uri": None})
        for text in self.texts:
            if resource == f"/Messages/{text.sid}.json":
                return answer.send_json(200, self._shown(text))
            if resource == f"/Messages/{text.sid}/Media.json":
                home = f"{self._home}/Messages/{text.sid}/Media"
                media = [
                    {"sid": sid, "content_type": kind, "uri": f"{home}/{sid}.json"}
                    for sid, kind in text.media
                ]
                return answer.send_json(200, {"media_list": media, "next_page_uri": None})
        return _refuse(answer, 404, 20404, f"The requested resource {request.path} was not found")

    def _list(self, query: Mapping[str, str]) -> Json:
        """The newest first, a page at a time."""
        found = [
            text
            for text in reversed(self.texts)
            if query.get("To", text.to) == text.to
            and query.get("From", text.sender) == text.sender
            and text.at >= datetime.fromisoformat(query.get("DateSent>", "2000-01-01T00:00:00+00:00"))
        ]
        page, size = int(query.get("Page", 0)), int(query.get("PageSize", 50))
        more = len(found) > (page + 1) * size
        following = urlencode({**query, "Page": page + 1})
        return {
            "messages": [self._shown(text) for text in found[page * size : (page + 1) * size]],
            "next_page_uri": f"{self._home}/Messages.json?{following}" if more else None,
        }

    def _placed(self, query: Mapping[str, str]) -> list[Json]:
        return [
            {
                "sid": call.sid, "status": call.status, "from": call.sender, "to": call.to,
                "direction": "outbound-api", "date_created": format_datetime(call.at),
            }
            for call in reversed(self.calls)
            if query.get("To", call.to) == call.to and query.get("From", call.sender) == call.sender
        ]  # fmt: skip

    def _shown(self, text: TwilioText) -> Json:
        return {
            "sid": text.sid,
            "direction": text.direction,
            "from": text.sender,
            "to": text.to,
            "body": text.body,
            "status": text.status,
            "date_created": format_datetime(text.at),
            "date_sent": format_datetime(text.at) if text.direction == "inbound" else None,
            "num_segments": "1",
            "num_media": str(len(text.media)),
            "error_code": None,
            "account_sid": self.account_sid,
        }


class _Form(dict[str, str]):
    """What the package's validator wants where a name comes twice."""

    def __init__(self, form: Fields) -> None:
        self._pairs = list(form.items()) if isinstance(form, Mapping) else list(form)
        super().__init__(self._pairs)

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]


def _params(body: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _refuse(
    answer: Answer, status: int, code: int, said: str, headers: Mapping[str, str] | None = None
) -> None:
    if not code:
        return answer.send(status, said.encode(), headers)
    more = f"https://www.twilio.com/docs/errors/{code}"
    return answer.send_json(
        status, {"code": code, "message": said, "more_info": more, "status": status}, headers
    )
