"""Whether the process lives, and whether it can take work now."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

NO_STORE: Mapping[str, str] = {"cache-control": "no-store"}


class Readiness:
    """What keeps the house from taking work, by name. Ready when nothing does."""

    def __init__(self, **blocked: str) -> None:
        self._reasons: dict[str, str] = dict(blocked)

    def block(self, name: str, reason: str) -> None:
        """`starting`, `draining` or `storage_full`, with a sentence for the reader."""
        self._reasons[name] = reason

    def clear(self, name: str) -> None:
        self._reasons.pop(name, None)

    @property
    def ready(self) -> bool:
        return not self._reasons

    @property
    def reasons(self) -> Mapping[str, str]:
        return self._reasons


async def healthz(_: Request) -> Response:
    return JSONResponse({"ok": True, "status": "live"}, headers=NO_STORE)


def readyz(readiness: Readiness) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        reasons = [{"name": name, "reason": text} for name, text in readiness.reasons.items()]
        body = {"ready": readiness.ready, "reasons": reasons}
        return JSONResponse(body, 200 if readiness.ready else 503, NO_STORE)

    return answer
