"""Files that a client attaches to what it asks, and how those that are not taken are told."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread

from openclaw.types.messages import Attachment
from openclaw.web.desk import House
from openclaw.web.enclosed.keeping import keep
from openclaw.web.enclosed.reading import (
    MOST,
    MOST_BYTES,
    MOST_BYTES_TOGETHER,
    MOST_PICTURE_BYTES,
    TAKEN,
    UnfitError,
    read,
)
from openclaw.web.rpc.frames import RpcError

logger = logging.getLogger(__name__)
POLICY = {
    "maxCount": MOST,
    "maxBytes": MOST_BYTES,
    "maxImageBytes": MOST_PICTURE_BYTES,
    "maxTotalBytes": MOST_BYTES_TOGETHER,
    "taken": TAKEN,
}
"""As clients are told of it when they connect."""


async def keep_attachments(
    house: House, given: Sequence[Mapping[str, Any]], run_id: str
) -> tuple[Attachment, ...]:
    """Nothing is kept unless all are taken. Raises RpcError."""
    state = Path(house.desk.nameplate().state_dir)
    now = time.time_ns() // 1_000_000

    def taken() -> tuple[Attachment, ...]:
        return keep(read(given), state, run_id, now)

    try:
        return await anyio.to_thread.run_sync(taken)
    except UnfitError as error:
        details = {"code": error.code, "index": error.place}
        raise RpcError("INVALID_REQUEST", str(error), details) from None
    except OSError as error:
        logger.error("the files of a message cannot be kept: %s", error)
        reason = f"the files cannot be kept: {error.strerror or error}"
        raise RpcError("UNAVAILABLE", reason, retry_after=1.0) from None
