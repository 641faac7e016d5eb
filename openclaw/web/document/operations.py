"""What each route is for, what it takes besides its body, and what it answers. A table, for `/openapi.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel, Field

from openclaw.web.api.books import MOST_DAYS, MOST_TRACES
from openclaw.web.api.phone import NUMBERS, CallBody, InboundBody, NumberBody, NumbersBody, SmsBody
from openclaw.web.api.sessions import MessageBody
from openclaw.web.api.streams import MOST, IngestBody
from openclaw.web.api.tools import InvokeBody
from openclaw.web.desk import CostKey
from openclaw.web.enclosed.showing import MEDIA
from openclaw.web.office.telephone import RECORDINGS
from openclaw.web.openai.asking.shapes import Completion, ResponseRequest

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
JSON, HTML, EVENTS = "application/json", "text/html; charset=utf-8", "text/event-stream; charset=utf-8"


class LoginBody(BaseModel):
    code: str = Field(max_length=200)


@dataclass(frozen=True, slots=True)
class Outcome:
    words: str
    schema: str = ""
    """Of `SCHEMAS`."""
    kinds: tuple[str, ...] = (JSON,)

    def content(self) -> dict[str, Any]:
        if not self.schema:
            return (
                {} if self.kinds == (JSON,) else {kind: {"schema": {"type": "string"}} for kind in self.kinds}
            )
        ref = {"$ref": f"#/components/schemas/{self.schema}"}
        return {kind: {"schema": ref if kind == JSON else {"type": "string"}} for kind in self.kinds}


@dataclass(frozen=True, slots=True)
class Operation:
    tag: str
    summary: str
    answers: Mapping[int, Outcome]
    body: type[BaseModel] | None = None
    parameters: tuple[Mapping[str, Any], ...] = ()
    open: bool = False
    """No token is asked for."""
    narrower: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the handler asks of the body's fields beyond their types."""


def _object(*required: str, **properties: object) -> dict[str, Any]:
    shown = {key: {} for key in required} | properties
    return {"type": "object", "required": list(required), "properties": shown}


_TEXT = {"type": "string"}
SCHEMAS: Mapping[str, Any] = {
    "Error": _object("error", error=_object("message", "type", message=_TEXT, type=_TEXT)),
    "Refusal": _object("error", error=_TEXT, field=_TEXT),
    "ToolRefusal": _object(
        "ok", "error", ok={"const": False}, error=_object("type", "message", message=_TEXT, type=_TEXT)
    ),
    "ToolResult": _object("ok", "result", ok={"const": True}, result=_object("content", "details")),
    "Health": _object("ok", "status", ok={"type": "boolean"}),
    "Readiness": _object("ready", "reasons", ready={"type": "boolean"}),
    "Ok": _object("ok", ok={"const": True}),
    "Numbers": _object("numbers", numbers={"type": "array", "items": _TEXT}),
    "Submission": _object("id", "status", status={"enum": ["queued", "deferred", "held"]}),
    "Blocked": _object("gate", "reason", gate=_TEXT, reason=_TEXT),
    "Taken": _object("ok", "messageSid", ok={"const": True}),
    "Kept": _object("id", "record", id=_TEXT, record=_TEXT),
    "Lines": _object("type", "lines", lines={"type": "array"}),
    "Accepted": _object("ok", "messageId", "runId", ok={"const": True}, messageId=_TEXT),
    "Traces": _object("traces", traces={"type": "array", "items": {"$ref": "#/components/schemas/Trace"}}),
    "Trace": _object("id", "at", "event", "outcome", "reason", "session", "spans", spans={"type": "array"}),
    "Usage": _object("by", "days", "rows", "total", rows={"type": "array"}),
    "Models": _object("object", "data", data={"type": "array"}),
    "Model": _object("id", "object", "created", "owned_by", id=_TEXT),
    "ChatCompletion": _object("id", "object", "created", "model", "choices", "usage"),
    "Response": _object("id", "object", "model", "output"),
    "OpenApi": _object("openapi", "info", "paths"),
}

_NUMBER = r"^\+[1-9][0-9]{7,14}$"
# A pattern would say it to programs, and takes those that make up texts of this length many seconds.
_WORDS = {"minLength": 1, "description": "Not blank."}
_UNFIT = Outcome("The body does not fit; `field` names what to mend.", "Refusal")
_ODD = Outcome("A parameter does not fit; `field` names it.", "Refusal")
_LARGE = Outcome("The body is too large.", "Refusal")
_NO_ROOM = Outcome("Nothing can be written down, or what it needs is not set up.", "Refusal")
_BROKEN = Outcome("It failed.", "Refusal")
_BODY = {413: _LARGE, 422: _UNFIT, 503: _NO_ROOM}
_UNKNOWN = Outcome("There is none of that name.", "Error")
_API_ERROR = Outcome("What is wrong, in OpenAI's form.", "Error")


