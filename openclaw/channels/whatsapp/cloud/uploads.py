"""A file of ours at Meta, so that a message can show it."""

from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from openclaw.channels.whatsapp.cloud.faults import RefusalError, UnreachableError, explained
from openclaw.channels.whatsapp.cloud.forms import Form, form_of
from openclaw.types.errors import DeliveryError, EnclosureError
from openclaw.types.messages import Address, Enclosure

if TYPE_CHECKING:
    from openclaw.channels.whatsapp.cloud.graph import Graph


async def uploaded(graph: "Graph", media: Path, file: Enclosure, to: Address) -> tuple[Form, str]:
    """As what it is shown, and its id. Whatever goes wrong, nobody has seen anything: it is never in doubt.

    Raises DeliveryError, and RefusalError for the access token alone.
    """
    try:
        form = form_of(file)
        content = await anyio.to_thread.run_sync((media / file.place).read_bytes)
        return form, await graph.upload(content, form.media_type, file.name)
    except EnclosureError as error:
        raise DeliveryError(to, str(error)) from error
    except OSError as error:
        raise DeliveryError(to, f"{file.name} is there no longer: {error.strerror}") from error
    except RefusalError as error:
        if error.is_token:
            raise
        reason = f"{file.name} was not taken: {explained(error.code, error.said)}"
        raise DeliveryError(to, reason, retry_after=error.wait_seconds) from error
    except UnreachableError as error:
        raise DeliveryError(to, f"no connection: {error.reason}", retry_after=1.0) from error
