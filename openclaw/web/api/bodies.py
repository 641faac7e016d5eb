"""What the HTTP API is sent and answers: JSON bodies, checked, and every refusal in the same form."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from openclaw.gateway.phone.desk import FieldError, NotSetUpError
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError
from openclaw.web.api.wording import first_wrong

LARGEST = 2 << 20
"""Holds the longest text that a field takes, each letter of it escaped."""

Answer = Callable[[Request], Awaitable[Response]]


class Body(BaseModel):
    """A forged field never passes unnoticed."""

    model_config = ConfigDict(defer_build=True, extra="forbid", strict=True, frozen=True)


Checked = TypeVar("Checked", bound=Body)


class TooLargeError(Exception):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")


def said(content: Mapping[str, object], status: int = 200) -> JSONResponse:
    return JSONResponse(content, status, {"cache-control": "no-store"})


async def checked(request: Request, model: type[Checked]) -> Checked:
    """Raises FieldError and TooLargeError."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST:
            raise TooLargeError(LARGEST)
    try:
        return model.model_validate(orjson.loads(bytes(data)))
    except orjson.JSONDecodeError:
        raise FieldError("body", "it is no JSON") from None
    except ValidationError as error:
        place, why = first_wrong(error)
        raise FieldError(str(place[0]) if place else "body", why) from None


def answering(answer: Answer) -> Answer:
    """`{error, field}` for what cannot be done as it was asked."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except FieldError as error:
            return said({"error": str(error), "field": error.field}, 422)
        except TooLargeError as error:
            return said({"error": str(error), "field": "body"}, 413)
        except (StorageFullError, StorageBusyError) as error:
            return said({"error": str(error)}, 503)
        except NotSetUpError as error:
            return said({"error": str(error)}, 503)
        except OpenClawError as error:
            return said({"error": str(error)}, 500)
        except OSError as error:
            return said({"error": f"it could not be written: {error.strerror or error}"}, 503)
        except ClientDisconnect:
            return Response(status_code=400)

    return answered
