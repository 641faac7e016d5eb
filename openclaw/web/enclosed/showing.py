"""Files of conversations over HTTP, behind the token: pictures to be seen, everything else to be saved."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.pictures import media_type
from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.web.enclosed.keeping import FOLDER

MEDIA = "/api/v1/media"
FOLDERS = frozenset({"inbound", "pictures", "mcp"})
DEEPEST = 3
MOST_BYTES = 100_000_000


def media_routes(state: Path) -> Sequence[BaseRoute]:
    async def show(request: Request) -> Response:
        parts = tuple(str(request.path_params["path"]).split("/"))
        if not is_shown(parts):
            raise HTTPException(404)
        data = await anyio.to_thread.run_sync(_read, state, parts)
        if data is None:
            raise HTTPException(404)
        kind = media_type(data[:16])
        # Only what is known to be a picture is drawn: SVG and HTML would be documents of this house's own address.
        how = "inline" if kind else f"attachment; filename*=utf-8''{quote(parts[-1])}"
        headers = {"cache-control": "private, max-age=3600", "content-disposition": how}
        return Response(data, headers=headers, media_type=kind or "application/octet-stream")

    return (Route(MEDIA + "/{path:path}", show, methods=["GET"]),)


def is_shown(parts: Sequence[str]) -> bool:
    """Pure. Only whole names of what has been put there for a conversation."""
    return (
        2 <= len(parts) <= DEEPEST
        and parts[0] in FOLDERS
        and all(part and not part.startswith(".") and "\0" not in part for part in parts)
    )


def _read(state: Path, parts: tuple[str, ...]) -> bytes | None:
    try:
        path = WorkspacePath(state, (FOLDER, *parts))
        content = Beneath(state).read(path, MOST_BYTES)
    except (ToolError, OSError):
        return None
    return content.data if content.whole else None
