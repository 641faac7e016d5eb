"""A house that answers: its runs are scripted, and told on a real bus as the gateway tells them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from openclaw.bus import Bus
from openclaw.gateway.command_requests import CommandRequests
from openclaw.gateway.phone.desk import PhoneDesk
from openclaw.gateway.tool_survey import Asked
from openclaw.types.clock import SystemClock, iso
from openclaw.types.conversation import Usage
from openclaw.types.errors import OpenClawError
from openclaw.types.events import (
    ModelReplied,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from openclaw.web.browser.logins import Logins
from openclaw.web.desk import CostKey, Json, Nameplate, Question, RunState, UnknownKeyError
from tests.web.fake_browsers import FakeBrowsers, FakeCodes
from tests.web.fake_compliance import FakeCompliance
from tests.web.fake_jobs import FakeJobs
from tests.web.fake_office import fake_office

MAIN = "agent:main:main"
NOW = 1_795_228_142_000
NAMEPLATE = Nameplate(
    version="0.1.0",
    boot_id="b_1",
    config_path="/home/ana/.openclaw/openclaw.json",
    state_dir="/home/ana/.openclaw",
    sessions_path="/home/ana/.openclaw/agents/main/sessions/sessions.json",
    started_at=NOW,
    model="anthropic/claude-opus-4-6",
    context_tokens=200_000,
)

APPROVAL: Json = {
    "id": "mitorake",
    "state": "pending",
    "tool": "message",
    "kind": "send",
    "summary": "message (send): telegram:821071299",
    "why": "it writes to somebody else",
    "expiresAt": iso(NOW + 600_000),
}


@dataclass
class FakeDesk:
    bus: Bus
    questions: list[Question] = field(default_factory=list)
    runs: dict[str, RunState] = field(default_factory=dict)
    old_runs: dict[str, RunState] = field(default_factory=dict)
    settled: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    explained: list[tuple[str, Asked]] = field(default_factory=list)
    running_config: Json = field(default_factory=dict)
    decided: list[tuple[str, bool, str]] = field(default_factory=list)
    state_dir: str = NAMEPLATE.state_dir
    failing: Exception | None = None
    kept_jobs: FakeJobs = field(default_factory=FakeJobs)
    kept_compliance: FakeCompliance = field(default_factory=FakeCompliance)
    telephone: PhoneDesk | None = None
    kept_commands: CommandRequests | None = None
    reply: Callable[["FakeDesk", str], Awaitable[None]] | None = None
    """What happens at once when something is asked."""

    def nameplate(self) -> Nameplate:
        return replace(NAMEPLATE, state_dir=self.state_dir)

    async def ask(self, question: Question) -> RunState:
        if self.failing is not None:
            raise self.failing
        if question.run_id not in self.runs:
            self.questions.append(question)
            key = MAIN if question.session_key == "main" else question.session_key
            self.runs[question.run_id] = RunState(question.run_id, "in_flight", key, started_at=NOW)
            if self.reply is not None:
                await self.reply(self, question.run_id)
        return self.runs[question.run_id]

    async def note(self, question: Question) -> str:
        self.questions.append(question)
        return f"m_{len(self.questions)}"

    def arrival_key(self, run_id: str) -> str:
        return f"webchat:default:{run_id}"

    async def stop(self, question: Question) -> list[str] | None:
        return await self.abort(question.session_key) if question.message == "stop" else None

    async def abort(self, session_key: str, run_id: str | None = None) -> list[str]:
        going = [name for name, run in self.runs.items() if run.status == "in_flight"]
        return [name for name in going if run_id in (None, name)]

    def leave(self, run_id: str) -> None:
        self.left.append(run_id)

    def agents(self) -> list[str]:
        return ["main", "clerk"]

    def run(self, run_id: str) -> RunState | None:
        return self.runs.get(run_id)

    async def old_run(self, run_id: str) -> RunState | None:
        return self.old_runs.get(run_id)

    async def health(self) -> Json:
        return {"ok": True, "channels": {"telegram": {"condition": "connected"}}}

    async def status(self) -> Json:
        return {"version": NAMEPLATE.version, "model": NAMEPLATE.model, "channels": []}

    async def sessions(self, *, limit: int, agent: str | None, search: str | None) -> list[Json]:
        entries: list[Json] = [
            {"key": MAIN, "sessionId": "ses_1", "updatedAt": NOW, "totalTokens": 1240, "channel": "telegram"},
            {"key": "agent:main:telegram:group:-100", "sessionId": "ses_2", "updatedAt": NOW - 9_000},
        ]
        return [entry for entry in entries if search is None or search in str(entry["key"])][:limit]

    async def session(self, key: str) -> Json:
        if key not in {"main", MAIN}:
            raise UnknownKeyError(f"there is no session {key!r}; see `openclaw sessions list`")
        lines = [{"role": "user", "content": "hello", "timestamp": "2026-02-27T09:00:00.000Z"}]
        return {"key": MAIN, "sessionId": "ses_1", "entry": {"sessionId": "ses_1"}, "lines": lines}

    async def history(self, key: str, limit: int) -> Json:
        whole = await self.session(key)
        lines = whole["lines"]
        assert isinstance(lines, list)
        return {**whole, "lines": lines[-limit:], "total": len(lines)}

    async def last_words(self, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: "hello" for key in keys if key == MAIN}

    async def reset_session(self, key: str) -> Json:
        return {"ok": True, "key": key, "entry": {"sessionId": "ses_9"}}

    async def pairing_requests(self, channel: str | None) -> list[Json]:
        request = {"channel": "telegram", "id": "821071206", "code": "ABCD2345", "createdAt": "", "meta": {}}
        requests: list[Json] = [request]
        return requests if channel in {None, "telegram"} else []

    async def approve_pairing(self, channel: str, code: str) -> Json:
        if code != "ABCD2345":
            raise UnknownKeyError(f"no request with the code {code} on {channel}")
        return {"channel": channel, "id": "821071206"}

    async def reject_pairing(self, channel: str, code: str) -> Json:
        return {"channel": channel, "id": "821071206"}

    async def traces(self, limit: int) -> list[Json]:
        return [await self.trace("t_1")][:limit]

    async def trace(self, trace_id: str) -> Json:
        if trace_id != "t_1":
            raise UnknownKeyError(f"there is no trace {trace_id!r}")
        llm = {
            "model": "anthropic/claude-opus-4-6",
            "input": 1200,
            "output": 40,
            "cacheRead": 1100,
            "cost": 0.0021,
        }
        spans = [
            {"name": "received", "at": iso(NOW), "ms": 0.0},
            {"name": "llm", "at": iso(NOW + 4), "ms": 812.5, **llm},
            {"name": "tool", "at": iso(NOW + 820), "ms": 90.0, "tool": "get_weather", "ok": True},
        ]
        head = {
            "id": "t_1",
            "at": iso(NOW),
            "event": "telegram:default:7",
            "outcome": "answered",
            "reason": "",
        }
        return {**head, "session": MAIN, "spans": spans}

    async def costs(self, *, by: CostKey, days: int) -> Json:
        counts = {"turns": 2, "input": 1200, "output": 40, "cacheRead": 1100, "cost": 0.0021}
        rows = [{"key": "main" if by == "agent" else by, **counts}] if days > 1 else []
        total = {"key": "total", **counts}
        return {"by": by, "days": days, "rows": rows, "total": total, "budgets": await self.budgets()}

    async def budgets(self) -> list[Json]:
        per_day: Json = {"cap": "perDay", "limit": 5.0, "spent": 1.2, "freesAt": iso(NOW)}
        per_turn: Json = {"cap": "perTurn", "limit": 0.5}
        return [per_day, per_turn]

    async def models(self) -> list[Json]:
        opus: Json = {
            "id": "claude-opus-4-6",
            "name": "claude-opus-4-6",
            "provider": "anthropic",
            "alias": "opus",
            "contextWindow": 1_000_000,
            "reasoning": True,
            "tags": ["default"],
            "thinkingDefault": "low",
            "available": True,
            "cost": {"input": 5, "output": 25, "cacheRead": 0.5, "cacheWrite": 6.25},
        }
        return [opus]

    async def model_status(self) -> Json:
        limited = {"state": "cooling", "until": NOW + 60_000, "reason": "rate_limit"}
        profiles = [
            {
                "id": "anthropic:work",
                "provider": "anthropic",
                **limited,
                "lastUsed": NOW,
                "models": [{"model": "claude-opus-4-6", **limited}],
            },
            {
                "id": "anthropic:home",
                "provider": "anthropic",
                "state": "ok",
                "until": None,
                "reason": None,
                "lastUsed": None,
                "models": [],
            },
        ]
        return {"model": NAMEPLATE.model, "fallbacks": ["openai/gpt-5"], "profiles": profiles}

    async def mcp_servers(self) -> list[Json]:
        told = {"since": iso(NOW), "server": "files 1.0", "protocol": "2025-11-25", "leftOut": []}
        connected = {"name": "files", "transport": "stdio", "state": "connected", "reason": "", **told}
        down = {"name": "web", "transport": "sse", "state": "failing", "reason": "ConnectError", **told}
        return [{**connected, "tools": ["mcp__files__read"]}, {**down, "tools": []}]

    async def approvals(self, *, settled: bool) -> list[Json]:
        return [APPROVAL, *([{**APPROVAL, "id": "zobalune", "state": "denied"}] if settled else [])]

    async def decide_approval(self, approval_id: str, *, allow: bool, by: str) -> Json:
        if approval_id != APPROVAL["id"]:
            raise UnknownKeyError(f"there is no approval {approval_id!r}")
        self.decided.append((approval_id, allow, by))
        return {**APPROVAL, "state": "approved" if allow else "denied", "decidedBy": by}

    def commands(self) -> CommandRequests:
        if self.kept_commands is None:
            raise OpenClawError("nobody can be asked about commands in this house")
        return self.kept_commands

    async def tools(self, asked: Asked) -> list[Json]:
        ours: Json = {"name": "exec", "origin": "openclaw", "from": "openclaw", "effect": "R3"}
        skills: Json = {"name": "get_weather", "origin": "skills", "from": "weather", "effect": "R0"}
        return [
            {**ours, "allowed": False, "rule": 'tools.deny: "exec"'},
            {**skills, "allowed": True, "rule": "profile full of the owner"},
        ]

    async def explain_tool(self, name: str, asked: Asked) -> Json:
        self.explained.append((name, asked))
        row = next((row for row in await self.tools(asked) if row["name"] == name), None)
        known: Json = {"name": name, "allowed": True, "rule": "profile full of the owner", **(row or {})}
        place = {"channel": asked.channel or "webchat", "sender": asked.sender or "", "role": "owner"}
        who = {"agent": asked.agent or "main", **place}
        return {**known, "exists": row is not None, "known": row is not None, "for": who}

    def config(self) -> Json:
        return {"path": NAMEPLATE.config_path, "hash": "", "config": self.running_config, "issues": []}

    def compliance(self) -> FakeCompliance:
        return self.kept_compliance

    def jobs(self) -> FakeJobs:
        return self.kept_jobs

    def phone(self) -> PhoneDesk:
        if self.telephone is None:
            raise OpenClawError("this house has no telephone")
        return self.telephone

    async def webhooks(self) -> list[Json]:
        called = {"lastAcceptedAt": iso(NOW), "lastRefusedAt": None, "lastRefusal": "", "mend": ""}
        shared: Json = {"methods": ["POST"], "served": True, **called}
        return [
            {"path": "/webhooks/salesmsg", "channel": "salesmsg", "checkedBy": "query token", **shared},
            {
                "path": "/webhooks/quo", "channel": "quo", "checkedBy": "signature headers", **shared,
                "lastRefusedAt": iso(NOW + 1), "lastRefusal": "bad-signature",
            },
        ]  # fmt: skip

    async def outbox(self, *, state: str | None, limit: int) -> list[Json]:
        row = {
            "id": "out_1",
            "channel": "telegram",
            "recipient": "821071206",
            "state": "ambiguous",
            "attempts": 1,
        }
        rows: list[Json] = [row]
        return rows[:limit] if state in {None, "ambiguous"} else []

    async def settle(self, outbox_id: str, action: Literal["resend", "drop"]) -> Json:
        if outbox_id != "out_1":
            raise UnknownKeyError(f"there is no message {outbox_id!r} in the outbox")
        self.settled.append((outbox_id, action))
        return {"ok": True, "id": outbox_id, "state": "queued" if action == "resend" else "dropped"}

    async def answer(self, run_id: str, *words: str, tool: str | None = None) -> None:
        """Tell a whole run: deltas, perhaps a tool call before them, and the end."""
        key = self.runs[run_id].session_key
        await self.bus.publish(TurnStarted(run_id, key, "main"))
        if tool is not None:
            await self.bus.publish(ToolStarted(run_id, key, "toolu_1", tool, {"location": "Sydney"}))
            await self.bus.publish(
                ToolFinished(run_id, key, "toolu_1", tool, '{"temperature":22}', failed=False)
            )
        for word in words:
            await self.bus.publish(TextDelta(run_id, key, word))
        text = "".join(words)
        await self.bus.publish(ModelReplied(run_id, key, NAMEPLATE.model, Usage(1200, 40)))
        await self.end(run_id, text)

    async def end(self, run_id: str, text: str = "", *, error: str = "") -> None:
        key = self.runs[run_id].session_key
        status: Literal["ok", "error"] = "error" if error else "ok"
        self.runs[run_id] = RunState(run_id, status, key, text, error, NOW, NOW + 411)
        await self.bus.publish(TurnFinished(run_id, key, "dead" if error else "answered", text, error))


class FakeHouse:
    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: for what is kept on disk."""
        self.bus = Bus()
        self.desk = FakeDesk(self.bus)
        if folder is not None:
            self.desk.state_dir = str(folder)
        self.logins = Logins(FakeBrowsers(), FakeCodes(), SystemClock())
        self.office = fake_office(folder)
