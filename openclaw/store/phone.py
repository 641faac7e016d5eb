"""Texts and calls as the telephone company tells of them, and the log of what happened on all channels."""

from collections.abc import Callable
from typing import Any

from openclaw.store import traces, usage
from openclaw.store.database import Database, Transaction
from openclaw.store.usage import UsageRow
from openclaw.types.clock import Clock, iso, parse_iso
from openclaw.types.conversation import Usage
from openclaw.types.phone import CallRow, SmsRow

_TEXT_RANKS = {
    "accepted": 1, "scheduled": 1, "receiving": 1, "queued": 2, "sending": 3, "sent": 4, "partially_delivered": 5,
    "received": 6, "delivered": 6, "failed": 6, "undelivered": 6, "canceled": 6, "read": 7,
}  # fmt: skip
_CALL_RANKS = {"queued": 1, "initiated": 1, "ringing": 2, "in-progress": 3, "answered": 3}
_CALL_END = 6
"""`completed`, `busy`, `failed`, `no-answer`, `canceled`: nothing follows."""
_ARRIVED = frozenset({"delivered", "read"})
_LOST = frozenset({"failed", "undelivered", "canceled"})
_SUMMARY = 200


def text_moves_on(known: str, status: str) -> bool:
    """Whether a text that was `known` can be `status` now. Callbacks come late, twice, and in any order."""
    if status == "read":
        return known not in {"read", *_LOST}
    return _TEXT_RANKS.get(status, 0) > _TEXT_RANKS.get(known, 0)


def call_moves_on(known: tuple[str, int], status: str, sequence: int | None) -> bool:
    """By Twilio's running number where there is one, else by the order in which calls go."""
    before, last = known
    if sequence is not None and last >= 0:
        return sequence > last
    return _CALL_RANKS.get(status, _CALL_END) > _CALL_RANKS.get(before, _CALL_END)


class PhoneStore:
    """Satisfies `types.phone.PhoneLedger`."""

    def __init__(self, database: Database, clock: Clock, see_usage: Callable[[UsageRow], None]) -> None:
        """`see_usage` is called with each row of usage once it is committed."""
        self._database = database
        self._clock = clock
        self._see_usage = see_usage

    async def sms(self, row: SmsRow) -> bool:
        now = self._clock.now_ms()
        fresh, cost = await self._database.write(lambda tx: record_text(tx, row, now))
        if cost is not None:
            self._see_usage(cost)
        return fresh

    async def sms_status(self, sid: str, status: str, error_code: int | None = None) -> bool:
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: text_status(tx, sid, status, error_code, now))

    async def known_sms(self, sid: str) -> bool:
        return await self._database.read(lambda tx: is_known(tx, sid))

    async def sms_of(self, outbox_id: str) -> str | None:
        return await self._database.read(lambda tx: text_of_message(tx, outbox_id))

    async def listening_since(self, channel: str, number: str) -> int:
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: listening_since(tx, channel, number, now))

    async def call(self, row: CallRow) -> bool:
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: record_call(tx, row, now))

    async def call_status(
        self,
        sid: str,
        status: str,
        *,
        sequence: int | None = None,
        duration: int | None = None,
        cost: float = 0.0,
    ) -> bool:
        now = self._clock.now_ms()
        moved, spent = await self._database.write(
            lambda tx: call_status(tx, sid, (status, sequence), duration, cost, now)
        )
        if spent is not None:
            self._see_usage(spent)
        return moved

    async def said_in(self, sid: str) -> str:
        return await self._database.read(lambda tx: said_in(tx, sid))

    async def recording(self, sid: str, path: str) -> None:
        now = self._clock.now_ms()
        await self._database.write(lambda tx: keep_recording(tx, sid, path, now))

    async def happened(self, channel: str, kind: str, ref: str, summary: str) -> None:
        now = self._clock.now_ms()
        await self._database.write(lambda tx: happened(tx, channel, kind, (ref, summary), now))

    async def texts_with(self, number: str, limit: int) -> list[dict[str, object]]:
        """The last texts from and to a number, the newest first."""
        return await self._database.read(lambda tx: texts_with(tx, number, limit))


# -- texts ----------------------------------------------------------------------------------------------------


def record_text(tx: Transaction, row: SmsRow, now: int) -> tuple[bool, UsageRow | None]:
    """Whether it is new, and what it cost."""
    known = _text(tx, row.sid)
    if is_known(tx, row.sid):
        return False, None
    # A status may have come before the answer to our own request.
    status = known["status"] if known and not text_moves_on(known["status"], row.status) else row.status
    tx.execute(
        "INSERT OR REPLACE INTO twilio_sms (sid, direction, from_number, to_number, body, status, error_code, at,"
        " channel, segments, cost, outbox_id, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.sid, row.direction, row.from_number, row.to_number, row.body, status,
            known["error_code"] if known else row.error_code, iso(now), row.channel, row.segments, row.cost,
            row.outbox_id, iso(now),
        ),
    )  # fmt: skip
    if known is not None:
        _tell_turn(tx, row.sid, status, known["error_code"], now)
    kind = "received" if row.direction == "inbound" else "sent"
    happened(
        tx, row.channel, f"sms.{kind}", (row.sid, f"{row.from_number} → {row.to_number}: {row.body}"), now
    )
    return True, _spent(tx, row, now) if row.cost > 0 else None


