"""What cannot be answered, in OpenAI's words. Pure."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from openclaw.gateway import notices
from openclaw.web.desk import RunState

_KINDS: Mapping[int, str] = {
    403: "permission_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
}
_AGAIN_SECONDS: Mapping[int, int] = {429: 5, 503: 10}


class ApiError(Exception):
    """Told to the program that asks. `param` is the path of what is wrong, `messages[2].content` for instance."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.param = param
        self.code = code

    def body(self) -> Mapping[str, object]:
        kind = "insufficient_quota" if self.code == "insufficient_quota" else _KINDS.get(self.status)
        told = {"message": str(self), "type": kind or "invalid_request_error"}
        return {"error": {**told, "param": self.param, "code": self.code}}

    def response(self) -> Response:
        headers = {"cache-control": "no-store"}
        if self.status in _AGAIN_SECONDS:
            headers["retry-after"] = str(_AGAIN_SECONDS[self.status])
        return JSONResponse(self.body(), self.status, headers)


def unsupported(param: str, instead: str = "leave it out") -> ApiError:
    return ApiError(
        400, f"{param} is not supported here; {instead}", param=param, code="unsupported_parameter"
    )


def fault_of(state: RunState) -> ApiError | None:
    """None: the run has ended with an answer."""
    words = state.text or state.error
    if state.status == "ok":
        spent = state.reason.startswith("budget:")
        return ApiError(429, words, code="insufficient_quota") if spent else None
    match state.error.partition(":")[0]:
        case "model_refused":
            too_long = state.text == notices.TOO_LONG
            code = "context_length_exceeded" if too_long else "model_refused"
            return ApiError(400, f"{words} ({state.error})", code=code)
        case "aborted" | "stopped" | "interrupted":
            return ApiError(400, "the run was stopped before it had an answer", code="stopped")
        case "send_policy":
            return ApiError(403, state.error, code="send_policy")
        case "queue_full":
            return ApiError(429, "too many messages wait for this session", code="queue_full")
        case "model_unavailable" | "client_gone" as code:
            return ApiError(503, words, code=code)
        case code:
            return ApiError(500, words, code=code)
