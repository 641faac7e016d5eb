"""The house's back office: real books on a folder of the test's, and fakes of what needs a whole house."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.store.phone_archive import Page
from openclaw.store.traffic import Account, Traffic
from openclaw.store.usage import CostGroup
from openclaw.types.clock import SystemClock
from openclaw.types.errors import OpenClawError
from openclaw.web.devices.book import DeviceBook
from openclaw.web.office.desk import Office
from openclaw.web.office.exec_rules import ExecRuleBook
from openclaw.web.office.files import WorkspaceDesk
from openclaw.web.office.limit import WriteLimit
from openclaw.web.office.logs import LogTail
from openclaw.web.office.post import Letter, NotSentError
from openclaw.web.office.presence import PresenceBook
from openclaw.web.office.telephone import TelephoneBook
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

    async def check(self, raw: str | None, patch: str | None) -> Json:
        return {"ok": True, "raw": raw or patch, "changed": [], "problems": []}

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

    def chosen(self, name: str | None, agent: str) -> Mapping[str, object]:
        if name == "nonsense/x":
            raise OpenClawError(f"I know no model {name!r} that may be chosen for {agent}.")
        return {"modelOverride": name, "providerOverride": None}

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


@dataclass
class FakeArchive:
    """Texts and calls, the newest first."""

    kept_texts: list[dict[str, Any]] = field(default_factory=list)
    kept_calls: list[dict[str, Any]] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Page] = field(default_factory=list)

    async def threads(self, limit: int) -> list[dict[str, Any]]:
        last = {
            row["from"] if row["direction"] == "inbound" else row["to"]: row for row in self.kept_texts[::-1]
        }
        return [{**row, "number": number, "count": 1} for number, row in last.items()][:limit]

    async def texts(self, page: Page) -> list[dict[str, Any]]:
        self.asked.append(page)
        return _page(self.kept_texts, page)

    async def calls(self, page: Page) -> list[dict[str, Any]]:
        self.asked.append(page)
        return _page(self.kept_calls, page)

    async def call(self, sid: str) -> dict[str, Any] | None:
        return next((row for row in self.kept_calls if row["id"] == sid), None)

    async def words(self, sid: str) -> list[dict[str, Any]]:
        return self.said


def _page(rows: list[dict[str, Any]], page: Page) -> list[dict[str, Any]]:
    return [row for row in rows if page.before is None or row["place"] < page.before][: page.limit]


class FakeHeartbeats:
    async def last(self) -> Json | None:
        return None


@dataclass
class FakeSpending:
    asked: list[tuple[CostGroup, int | None]] = field(default_factory=list)

    async def daily(self, by: CostGroup, days: int | None) -> Json:
        self.asked.append((by, days))
        counts = {"turns": 2, "input": 1200, "output": 40, "cacheRead": 1100, "cost": 0.0021}
        phone: Json = {"texts": [], "calls": []}
        more: Json = {"phone": phone, "lastHour": []}
        rows = [{"key": "main", **counts}]
        days_of: Json = {"days": [{"day": "2026-11-21", "rows": rows}], "rows": rows}
        return {
            "by": by,
            "timezone": "Australia/Sydney",
            **days_of,
            "total": {"key": "total", **counts},
            **more,
        }


@dataclass
class FakeChannels:
    used: dict[Account, Traffic] = field(default_factory=dict)
    restarted: list[Account] = field(default_factory=list)
    at_rest: list[Json] = field(default_factory=list)

    async def traffic(self) -> Mapping[Account, Traffic]:
        return self.used

    def idle(self) -> Sequence[Json]:
        return self.at_rest

    def restart(self, channel: str, account: str) -> None:
        if channel != "telegram":
            raise UnknownKeyError(f"no channel {channel} is at work")
        self.restarted.append((channel, account))


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
        TelephoneBook(FakeArchive(), where / "recordings"),
        ("main",),
        spending=FakeSpending(),
        channels=FakeChannels(),
    )
