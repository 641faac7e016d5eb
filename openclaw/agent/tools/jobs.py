"""What a turn may ask of the house about reminders and recurring tasks. Implemented in the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from openclaw.types.conversation import Provenance
from openclaw.types.errors import OpenClawError
from openclaw.types.messages import Address, ChatType, Role


@dataclass(frozen=True, slots=True)
class JobMaker:
    """Who asks for a job: it is done on his authority, and belongs to him."""

    agent: str
    session_key: str
    """The conversation in which it was asked for."""
    sender: str
    """`<channel>:<immutable id>`."""
    role: Role
    chat_type: ChatType = "direct"
    reply_to: Address | None = None
    provenance: Provenance = "owner"
    """The least trusted of what was read when it was asked for."""
    recipient: str = ""
    """`<channel>:<chat>`: whom else than the owner and this conversation its results may go to."""


class JobError(OpenClawError):
    """What was asked about jobs cannot be done; the text tells the asker what can."""


class TooManyJobsError(JobError):
    """It can be asked for again later."""


JobJson = Mapping[str, object]
"""A job in the original's form: id, name, enabled, schedule, payload, delivery, state …"""


class Jobs(Protocol):
    """Reminders and recurring tasks. Everybody but the owner sees and touches his own alone. Raises JobError."""

    async def status(self, maker: JobMaker) -> JobJson: ...

    async def listing(self, maker: JobMaker) -> list[JobJson]:
        """The next one due first, those that are off last."""

    async def add(self, job: JobJson, maker: JobMaker, *, key: str = "") -> JobJson:
        """Returns it as it is kept. A second time with the same `key` adds nothing."""

    async def update(self, job_id: str, patch: JobJson, maker: JobMaker) -> JobJson: ...

    async def remove(self, job_id: str, maker: JobMaker) -> JobJson: ...

    async def run(self, job_id: str, mode: Literal["due", "force"], maker: JobMaker) -> JobJson:
        """Begins it now; with `due` only if it is due."""

    async def runs(self, job_id: str | None, limit: int, maker: JobMaker) -> list[JobJson]:
        """The newest first."""

    async def wake(self, text: str, mode: Literal["now", "next-heartbeat"], maker: JobMaker) -> JobJson:
        """Words for the agent itself, now or with its next heartbeat."""
