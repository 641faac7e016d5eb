"""What the control plane keeps and changes besides conversations. `wiring` puts it together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from openclaw.store.traffic import Account, Traffic
from openclaw.store.usage import CostGroup
from openclaw.web.devices.book import DeviceBook
from openclaw.web.office.files import WorkspaceDesk
from openclaw.web.office.limit import WriteLimit
from openclaw.web.office.logs import LogTail
from openclaw.web.office.post import Letter
from openclaw.web.office.presence import PresenceBook
from openclaw.web.office.telephone import TelephoneBook
from openclaw.web.office.told import Json


class ConfigDesk(Protocol):
    """The config file, without its secrets; it refuses to change what only the machine's owner may."""

    async def file(self) -> Json:
        """`{exists, raw, parsed, fileHash}`."""

    async def replace(self, raw: str, base: str | None) -> Json: ...

    async def patch(self, raw: str, base: str | None) -> Json: ...

    async def check(self, raw: str | None, patch: str | None) -> Json:
        """`{ok, raw, changed, problems}` of a change that is not made."""

    async def schema(self) -> Json: ...


class SessionEdits(Protocol):
    """Raises UnknownKeyError for a session that is not there."""

    async def patch(self, key: str, changes: Mapping[str, object], model: str | None = "") -> Json:
        """`{ok, key, entry, resolved}`; `model`: empty leaves it, None takes the session's own away."""

    async def delete(self, key: str) -> Json: ...

    def entry(self, key: str) -> tuple[str, Mapping[str, object]]:
        """The full key, and what is kept of it."""

    def chosen(self, name: str | None, agent: str) -> Mapping[str, object]:
        """The fields of an entry that choose this model. Raises OpenClawError for one that cannot be chosen."""


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


class SpendingDesk(Protocol):
    async def daily(self, by: CostGroup, days: int | None) -> Json:
        """`{by, timezone, days: [{day, rows}], rows, total, phone, lastHour}`; None: this month so far."""


class ChannelDesk(Protocol):
    async def traffic(self) -> Mapping[Account, Traffic]:
        """Of every account at work."""

    def idle(self) -> Sequence[Json]:
        """`{channel, account, condition, reason}` of what the config names and nobody runs."""

    def restart(self, channel: str, account: str) -> None:
        """It begins anew at once. Raises UnknownKeyError."""


@dataclass(slots=True)
class Office:
    """Some of its desks are others when the config changes."""

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
    telephone: TelephoneBook
    agents: Sequence[str] = ()
    spending: SpendingDesk = field(kw_only=True)
    channels: ChannelDesk = field(kw_only=True)