def is_known(tx: Transaction, sid: str) -> bool:
    """A status alone says nothing of whose text it is."""
    known = _text(tx, sid)
    return known is not None and bool(known["from_number"])


def text_of_message(tx: Transaction, outbox_id: str) -> str | None:
    row = tx.execute(
        "SELECT sid FROM twilio_sms WHERE outbox_id = ? AND outbox_id <> ''", (outbox_id,)
    ).fetchone()
    return row["sid"] if row is not None else None


def text_status(tx: Transaction, sid: str, status: str, error_code: int | None, now: int) -> bool:
    known = _text(tx, sid)
    if known is None:
        tx.execute(
            "INSERT INTO twilio_sms (sid, direction, from_number, to_number, body, status, error_code, at, updated_at)"
            " VALUES (?, 'outbound', '', '', '', ?, ?, ?, ?)",
            (sid, status, error_code, iso(now), iso(now)),
        )
    elif not text_moves_on(known["status"], status):
        return False
    else:
        tx.execute(
            "UPDATE twilio_sms SET status = ?, error_code = coalesce(?, error_code), updated_at = ? WHERE sid = ?",
            (status, error_code, iso(now), sid),
        )
    _tell_turn(tx, sid, status, error_code, now)
    return True


def _tell_turn(tx: Transaction, sid: str, status: str, error_code: int | None, now: int) -> None:
    """The trace of the turn that sent a text says how it ended."""
    if status not in _ARRIVED | _LOST:
        return
    row = tx.execute(
        "SELECT o.id, o.trace_id, o.sent_at FROM outbox o LEFT JOIN twilio_sms t ON t.sid = ?"
        " WHERE o.provider_id = ? OR o.id = t.outbox_id LIMIT 1",
        (sid, sid),
    ).fetchone()
    if row is None:
        return
    ms = max(0, now - parse_iso(row["sent_at"])) if row["sent_at"] else 0
    span: traces.Span = {
        "name": "delivered",
        "at": iso(now),
        "ms": float(ms),
        "ok": status in _ARRIVED,
        "status": status,
    }
    if error_code is not None:
        span["errorCode"] = error_code
    traces.extend(tx, row["trace_id"], [span])
    if status in _LOST:
        reason = status if error_code is None else f"{status} (error {error_code})"
        tx.execute(
            "UPDATE outbox SET state = 'failed', reason = ? WHERE id = ? AND state = 'sent'",
            (reason, row["id"]),
        )


def _spent(tx: Transaction, row: SmsRow, now: int) -> UsageRow:
    """A text's price, on the account of the turn that sent it."""
    cause = tx.execute(
        "SELECT o.trace_id, i.agent, i.session_key FROM outbox o LEFT JOIN inbox i ON i.seq = o.inbox_seq"
        " WHERE o.id = ?",
        (row.outbox_id,),
    ).fetchone()
    spent = UsageRow(
        now,
        (cause["agent"] if cause else None) or "",
        "twilio/sms",
        row.channel,
        (cause["session_key"] if cause else None) or "",
        cause["trace_id"] if cause else row.sid,
        Usage(cost=row.cost),
        "sms",
        f"{row.channel}:{row.to_number}",
    )
    usage.insert(tx, spent)
    return spent


def texts_with(tx: Transaction, number: str, limit: int) -> list[dict[str, object]]:
    rows = tx.execute(
        "SELECT sid, direction, from_number AS 'from', to_number AS 'to', body, status, error_code AS errorCode, at"
        " FROM twilio_sms WHERE from_number = ? OR to_number = ? ORDER BY at DESC, rowid DESC LIMIT ?",
        (number, number, limit),
    )
    return [dict(row) for row in rows]


def _text(tx: Transaction, sid: str) -> Any:
    return tx.execute("SELECT * FROM twilio_sms WHERE sid = ?", (sid,)).fetchone()


# -- calls ----------------------------------------------------------------------------------------------------


def record_call(tx: Transaction, row: CallRow, now: int) -> bool:
    known = tx.execute("SELECT from_number FROM twilio_calls WHERE sid = ?", (row.sid,)).fetchone()
    if known is not None and known["from_number"]:
        return False
    tx.execute(
        "INSERT INTO twilio_calls (sid, direction, from_number, to_number, status, at, channel, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sid) DO UPDATE SET direction = excluded.direction,"
        " from_number = excluded.from_number, to_number = excluded.to_number, channel = excluded.channel",
        (
            row.sid, row.direction, row.from_number, row.to_number, row.status, iso(now), row.channel, iso(now),
        ),
    )  # fmt: skip
    happened(tx, row.channel, f"call.{row.direction}", (row.sid, f"{row.from_number} → {row.to_number}"), now)
    return True


