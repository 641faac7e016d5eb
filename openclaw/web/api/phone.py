"""`/api/v1/phone/*`: authorised numbers, texts, calls. Behind the token."""

from collections.abc import Awaitable, Callable, Sequence

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from openclaw.compliance.reasons import meaning
from openclaw.gateway.phone.desk import FieldError, HandedOver, PhoneDesk
from openclaw.gateway.phone.numbers import NumberError, strict
from openclaw.types.clock import iso
from openclaw.types.sending import Submission
from openclaw.web.api.bodies import Body, answering, checked, said

BY = "api"
NUMBERS = "/api/v1/phone/authorized-numbers"
Answer = Callable[[Request], Awaitable[Response]]


class NumberBody(Body):
    number: str


class NumbersBody(Body):
    numbers: list[str] = Field(max_length=10_000)


class SmsBody(Body):
    to: str
    body: str
    sender: str | None = Field(default=None, alias="from")


class CallBody(Body):
    to: str
    message: str = Field(default="", max_length=4_000)
    sender: str | None = Field(default=None, alias="from")


class InboundBody(Body):
    sender: str = Field(alias="from")
    to: str
    body: str
    message_sid: str = Field(alias="messageSid")


def phone_routes(desk: PhoneDesk) -> Sequence[BaseRoute]:
    numbers, sending = _Numbers(desk), _Sending(desk)
    one = NUMBERS + "/{number:path}"
    return (
        Route(NUMBERS, answering(numbers.every), methods=["GET"]),
        Route(NUMBERS, answering(numbers.add), methods=["POST"]),
        Route(NUMBERS, answering(numbers.replace), methods=["PUT"]),
        Route(one, answering(numbers.remove), methods=["DELETE"]),
        Route("/api/v1/phone/sms", answering(sending.text), methods=["POST"]),
        Route("/api/v1/phone/sms/inbound", answering(sending.inbound), methods=["POST"]),
        Route("/api/v1/phone/calls", answering(sending.call), methods=["POST"]),
    )


class _Numbers:
    def __init__(self, desk: PhoneDesk) -> None:
        self._desk = desk

    async def every(self, _: Request) -> Response:
        return said(await self._listed())

    async def add(self, request: Request) -> Response:
        body = await checked(request, NumberBody)
        with_field(body.number)
        added = await self._desk.authorise(body.number, BY)
        return said(await self._listed(), 201 if added else 200)

    async def replace(self, request: Request) -> Response:
        body = await checked(request, NumbersBody)
        for number in body.numbers:
            with_field(number, "numbers")
        await self._desk.replace(body.numbers, BY)
        return said(await self._listed())

    async def remove(self, request: Request) -> Response:
        number = str(request.path_params["number"])
        with_field(number)
        await self._desk.revoke(number)
        return Response(status_code=204)

    async def _listed(self) -> dict[str, object]:
        return {"numbers": [row.number for row in await self._desk.listed()]}


class _Sending:
    def __init__(self, desk: PhoneDesk) -> None:
        self._desk = desk

    async def text(self, request: Request) -> Response:
        body = await checked(request, SmsBody)
        return outcome(await self._desk.text(body.to, body.body, body.sender))

    async def call(self, request: Request) -> Response:
        body = await checked(request, CallBody)
        return outcome(await self._desk.call(body.to, body.message, body.sender))

    async def inbound(self, request: Request) -> Response:
        body = await checked(request, InboundBody)
        await self._desk.take_over(HandedOver(body.sender, body.to, body.body, body.message_sid))
        return said({"ok": True, "messageSid": body.message_sid}, 202)


def with_field(number: str, field: str = "number") -> None:
    """Raises FieldError for what is no number."""
    try:
        strict(number)
    except NumberError as error:
        raise FieldError(field, str(error)) from None


def outcome(submission: Submission) -> JSONResponse:
    verdict = submission.verdict
    why = {"reason": verdict.reason, "message": meaning(verdict)}
    match submission.status:
        case "queued":
            return said({"id": submission.id, "status": "queued"}, 202)
        case "deferred":
            until = iso(verdict.until) if verdict.until is not None else None
            return said({"id": submission.id, "status": "deferred", "until": until, **why}, 202)
        case "held":
            held = {"id": submission.id, "status": "held", "approvalId": submission.approval_id}
            return said({**held, **why}, 202)
        case "refused":
            refused = {"gate": verdict.gate, "reason": verdict.code, "id": submission.id}
            return said({**refused, "message": meaning(verdict)}, 409)
