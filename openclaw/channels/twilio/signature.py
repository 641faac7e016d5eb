"""Whether a request is from Twilio: HMAC over the public URL and the form. Own code: the package's crashes or accepts
where a body is not bound to its signature.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from openclaw.channels.twilio.bases import Bases
from openclaw.types.channel import WebhookRequest
from openclaw.types.secrets import Secret

HEADER = "x-twilio-signature"
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_PORTS = {"https": 443, "http": 80}
_MAX_FIELDS = 1000
_MAX_BODY = 128 * 1024
"""The longest that Twilio posts is a fraction of it, and taking a form apart costs strangers nothing."""
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_SID_LENGTH = 34

Form = tuple[tuple[str, str], ...]
"""In the order of the body, repeated names and blank values included."""


@dataclass(frozen=True, slots=True)
class Credentials:
    account_sid: str
    auth_token: Secret


class MalformedError(Exception):
    """Its text is the reason class."""


def refusal(request: WebhookRequest, known: Sequence[Credentials], bases: Bases) -> str | None:
    """The reason class why a request is not from one of these accounts, or None when it is. Pure; does not raise."""
    if not known:
        return "not-ready"
    if not (shown := request.headers.get(HEADER, "")):
        return "signature-missing"
    if len(request.body) > _MAX_BODY:
        return "too-large"
    try:
        said = form(request)
        params = _signed_params(request, said)
    except MalformedError as error:
        return str(error)
    urls = tuple(bases.candidates(request.path, request.query_string))
    signer = next((each for each in known if _signed_by(each, shown, urls, params)), None)
    if signer is None:
        return "signature-wrong"
    claimed = dict(said)
    if claimed.get("AccountSid", signer.account_sid) != signer.account_sid:
        return "account-foreign"
    return "fields-rejoined" if any(map(_has_swallowed, claimed.items())) else None


def form(request: WebhookRequest) -> Form:
    """What Twilio says: the body of a POST, the query of a GET. Raises MalformedError."""
    if request.method == "GET":
        return _pairs(request.query_string.encode("latin-1", "replace"))
    return _pairs(request.body) if _content_type(request) == _FORM else ()


def signature(token: str, url: str, params: Iterable[tuple[str, str]]) -> str:
    """Base64 of HMAC-SHA1 over the URL and each distinct name and value, sorted."""
    signed = url + "".join(name + value for name, value in sorted(set(params)))
    digest = hmac.new(token.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()
    return b64encode(digest).decode()


def url_forms(url: str) -> Iterator[str]:
    """A URL and its twin: Twilio signs the default port for some callers and leaves it out for others."""
    yield url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    rest = url.removeprefix(f"{parts.scheme}://{parts.netloc}")
    if port is not None:
        yield f"{parts.scheme}://{host}{rest}"
    elif parts.scheme in _PORTS:
        yield f"{parts.scheme}://{host}:{_PORTS[parts.scheme]}{rest}"


def _signed_by(credentials: Credentials, shown: str, urls: Sequence[str], params: Form) -> bool:
    if not (token := credentials.auth_token.reveal()):
        return False
    given = shown.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(signature(token, form_of_url, params).encode(), given)
        for url in urls
        for form_of_url in url_forms(url)
    )


def _has_swallowed(field: tuple[str, str]) -> bool:
    """An id with the next fields behind it.

    Names and values are signed with nothing between them: whoever has seen one request may move the borders and keep
    the signature. With an id that grew, the same text would be a new one.
    """
    name, value = field
    return name.endswith("Sid") and len(value) > _SID_LENGTH and _SID.match(value) is not None


def _signed_params(request: WebhookRequest, said: Form) -> Form:
    """What is signed besides the URL. Raises MalformedError where the body would not be bound to the signature."""
    if request.method == "GET" or (not request.body and not _content_type(request)):
        return ()
    match _content_type(request):
        case "application/x-www-form-urlencoded":
            return said
        case "application/json":
            _check_body_hash(request)
            return ()
        case _:
            raise MalformedError("content-type")


def _check_body_hash(request: WebhookRequest) -> None:
    said = request.query.get("bodySHA256", "")
    if not said:
        raise MalformedError("body-unsigned")
    if not hmac.compare_digest(hashlib.sha256(request.body).hexdigest().encode(), said.lower().encode()):
        raise MalformedError("body-changed")


def _content_type(request: WebhookRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _pairs(encoded: bytes) -> Form:
    try:
        text = encoded.decode("utf-8")
        return tuple(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise MalformedError("malformed") from None
