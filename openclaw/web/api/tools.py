"""`POST /tools/invoke`: one tool called by a program of the owner's, without a turn. Behind the token."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import anyio
from pydantic import Field, field_validator
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from openclaw.agent.loop import TurnPausedError
from openclaw.agent.tools.base import ToolInputError
from openclaw.gateway.invocation import (
    Foreseen,
    Invocation,
    Invoked,
    NoSuchToolError,
    NotAdmittedError,
    ToolFailedError,
    TooManyCallsError,
)
from openclaw.gateway.invoking import Invoking
from openclaw.gateway.phone.desk import FieldError
from openclaw.gateway.policy_table import Allow, Ask
from openclaw.types.errors import OpenClawError
from openclaw.web.api.bodies import Body, TooLargeError, checked, said

PATH = "/tools/invoke"
DEEPEST = 32
"""Levels of lists and objects in each other."""
LONGEST_KEY = 256


class InvokeBody(Body):
    tool: str = Field(min_length=1, max_length=256)
    action: str | None = Field(default=None, max_length=256)
    args: dict[str, Any] = Field(default_factory=dict)
    session_key: str = Field(default="main", alias="sessionKey", min_length=1, max_length=512)
    dry_run: bool = Field(default=False, alias="dryRun")

    @field_validator("args")
    @classmethod
    def _not_too_deep(cls, args: dict[str, Any]) -> dict[str, Any]:
        if too_deep(args):
            raise ValueError(f"it is nested deeper than {DEEPEST} levels")
        return args


def too_deep(value: object) -> bool:
    """Pure."""
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def tool_routes(invoking: Invoking) -> Sequence[BaseRoute]:
    async def post(request: Request) -> Response:
        try:
            asked = invocation(await checked(request, InvokeBody), request.headers)
            return await _while_there(request, lambda: invoking.invoke(asked))
        except ClientDisconnect:
            return Response(status_code=400)
        except (FieldError, TooLargeError, OpenClawError, TurnPausedError) as error:
            return refused(error)

    return (Route(PATH, post, methods=["POST"]),)


def invocation(body: InvokeBody, headers: Mapping[str, str]) -> Invocation:
    """Pure. Raises FieldError."""
    key = headers.get("idempotency-key", "")
    if len(key) > LONGEST_KEY:
        raise FieldError("idempotency-key", f"it is longer than {LONGEST_KEY} characters")
    channel = headers.get("x-openclaw-message-channel", "").strip().lower() or None
    account = headers.get("x-openclaw-account-id", "").strip() or "default"
    return Invocation(
        body.tool, body.args, body.action, body.session_key, body.dry_run, key, channel, account
    )


def shown(found: Invoked | Foreseen) -> dict[str, object]:
    """Pure. The result as the original writes it: what a model would read, and what a program wants to know."""
    match found:
        case Invoked():
            left = f"\n[{found.left_out:,} more characters were left out here]" if found.left_out else ""
            pictures = [
                {"type": "image", "path": each.path, "mimeType": each.media_type} for each in found.pictures
            ]
            details = {"tool": found.tool, "provenance": found.provenance, "trace": found.trace_id}
            return {"content": [{"type": "text", "text": found.text + left}, *pictures], "details": details}
        case Foreseen(tool, act, verdict):
            word = {Allow: "allow", Ask: "ask"}.get(type(verdict), "deny")
            why = verdict.matter.value if isinstance(verdict, Allow) else verdict.why
            kind = {"kind": act.kind.value, "target": act.target}
            foreseen = {"tool": tool, "dryRun": True, **kind, "verdict": word, "why": why}
            text = f"Nothing was done. {word}: {why}"
            return {"content": [{"type": "text", "text": text}], "details": foreseen}


_ANSWERS: tuple[tuple[type[Exception], int, str], ...] = (
    (FieldError, 400, "invalid_request_error"),
    (ToolInputError, 400, "invalid_request_error"),
    (TooLargeError, 413, "too_large"),
    (NoSuchToolError, 404, "not_found"),
    (NotAdmittedError, 403, "not_admitted"),
    (TooManyCallsError, 429, "rate_limited"),
    (ToolFailedError, 500, "tool_error"),
    (TurnPausedError, 503, "stopping"),
)


def refused(error: Exception) -> Response:
    """Pure. Whatever else fails is that nothing can be written down."""
    status, kind = next(
        ((status, kind) for known, status, kind in _ANSWERS if isinstance(error, known)),
        (503, "unavailable"),
    )
    message = str(error) or "the daemon is stopping; ask again once it is back"
    answer = said({"ok": False, "error": {"type": kind, "message": message}}, status)
    if status in {429, 503}:
        answer.headers["retry-after"] = "1"
    return answer


async def _while_there(request: Request, work: Callable[[], Awaitable[Invoked | Foreseen]]) -> Response:
    """Whoever leaves while the owner is asked, or while the tool runs, takes the call back."""
    found: Invoked | Foreseen | None = None
    failure: Exception | None = None
    async with anyio.create_task_group() as beside:
        beside.start_soon(_until_left, request, beside.cancel_scope)
        try:
            found = await work()
        except Exception as error:  # noqa: BLE001 - raised again below: a task group would wrap it
            failure = error
        beside.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return Response(status_code=400) if found is None else said({"ok": True, "result": shown(found)})


async def _until_left(request: Request, scope: anyio.CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
