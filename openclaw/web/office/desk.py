"""What the control plane keeps and changes besides conversations. `wiring` puts it together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from openclaw.web.devices.book import DeviceBook
from openclaw.web.office.files import WorkspaceDesk
from openclaw.web.office.limit import WriteLimit
from openclaw.web.office.logs import LogTail
from openclaw.web.office.post import Letter
from openclaw.web.office.presence import PresenceBook
from openclaw.web.office.told import Json


class ConfigDesk(Protocol):
    """The config file, without its secrets; it refuses to change what only the machine's owner may."""

    async def file(self) -> Json:
        """`{exists, raw, parsed, fileHash}`."""

    async def replace(self, raw: str, base: str | None) -> Json: ...

    async def patch(self, raw: str, base: str | None) -> Json: ...

    async def schema(self) -> Json: ...


class SessionEdits(Protocol):
    """Raises UnknownKeyError for a session that is not there."""

    async def patch(self, key: str, changes: Mapping[str, object], model: str | None = "") -> Json:
        """`{ok, key, entry, resolved}`; `model`: empty leaves it, None takes the session's own away."""

    async def delete(self, key: str) -> Json: ...

    def entry(self, key: str) -> tuple[str, Mapping[str, object]]:
        """The full key, and what is kept of it."""


class Post(Protocol):
    async def send(self, letter: Letter) -> Json:
        """`{runId, messageId, outboxId, channel, status}`; raises NotSentError and UnknownKeyError."""


class SkillDesk(Protocol):
    async def status(self, agent: str | None) -> Json:
        """`{workspaceDir, managedSkillsDir, skills}`; raises UnknownKeyError."""


class HeartbeatDesk(Protocol):
    async def last(self) -> Json | None: ...


class ExecRules(Protocol):
    def shown(self) -> Json:
        """What programs may be run, and who is asked: `{path, exists, hash, file, resolvedDefaults}`."""


@dataclass(frozen=True, slots=True)
class Office:
    devices: DeviceBook
    presence: PresenceBook
    writes: WriteLimit
    config: ConfigDesk
    sessions: SessionEdits
    files: WorkspaceDesk
    log: LogTail
    post: Post
    skills: SkillDesk
    heartbeats: HeartbeatDesk
    exec: ExecRules
    agents: Sequence[str] = ()
