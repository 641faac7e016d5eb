"""Twilio's REST API as far as it is used here."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from openclaw.channels.twilio.problems import UnreachableError
from openclaw.channels.twilio.registration import look_up
from openclaw.channels.twilio.signature import Credentials
from openclaw.types.dealings import Registration

T = TypeVar("T")
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Text:
    """One message as Twilio keeps it. Times in milliseconds since 1970."""

    sid: str
    direction: str
    """`inbound`, `outbound-api`, `outbound-reply`, `outbound-call`."""
    from_number: str
    to_number: str
    body: str
    status: str
    at: int
    segments: int
    media: int
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class PlacedCall:
    sid: str
    direction: str
    """`inbound`, `outbound-api`, `outbound-dial`."""
    at: int
    """In milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the account, and where Twilio posts what comes to it."""

    number: str
    sid: str
    sms_url: str
    voice_url: str
    status_callback: str
    sms_fallback_url: str = ""
    voice_fallback_url: str = ""
    sms_method: str = ""
    voice_method: str = ""
    sms_application: str = ""
    """A TwiML application that is asked instead of the address; as below."""
    voice_application: str = ""


class TwilioRest:
    """Raises RefusalError and UnreachableError. Open it by `open_rest`, in a running loop."""

    def __init__(self, credentials: Credentials, client: Any, wire: Any, timeout_seconds: float) -> None:
        self.account_sid = credentials.account_sid
        self._client = client
        self._wire = wire
        self._seconds = timeout_seconds

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def send_text(
        self, *, to: str, body: str, sender: str, callback: str | None = None, **more: Any
    ) -> Text:
        """`sender` is a number, or `MG…`: a messaging service, which picks the number."""
        fields: dict[str, Any] = {"to": to, "body": body, **more}
        fields["messaging_service_sid" if sender.startswith("MG") else "from_"] = sender
        if callback is not None:
            fields["status_callback"] = callback
        return _text(await self._within(self._client.messages.create_async(**fields)))

    async def texts(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        since_ms: int | None = None,
        limit: int = _PAGE,
    ) -> Sequence[Text]:
        """The newest first. Twilio compares whole days of UTC where it compares dates by less than a second."""
        wanted: dict[str, Any] = {"limit": limit, "page_size": min(limit, _PAGE)}
        if to is not None:
            wanted["to"] = to
        if sender is not None and not sender.startswith("MG"):
            wanted["from_"] = sender
        if since_ms is not None:
            wanted["date_sent_after"] = datetime.fromtimestamp(since_ms / 1000, UTC)
        return [_text(found) for found in await self._within(self._client.messages.list_async(**wanted))]

    async def text(self, sid: str) -> Text:
        return _text(await self._within(self._client.messages(sid).fetch_async()))

    async def media_of(self, sid: str) -> Sequence[tuple[str, str]]:
        """URL and content type of what is attached to a text."""
        found = await self._within(self._client.messages(sid).media.list_async(limit=10))
        return [(str(each.uri).removesuffix(".json"), str(each.content_type)) for each in found]

    async def place_call(self, **fields: Any) -> str:
        """The arguments are the package's: `to`, `from_`, `twiml` or `url`, `status_callback` … Returns the CallSid."""
        return str((await self._within(self._client.calls.create_async(**fields))).sid)

    async def calls(self, *, to: str, sender: str, limit: int = 20) -> Sequence[PlacedCall]:
        """The newest first. Without a date: Twilio compares that of a call's start, and a queued one has none."""
        found = await self._within(self._client.calls.list_async(to=to, from_=sender, limit=limit))
        return [
            PlacedCall(
                str(each.sid), str(_value(each.direction)), round(each.date_created.timestamp() * 1000)
            )
            for each in found
            if each.date_created is not None
        ]

    async def record_call(self, sid: str, callback: str) -> None:
        """From now on, both voices on one track; `callback` hears when the recording is there."""
        recordings = self._client.calls(sid).recordings
        await self._within(recordings.create_async(recording_status_callback=callback))

    async def call_status(self, sid: str) -> str:
        return str((await self._within(self._client.calls(sid).fetch_async())).status)

    async def numbers(self) -> Sequence[Number]:
        found = await self._within(self._client.incoming_phone_numbers.list_async(limit=1000))
        return [
            Number(
                each.phone_number,
                each.sid,
                each.sms_url or "",
                each.voice_url or "",
                each.status_callback or "",
                each.sms_fallback_url or "",
                each.voice_fallback_url or "",
                each.sms_method or "",
                each.voice_method or "",
                each.sms_application_sid or "",
                each.voice_application_sid or "",
            )
            for each in found
        ]

    async def registration(self, number: str, service: str | None) -> Registration:
        """How a number of ours stands with the US carriers."""
        return await look_up(self._client, self._within, number, service)

    async def _within(self, call: Awaitable[T]) -> T:
        try:
            with anyio.fail_after(self._seconds):
                return await call
        except TimeoutError:
            raise UnreachableError(f"no answer within {self._seconds:g} s", sent=True) from None


async def open_rest(credentials: Credentials, api_root: str, timeout_seconds: float) -> TwilioRest:
    return await anyio.to_thread.run_sync(_open, credentials, api_root, timeout_seconds)


def _open(credentials: Credentials, api_root: str, timeout_seconds: float) -> TwilioRest:
    """In a thread: loading the package and the TLS certificates takes a quarter of a second."""
    from twilio.rest import Client

    from openclaw.channels.twilio.wire import Wire

    wire = Wire(api_root, timeout_seconds)
    client = Client(
        credentials.account_sid,
        credentials.auth_token.reveal(),
        http_client=wire,
        environment={"TWILIO_REGION": ""},  # else the process's own variables could send us elsewhere
    )
    return TwilioRest(credentials, client, wire, timeout_seconds)


def _text(found: Any) -> Text:
    made = found.date_sent or found.date_created
    return Text(
        str(found.sid),
        str(_value(found.direction)),
        str(found.from_ or ""),
        str(found.to or ""),
        str(found.body or ""),
        str(_value(found.status)),
        round(made.timestamp() * 1000) if made is not None else 0,
        _whole(found.num_segments),
        _whole(found.num_media),
        found.error_code,
    )


def _value(field: Any) -> Any:
    return getattr(field, "value", field)


def _whole(text: object) -> int:
    return int(text) if isinstance(text, int) or (isinstance(text, str) and text.isdecimal()) else 0
