"""Recordings of calls, from our own disk: the page never fetches anything from a provider."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from openclaw.web.office.telephone import RECORDINGS, TelephoneBook

HEADERS = {"cache-control": "private, no-store", "content-disposition": "inline"}


def recording_routes(book: TelephoneBook) -> Sequence[BaseRoute]:
    async def play(request: Request) -> Response:
        path = await book.file(request.path_params["call"], request.path_params["file"])
        if path is None:
            raise HTTPException(404)
        # It answers ranges: a player asks for the part that is listened to.
        return FileResponse(path, media_type="audio/mpeg", headers=HEADERS)

    return (Route(RECORDINGS + "/{call}/{file}", play, methods=["GET"]),)