def _query(name: str, schema: Mapping[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": words, "schema": schema}


def _path(name: str, schema: Mapping[str, Any], words: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": words, "schema": schema}


def _header(name: str, words: str, longest: int = 256) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": longest}
    return {"name": name, "in": "header", "description": words, "schema": schema}


def _number(most: int, usual: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": usual}


_KEY = _header("Idempotency-Key", "The same one again starts nothing twice.")
_ASKING = (
    _header("x-openclaw-agent-id", "Which agent answers; beats the model."),
    _header("x-openclaw-session-key", "Which conversation it belongs to; beats `user`.", 512),
)
_TO = {"to": {"description": "An international number.", "pattern": _NUMBER}}
_FROM = {"from": {"description": "One of our own numbers."}}
_TIME = (
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$"
)
_TS = {
    "description": "An ISO time with its offset, or milliseconds since 1970.",
    "anyOf": [
        {"type": "string", "pattern": _TIME},
        {"type": "integer", "minimum": 0, "exclusiveMaximum": 4_102_444_800_000},
        {"type": "null"},
    ],
}
_PICTURE = r"^pictures/[0-9a-f]{64}\.(png|jpeg|gif|webp)$"
_STREAM = {"type": "string", "pattern": r"^[a-z0-9][a-z0-9-]{0,63}$"}


def _openai(summary: str, schema: str, body: type[BaseModel]) -> Operation:
    answers = {
        200: Outcome("The answer; with `stream: true` as events.", schema, (JSON, EVENTS)),
        **dict.fromkeys((400, 403, 404, 408, 413, 429, 500, 503), _API_ERROR),
    }
    return Operation("OpenAI", summary, answers, body, _ASKING)


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/healthz"): Operation(
        "probes", "Whether the process lives", {200: Outcome("It does.", "Health")}, open=True
    ),
    ("GET", "/readyz"): Operation(
        "probes", "Whether it can take work now",
        {200: Outcome("It can.", "Readiness"), 503: Outcome("It cannot, and why.", "Readiness")}, open=True,
    ),
    ("GET", "/"): Operation(
        "pages", "The web page", {200: Outcome("The page.", kinds=(HTML,)), 304: Outcome("Not changed.")}, open=True
    ),
    ("GET", "/ui/{name}"): Operation(
        "pages", "A file of the web page",
        {
            200: Outcome(
                "The file.", kinds=("text/javascript; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml")
            ),
            304: Outcome("Not changed."), 404: _UNKNOWN,
        },
        parameters=(_path("name", {"type": "string", "minLength": 1}, "Its path below /ui/."),), open=True,
    ),
    ("GET", "/openapi.json"): Operation("probes", "This document", {200: Outcome("It.", "OpenApi")}),
    ("GET", NUMBERS): Operation("phone", "The authorised numbers", {200: Outcome("All of them.", "Numbers")}),
    ("POST", NUMBERS): Operation(
        "phone", "Authorise a number",
        {200: Outcome("It was known.", "Numbers"), 201: Outcome("It is new.", "Numbers"), **_BODY}, NumberBody,
        narrower={"number": {"pattern": _NUMBER}},
    ),
    ("PUT", NUMBERS): Operation(
        "phone", "Replace the authorised numbers", {200: Outcome("As they are now.", "Numbers"), **_BODY},
        NumbersBody, narrower={"numbers": {"items": {"type": "string", "pattern": _NUMBER}}},
    ),
    ("DELETE", NUMBERS + "/{number}"): Operation(
        "phone", "Withdraw a number", {204: Outcome("It is gone."), 422: _ODD, 503: _NO_ROOM},
        parameters=(_path("number", {"type": "string", "pattern": _NUMBER}, "An international number."),),
    ),
    ("POST", "/api/v1/phone/sms"): Operation(
        "phone", "Send a text through the gates",
        {202: Outcome("It leaves, later or after the owner's word.", "Submission"),
         409: Outcome("A gate blocks it.", "Blocked"), **_BODY},
        SmsBody, narrower={**_TO, **_FROM, "body": {"minLength": 1, "maxLength": 1600}},
    ),
    ("POST", "/api/v1/phone/calls"): Operation(
        "phone", "Call somebody through the gates",
        {202: Outcome("It is placed, later or after the owner's word.", "Submission"),
         409: Outcome("A gate blocks it.", "Blocked"), **_BODY},
        CallBody, narrower={**_TO, **_FROM},
    ),
    ("POST", "/api/v1/phone/sms/inbound"): Operation(
        "phone", "Hand over a text that a proxy has received",
        {202: Outcome("It is taken; a second time nothing happens.", "Taken"), **_BODY}, InboundBody,
        narrower={"from": {"minLength": 1}, "body": {"minLength": 1}, "messageSid": {"minLength": 1}},
    ),
    ("GET", RECORDINGS + "/{call}/{file}"): Operation(
        "phone", "A recording of a call, whole or a range of it",
        {200: Outcome("The sound.", kinds=("audio/mpeg",)), 206: Outcome("A part of it.", kinds=("audio/mpeg",)),
         404: _UNKNOWN},
        parameters=(
            _path("call", {"type": "string", "pattern": "^CA[0-9A-Za-z]{8,62}$"}, "The call's id."),
            _path("file", {"type": "string", "pattern": r"^RE[0-9A-Za-z]{8,62}\.mp3$"}, "The recording's."),
        ),
    ),
    ("GET", MEDIA + "/{path}"): Operation(
        "sessions", "A file of a conversation: a picture to be seen, anything else to be saved",
        {200: Outcome("Its bytes.", kinds=(*PICTURES, "application/octet-stream")), 404: _UNKNOWN},
        parameters=(
            _path("path", {"type": "string", "pattern": _PICTURE}, "Where it lies."),
        ),
    ),
    ("POST", "/api/v1/streams/ingest"): Operation(
        "streams", "Hand in something to be kept", {202: Outcome("It is kept.", "Kept"), **_BODY}, IngestBody,
        narrower={"stream_type": _STREAM, "content": _WORDS, "ts": _TS},
    ),
    ("GET", "/api/v1/streams/{type}"): Operation(
        "streams", "What is kept", {200: Outcome("The newest lines, in order.", "Lines"), 422: _ODD},
        parameters=(
            _path("type", _STREAM, "The stream's name."), _query("limit", _number(MOST, 100), "Of lines."),
        ),
    ),
    ("POST", "/v1/sessions/message"): Operation(
        "sessions", "A message for a conversation, answered at once and carried out later",
        {202: Outcome("It is durable.", "Accepted"), 404: _UNKNOWN, **_BODY}, MessageBody, (_KEY,),
        narrower={"message": _WORDS},
    ),
    ("GET", "/api/v1/traces"): Operation(
        "books", "The newest traces", {200: Outcome("They.", "Traces"), 422: _ODD},
        parameters=(_query("limit", _number(MOST_TRACES, 50), "Of traces."),),
    ),
    ("GET", "/api/v1/traces/{id}"): Operation(
        "books", "The way of one message", {200: Outcome("Span by span.", "Trace"), 404: _UNKNOWN},
        parameters=(_path("id", {"type": "string", "minLength": 1}, "The trace's id."),),
    ),
    ("GET", "/api/v1/usage"): Operation(
        "books", "What was spent", {200: Outcome("Rows.", "Usage"), 422: _ODD},
        parameters=(
            _query("by", {"enum": list(get_args(CostKey)), "default": "agent"}, "What a row is."),
            _query("days", _number(MOST_DAYS, 30), "Back from now."),
        ),
    ),
    ("GET", "/metrics"): Operation(
        "books", "Figures for a monitor",
        {200: Outcome("In the text format of Prometheus.", kinds=("text/plain; version=0.0.4; charset=utf-8",))},
    ),
    ("POST", "/tools/invoke"): Operation(
        "tools", "Call one tool without a turn, within the policy and behind the gate",
        {
            200: Outcome("What it brought.", "ToolResult"),
            **{
                status: Outcome(words, "ToolRefusal")
                for status, words in {
                    400: "The arguments do not fit.", 403: "The gate, or the owner, said no.",
                    404: "There is none of that name, or none for this caller.", 413: "The body is too large.",
                    429: "Too many tools are being called already.", 500: "The tool failed.",
                    503: "The daemon is stopping, or cannot write it down.",
                }.items()
            },
        },
        InvokeBody,
        (
            _KEY, _header("x-openclaw-message-channel", "A channel whose rules hold too."),
            _header("x-openclaw-account-id", "Its account."),
        ),
    ),
    ("POST", "/v1/chat/completions"): _openai("Ask an agent", "ChatCompletion", Completion),
    ("POST", "/v1/responses"): _openai("Ask an agent, in the newer form", "Response", ResponseRequest),
    ("GET", "/v1/models"): Operation("OpenAI", "The agents, as models", {200: Outcome("They.", "Models")}),
    ("GET", "/v1/models/{id}"): Operation(
        "OpenAI", "One of them", {200: Outcome("It.", "Model"), 404: _API_ERROR},
        parameters=(_path("id", {"type": "string", "minLength": 1}, "Its name."),),
    ),
    ("POST", "/login"): Operation(
        "pages", "Sign a browser in by its one-time code",
        {200: Outcome("A cookie is set.", "Ok"), 400: Outcome("It is no such body.", "Error"),
         403: Outcome("The code was used, or is too old.", "Error"), 429: Outcome("Too many attempts.", "Error"),
         503: Outcome("Nothing can be written down.", "Error")},
        LoginBody, open=True,
    ),
    ("POST", "/logout"): Operation("pages", "Sign it out", {200: Outcome("The cookie is gone.", "Ok")}, open=True),
}  # fmt: skip
