"""Pictures that a request holds, into files of the state directory: the conversation names them from then on."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio.to_thread

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.pictures import MOST_BYTES, inspect, keep
from openclaw.types.conversation import Picture
from openclaw.web.openai.asking.conversation import Asked, Enclosed, Said
from openclaw.web.openai.faults import ApiError

MOST = 20


async def keep_pictures(said: Sequence[Said], state: Path) -> tuple[Said, ...]:
    """Raises ApiError."""
    enclosed = [one for each in said if isinstance(each, Asked) for one in each.enclosed]
    if not enclosed:
        return tuple(said)
    if len(enclosed) > MOST:
        raise ApiError(400, f"there are more than {MOST} pictures", param=enclosed[MOST].param)
    return await anyio.to_thread.run_sync(_all_kept, said, state)


def _all_kept(said: Sequence[Said], state: Path) -> tuple[Said, ...]:
    return tuple(_kept(each, state) if isinstance(each, Asked) else each for each in said)


def _kept(asked: Asked, state: Path) -> Asked:
    return replace(asked, enclosed=(), pictures=tuple(_picture(one, state) for one in asked.enclosed))


def _picture(enclosed: Enclosed, state: Path) -> Picture:
    head, comma, data = enclosed.url.partition(",")
    if not head.startswith("data:") or not comma or not head.endswith(";base64"):
        # To fetch it would be to ask an address that somebody else chose, from inside the owner's network.
        raise ApiError(
            400, f"{enclosed.param}: send the picture itself, as a data: URL in base64",
            param=enclosed.param, code="unsupported_content",
        )  # fmt: skip
    try:
        image = base64.b64decode(data, validate=True)
        if len(image) > MOST_BYTES:
            raise ToolError(f"it has more than {MOST_BYTES:,} bytes")
        return keep(image, inspect(image).media_type, state)
    except binascii.Error:
        raise ApiError(400, f"{enclosed.param}: it is no base64", param=enclosed.param) from None
    except ToolError as error:
        raise ApiError(400, f"{enclosed.param}: {error}", param=enclosed.param, code="bad_picture") from None
    except OSError as error:
        raise ApiError(503, f"the picture cannot be kept: {error.strerror}", code="storage") from None
