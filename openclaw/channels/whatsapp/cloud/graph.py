"""Meta's Graph API as far as it is used here. Raises RefusalError and UnreachableError; none holds the token."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from openclaw.channels.whatsapp.cloud.faults import RefusalError, UnreachableError
from openclaw.channels.whatsapp.cloud.parse import error_text
from openclaw.channels.whatsapp.config import WhatsAppAccount
from openclaw.types.errors import FetchError
from openclaw.types.secrets import Secret

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 10.0
_AGENT = "openclaw"
"""Meta's file servers answer nobody without a name."""
_META_HOSTS = (".facebook.com", ".fbsbx.com", ".fbcdn.net", ".whatsapp.net")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Access:
    token: Secret
    app_secret: Secret | None = None
    """With it every request proves that it comes from the app itself."""

    def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self.token.reveal()}", "user-agent": _AGENT}

    def proof(self) -> Mapping[str, str]:
        if not self.app_secret:
            return {}
        key, token = self.app_secret.reveal().encode(), self.token.reveal().encode()
        return {"appsecret_proof": hmac.new(key, token, hashlib.sha256).hexdigest()}


class Graph:
    """Of one number. Open it in a thread: loading httpx and the TLS certificates takes its time."""

    def __init__(self, access: Access, account: WhatsAppAccount) -> None:
        import httpx

        seconds = account.timeout_seconds
        limits = httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
        self._client = httpx.AsyncClient(timeout=limits, follow_redirects=False)
        self._access = access
        self._root = f"{account.graph_root}/{account.graph_version}"
        self._number = account.phone_number_id or ""

    async def aclose(self) -> None:
        await self._client.aclose()

    async def own_number(self) -> str:
        """As people dial it."""
        found = await self._asked(
            "GET", f"/{self._number}", params={"fields": "display_phone_number,verified_name"}
        )
        return str(found.get("display_phone_number") or "")

    async def send(self, message: Json) -> str:
        """Returns the message's id; empty when Meta has taken it and does not say which it is."""
        answer = await self._asked("POST", f"/{self._number}/messages", json=message)
        messages = answer.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        found = first.get("id") if isinstance(first, dict) else None
        return found if isinstance(found, str) else ""

    async def mark_read(self, message_id: str, *, typing: bool) -> None:
        mark: Json = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        if typing:
            mark["typing_indicator"] = {"type": "text"}
        await self._asked("POST", f"/{self._number}/messages", json=mark)

    async def upload(self, content: bytes, mime_type: str, name: str) -> str:
        """Returns the id by which a message can show the file."""
        answer = await self._asked(
            "POST",
            f"/{self._number}/media",
            data={"messaging_product": "whatsapp", "type": mime_type},
            files={"file": (name, content, mime_type)},
        )
        found = answer.get("id")
        if not isinstance(found, str) or not found:
            raise RefusalError(502, None, "an upload was answered without an id")
        return found

    async def fetch(self, media_id: str, limit: int) -> bytes:
        """A file's content, checked. Raises FetchError where it cannot be had at all."""
        told = await self._asked(
            "GET", f"/{quote(media_id, safe='')}", params={"phone_number_id": self._number}
        )
        size, url = told.get("file_size"), told.get("url")
        if isinstance(size, int) and size > limit:
            raise FetchError(f"it has {size:,} bytes, and mediaMaxMb takes {limit:,}")
        if not isinstance(url, str):
            raise FetchError("WhatsApp does not say where it is")
        content = await self._download(url, limit)
        hashed = told.get("sha256")
        if isinstance(hashed, str) and hashed and not matches(content, hashed):
            raise FetchError("it is not what its sender sent: its SHA-256 is another one")
        return content

    async def _download(self, url: str, limit: int) -> bytes:
        if not self._is_meta(url):
            raise FetchError("WhatsApp names a place that is not its own")
        content = bytearray()
        # The address holds for five minutes and, like the API, wants the token.
        async with self._answered("GET", url, headers=self._access.headers()) as answer:
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > limit:
                    raise FetchError(f"it is larger than mediaMaxMb takes ({limit:,} bytes)")
        return bytes(content)

    def _is_meta(self, url: str) -> bool:
        """The token goes to Meta alone, or to where the owner has pointed the API."""
        parts, own = urlsplit(url), urlsplit(self._root)
        if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return True
        host = parts.hostname or ""
        return parts.scheme == "https" and parts.port in {None, 443} and host.endswith(_META_HOSTS)

    async def _asked(self, method: str, path: str, **content: Any) -> Json:
        params = {**content.pop("params", {}), **self._access.proof()}
        asked = {"params": params or None, "headers": self._access.headers(), **content}
        async with self._answered(method, self._root + path, **asked) as answer:
            return _object(await answer.aread())

    @asynccontextmanager
    async def _answered(self, method: str, url: str, **content: Any) -> "AsyncIterator[httpx.Response]":
        import httpx

        unsent = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.ProxyError,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
        )
        try:
            async with self._client.stream(method, url, **content) as answer:
                if answer.status_code >= httpx.codes.MULTIPLE_CHOICES:
                    await answer.aread()
                    raise _refusal(answer)
                yield answer
        except unsent as error:
            raise UnreachableError(_named(error), sent=False) from error
        except httpx.HTTPError as error:
            raise UnreachableError(_named(error), sent=method != "GET") from error


def matches(content: bytes, hashed: str) -> bool:
    """WhatsApp writes hashes in base64 in one place and in hexadecimal digits in the other."""
    digest = hashlib.sha256(content).digest()
    if hashed.lower() == digest.hex():
        return True
    try:
        return base64.b64decode(hashed, validate=True) == digest
    except (binascii.Error, ValueError):
        return False


def _refusal(answer: "httpx.Response") -> RefusalError:
    error = _object(answer.content).get("error")
    told = error if isinstance(error, dict) else {}
    code = told.get("code")
    if code == 100 and told.get("error_subcode") == 33:
        code = 33
    return RefusalError(
        answer.status_code,
        code if isinstance(code, int) and not isinstance(code, bool) else None,
        error_text(told) or answer.reason_phrase,
        _seconds(answer.headers.get("retry-after")),
    )


def _object(body: bytes) -> Json:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.strip().isdecimal() else None


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
