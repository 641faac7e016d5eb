"""`/api/v1/streams/*`: what other programs hand in to be kept, and what is kept. Behind the token."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from openclaw.gateway.phone.desk import FieldError, PhoneDesk
from openclaw.types.clock import parse_iso
from openclaw.web.api.bodies import Body, answering, checked, said

SHOWN, MOST = 100, 1000


class IngestBody(Body):
    stream_type: str
    content: str = Field(max_length=100_000)
    sender: str = Field(default="", alias="from", max_length=320)
    ts: str | int | None = None
    meta: dict[str, Any] = Field(default_factory=dict)


def stream_routes(desk: PhoneDesk) -> Sequence[BaseRoute]:
    async def ingest(request: Request) -> Response:
        body = await checked(request, IngestBody)
        name, record = await desk.ingest(
            body.stream_type, body.content, sender=body.sender, at=moment(body.ts), meta=body.meta
        )
        return said({"id": name, "record": record}, 202)

    async def newest(request: Request) -> Response:
        name = str(request.path_params["type"])
        lines = await desk.stream(name, limit_of(request.query_params.get("limit")))
        return said({"type": name, "lines": lines})

    return (
        Route("/api/v1/streams/ingest", answering(ingest), methods=["POST"]),
        Route("/api/v1/streams/{type}", answering(newest), methods=["GET"]),
    )


def limit_of(text: str | None) -> int:
    """Raises FieldError."""
    if text is None:
        return SHOWN
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MOST:
        raise FieldError("limit", f"it is a number from 1 to {MOST}")
    return int(text)


def moment(ts: str | int | None) -> int | None:
    """Milliseconds since 1970, from those or from an ISO time with its offset. Raises FieldError."""
    try:
        at = parse_iso(ts) if isinstance(ts, str) else ts
    except ValueError:
        raise FieldError("ts", "it is an ISO time with its offset, or milliseconds since 1970") from None
    if at is not None and not 0 <= at < 4_102_444_800_000:
        raise FieldError("ts", "it lies outside of this century")
    return at
