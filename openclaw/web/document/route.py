"""Where `/openapi.json` is found. What it says is put together when somebody first asks."""

from collections.abc import Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

PATH = "/openapi.json"


def with_document(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """The routes, and the one that describes them all."""
    written: list[bytes] = []

    async def answer(_: Request) -> Response:
        if not written:
            from openclaw.web.document.openapi import document

            written.append(orjson.dumps(document(every), option=orjson.OPT_INDENT_2))
        headers = {"cache-control": "no-store"}
        return Response(written[0], headers=headers, media_type="application/json")

    every: list[BaseRoute] = [*routes, Route(PATH, answer, methods=["GET"])]
    return every