def call_status(
    tx: Transaction, sid: str, news: tuple[str, int | None], duration: int | None, cost: float, now: int
) -> tuple[bool, UsageRow | None]:
    """Whether it was news, and what the call cost."""
    status, sequence = news
    known = tx.execute("SELECT * FROM twilio_calls WHERE sid = ?", (sid,)).fetchone()
    if known is None:
        tx.execute(
            "INSERT INTO twilio_calls (sid, direction, from_number, to_number, status, at, updated_at)"
            " VALUES (?, 'outbound', '', '', '', ?, ?)",
            (sid, iso(now), iso(now)),
        )
        known = tx.execute("SELECT * FROM twilio_calls WHERE sid = ?", (sid,)).fetchone()
    elif not call_moves_on((known["status"], known["sequence"]), status, sequence):
        return False, None
    tx.execute(
        "UPDATE twilio_calls SET status = ?, sequence = ?, duration = coalesce(?, duration), cost = cost + ?,"
        " updated_at = ? WHERE sid = ?",
        (status, known["sequence"] if sequence is None else sequence, duration, cost, iso(now), sid),
    )
    if status not in _CALL_RANKS:
        _tell_caller(tx, sid, status, now)
        happened(tx, known["channel"], f"call.{status}", (sid, f"{duration or 0} s"), now)
    return True, _call_spent(tx, known, cost, now) if cost > 0 else None


def said_in(tx: Transaction, sid: str) -> str:
    row = _placed_for(tx, sid)
    return row["text"] if row is not None else ""


def _placed_for(tx: Transaction, sid: str) -> Any:
    """The message that became this call. What was said in a call bears its sid as well, and its thread."""
    return tx.execute(
        "SELECT id, text, trace_id, sent_at FROM outbox WHERE channel = 'voice' AND provider_id = ? AND thread IS NULL"
        " ORDER BY seq LIMIT 1",
        (sid,),
    ).fetchone()


def _tell_caller(tx: Transaction, sid: str, status: str, now: int) -> None:
    """The trace of the turn that had somebody called says how that ended."""
    row = _placed_for(tx, sid)
    if row is None:
        return
    ms = max(0, now - parse_iso(row["sent_at"])) if row["sent_at"] else 0
    ok = status == "completed"
    span: traces.Span = {
        "name": "delivered", "at": iso(now), "ms": float(ms), "ok": ok, "status": status,
    }  # fmt: skip
    traces.extend(tx, row["trace_id"], [span])
    if not ok:
        tx.execute(
            "UPDATE outbox SET state = 'failed', reason = ? WHERE id = ? AND state = 'sent'",
            (f"the call ended {status}", row["id"]),
        )


def _call_spent(tx: Transaction, call: Any, cost: float, now: int) -> UsageRow:
    other = call["from_number"] if call["direction"] == "inbound" else call["to_number"]
    sender = f"{call['channel']}:{other}"
    found = tx.execute(
        "SELECT agent, session_key FROM usage WHERE sender = ? ORDER BY rowid DESC LIMIT 1", (sender,)
    ).fetchone()
    agent, session_key = (found["agent"], found["session_key"]) if found else ("", "")
    spent = UsageRow(
        now,
        agent,
        "twilio/voice",
        call["channel"],
        session_key,
        call["sid"],
        Usage(cost=cost),
        "call",
        sender,
    )
    usage.insert(tx, spent)
    return spent


def keep_recording(tx: Transaction, sid: str, path: str, now: int) -> None:
    tx.execute("UPDATE twilio_calls SET recording = ?, updated_at = ? WHERE sid = ?", (path, iso(now), sid))


# -- what happened --------------------------------------------------------------------------------------------


def happened(tx: Transaction, channel: str, kind: str, what: tuple[str, str], now: int) -> None:
    """`what`: the provider's id of it, and a line for people."""
    ref, summary = what
    tx.execute(
        "INSERT INTO omni_events (at, channel, kind, ref, summary) VALUES (?, ?, ?, ?, ?)",
        (iso(now), channel, kind, ref, " ".join(summary.split())[:_SUMMARY]),
    )


def listening_since(tx: Transaction, channel: str, number: str, now: int) -> int:
    row = tx.execute(
        "SELECT min(at) FROM omni_events WHERE channel = ? AND kind = 'listening' AND ref = ?",
        (channel, number),
    ).fetchone()
    if row[0] is not None:
        return parse_iso(row[0])
    happened(tx, channel, "listening", (number, f"{channel} is received at {number} from now on"), now)
    return now
