"""`POST /v1/sessions/message`: a message for a conversation, answered at once and carried out later."""

from collections.abc import Sequence

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from openclaw.gateway.phone.desk import FieldError
from openclaw.types.ids import new_id
from openclaw.web.api.bodies import Body, answering, checked, said
from openclaw.web.desk import Desk, Question, UnknownKeyError
from openclaw.web.http import error

CLIENT = "http"
MOST = 100_000
IDEMPOTENCY = "idempotency-key"


class MessageBody(Body):
    session_key: str = Field(default="main", alias="sessionKey", min_length=1, max_length=512)
    agent_id: str | None = Field(default=None, alias="agentId")
    message: str = Field(min_length=1, max_length=MOST)
    run: bool = True


def session_routes(desk: Desk) -> Sequence[BaseRoute]:
    async def post(request: Request) -> Response:
        body = await checked(request, MessageBody)
        if not body.message.strip():
            raise FieldError("message", "it is empty")
        question = Question(_run_id(request), body.message, body.session_key, body.agent_id, client=CLIENT)
        try:
            if not body.run:
                return said({"ok": True, "messageId": await desk.note(question), "runId": None}, 202)
            state = await desk.ask(question)
        except UnknownKeyError as unknown:
            return error(404, str(unknown.args[0]), "not_found")
        return said({"ok": True, "messageId": desk.arrival_key(state.run_id), "runId": state.run_id}, 202)

    return (Route("/v1/sessions/message", answering(post), methods=["POST"]),)


def _run_id(request: Request) -> str:
    """Raises FieldError. A program that asks again by the same key starts nothing twice."""
    key = request.headers.get(IDEMPOTENCY, "")
    if len(key) > 256:
        raise FieldError(IDEMPOTENCY, "it is longer than 256 characters")
    return key or new_id("run")
