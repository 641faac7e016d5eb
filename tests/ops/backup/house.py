"""A house on disk: a ledger, conversations, and a daemon's doings in it, without the daemon."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from openclaw.sessions.lines import encode, header
from openclaw.store import echoes, inbox, outbox, sessions
from openclaw.store.database import Transaction, make_ready
from openclaw.store.echoes import Echo
from openclaw.store.outbox import Draft
from openclaw.store.sessions import SessionRow
from openclaw.types.conversation import AssistantMessage, Text, Usage, UserMessage
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Arrival, Inbound, Part, Sender

KEY, SESSION, NOW = "agent:main:main", "ses_1", 1_772_193_600_000
MINUTE = 60_000
CHAT = Address("telegram", "821071206")


@cache
def blank() -> bytes:
    """A ledger that has gone through every step: once is enough."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "ledger.sqlite")
        with closing(sqlite3.connect(path, isolation_level=None)) as tx:
            make_ready(tx, path)
        return path.read_bytes()


@dataclass
class House:
    state: Path

    def __post_init__(self) -> None:
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ledger = self.state / "ledger.sqlite"
        self.transcript.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.config = self.state / "openclaw.json"
        if not self.config.exists():
            self.config.write_text("// mine\n{ gateway: { port: 18789 } }\n")
        if not self.ledger.exists():
            self.ledger.write_bytes(blank())
        with self.open() as tx:
            sessions.save(tx, SessionRow(KEY, "main", SESSION, {"sessionId": SESSION, "updatedAt": NOW}, NOW))

    @property
    def transcript(self) -> Path:
        return self.state / "agents/main/sessions" / f"{SESSION}.jsonl"

    def open(self) -> "closing[Transaction]":
        tx = sqlite3.connect(self.ledger, isolation_level=None)
        tx.row_factory = sqlite3.Row
        tx.execute("PRAGMA synchronous = OFF")
        return closing(tx)

    def arrive(self, name: str, at: int = NOW) -> str:
        """A message that waits for its turn; its trace."""
        message = Inbound("telegram", Sender("821071206", "Ana"), name, at, reply_to=CHAT)
        with self.open() as tx:
            ((_, trace),) = inbox.insert(
                tx, [Arrival(f"telegram:default:{name}", "telegram", "default", b"{}", message)], at
            )
            tx.execute("UPDATE inbox SET state = 'queued', session_key = ? WHERE trace_id = ?", (KEY, trace))
        return trace

    def answer(self, trace: str, at: int = NOW, *, written: bool = True) -> None:
        """Its turn ends: in one transaction as the daemon does it, then the lines are written."""
        lines = b"".join(
            encode(entry)
            for entry in (
                UserMessage(new_id("m"), at, "hello", "telegram:821071206", "owner", trace),
                AssistantMessage(new_id("m"), at, (Text("hi"),), "m/m", Usage()),
            )
        )
        with self.open() as tx:
            (seq,) = tx.execute("SELECT seq FROM inbox WHERE trace_id = ?", (trace,)).fetchone()
            tx.execute("BEGIN IMMEDIATE")
            inbox.finish(tx, seq, "answered", "", at)
            echo = echoes.insert(tx, Echo("transcript", KEY, lines.decode()))
            draft = Draft(f"o_{trace}", CHAT, Part("hi"), 0, "reply", "owner", trace)
            outbox.insert(tx, draft, seq, at)
            tx.execute("COMMIT")
            if written:
                self.write(lines, at)
                echoes.written(tx, [echo])

    def write(self, lines: bytes, at: int = NOW) -> None:
        if not self.transcript.exists():
            lines = header(SESSION, KEY, "main", at) + lines
        with self.transcript.open("ab") as file:
            file.write(lines)

    def sent(self, trace: str, at: int = NOW) -> None:
        with self.open() as tx:
            outbox.sent(tx, f"o_{trace}", "77", at)

    def inbox(self) -> dict[str, str]:
        """State by key."""
        with self.open() as tx:
            return {row[0].rsplit(":", 1)[1]: row[1] for row in tx.execute("SELECT key, state FROM inbox")}

    def outbox(self) -> list[str]:
        with self.open() as tx:
            return [row[0] for row in tx.execute("SELECT state FROM outbox ORDER BY seq")]
