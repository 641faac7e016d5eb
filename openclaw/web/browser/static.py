"""The files of the web page, as they lie in the package."""

import re
from hashlib import sha256
from pathlib import Path

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

UI = Path(__file__).parents[1] / "ui"
TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_NAME = re.compile(r"(?:[a-z0-9_-]+/)*[a-z0-9_-]+\.(css|js|svg)")


def static_routes(folder: Path = UI) -> list[BaseRoute]:
    async def shell(request: Request) -> Response:
        return await _file(request, folder / "index.html", TYPES["html"])

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        known = _NAME.fullmatch(name)
        if known is None:
            raise HTTPException(404)
        return await _file(request, folder / name, TYPES[known[1]])

    return [Route("/", shell), Route("/ui/{name:path}", file)]


async def _file(request: Request, path: Path, media_type: str) -> Response:
    try:
        data = await anyio.Path(path).read_bytes()
    except OSError:
        raise HTTPException(404) from None
    # Asked for anew at each visit, and sent anew only when another version of the program answers.
    tag = f'"{sha256(data).hexdigest()[:20]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)
