"""The house's back office: real books on a folder of the test's, and fakes of what needs a whole house."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.types.clock import SystemClock
from openclaw.web.devices.book import DeviceBook
from openclaw.web.office.desk import Office
from openclaw.web.office.exec_rules import ExecRuleBook
from openclaw.web.office.files import WorkspaceDesk
from openclaw.web.office.limit import WriteLimit
from openclaw.web.office.logs import LogTail
from openclaw.web.office.post import Letter, NotSentError
from openclaw.web.office.presence import PresenceBook
from openclaw.web.office.told import Json, UnknownKeyError

MAIN = "agent:main:main"
NOWHERE = Path("/dev/null/house")
"""A test that writes has to say where."""


@dataclass
class FakeConfig:
    written: list[tuple[str, str | None]] = field(default_factory=list)

    async def file(self) -> Json:
        return {"exists": True, "raw": "{}\n", "parsed": {}, "fileHash": "f1"}

    async def replace(self, raw: str, base: str | None) -> Json:
        self.written.append((raw, base))
        return {"ok": True, "hash": "f2", "changed": True}

    async def patch(self, raw: str, base: str | None) -> Json:
        return await self.replace(raw, base)

    async def schema(self) -> Json:
        return {"schema": {"type": "object"}, "uiHints": {}, "version": "0.1.0"}


@dataclass
class FakeSessions:
    entries: dict[str, dict[str, object]] = field(
        default_factory=lambda: {MAIN: {"sessionId": "ses_1", "totalTokens": 1240, "compactionCount": 0}}
    )

    async def patch(self, key: str, changes: Mapping[str, object], model: str | None = "") -> Json:
        full, _ = self.entry(key)
        self.entries[full] |= {**changes, **({} if model == "" else {"modelOverride": model})}
        resolved = {"modelProvider": "anthropic", "model": "claude-opus-4-6"}
        return {"ok": True, "key": full, "entry": self.entries[full], "resolved": resolved}

    async def delete(self, key: str) -> Json:
        full, _ = self.entry(key)
        del self.entries[full]
        return {"ok": True, "key": full, "deleted": True, "archived": []}

    def entry(self, key: str) -> tuple[str, Mapping[str, object]]:
        full = MAIN if key == "main" else key
        if full not in self.entries:
            raise UnknownKeyError(f"there is no session {full}")
        return full, dict(self.entries[full])


@dataclass
class FakePost:
    sent: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> Json:
        if letter.to == "nobody":
            raise NotSentError("not sent: chat not found")
        self.sent.append(letter)
        return {
            "runId": letter.key,
            "messageId": "77",
            "channel": letter.channel or "telegram",
            "status": "sent",
        }


class FakeSkills:
    async def status(self, agent: str | None) -> Json:
        return {"agentId": agent or "main", "skills": [{"name": "weather", "eligible": True}]}


class FakeHeartbeats:
    async def last(self) -> Json | None:
        return None


def fake_office(folder: Path | None = None) -> Office:
    where, clock = folder or NOWHERE, SystemClock()
    return Office(
        DeviceBook(where / "devices", clock),
        PresenceBook("0.1.0", clock.now_ms),
        WriteLimit(clock),
        FakeConfig(),
        FakeSessions(),
        WorkspaceDesk({"main": where / "workspace"}),
        LogTail(where / "gateway.log"),
        FakePost(),
        FakeSkills(),
        FakeHeartbeats(),
        ExecRuleBook(ExecConfig(), "/home/ana/.openclaw/openclaw.json"),
        ("main",),
    )
