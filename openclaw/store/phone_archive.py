"""Texts and calls as people look them up: by number, page by page, with what the house knows of each."""

from dataclasses import dataclass
from typing import Any

import orjson

from openclaw.store.database import Database, Transaction

LOOKED_THROUGH = 5000
"""Of the newest texts, for the list of threads."""

_WAITING = ("pending", "sending", "held", "refused", "failed", "ambiguous")
"""States of a message that is not, or not yet, a text of the telephone company's."""
_THEIRS = "iif(direction = 'inbound', from_number, to_number)"


@dataclass(frozen=True, slots=True)
class Page:
    """The newest first. `before`: the place behind which the page begins, as the last row of the one before told it."""

    number: str | None = None
    limit: int = 50
    before: str | None = None

    def terms(self) -> dict[str, object]:
        at, _, name = (self.before or "9|").partition("|")
        return {"number": self.number, "at": at, "name": name, "limit": self.limit}


class PhoneArchive:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def threads(self, limit: int) -> list[dict[str, Any]]:
        """`{number, count, at, direction, body, status}`: each number's last text, the newest first."""
        return await self._database.read(lambda tx: threads(tx, limit))

    async def texts(self, page: Page) -> list[dict[str, Any]]:
        return await self._database.read(lambda tx: texts(tx, page))

    async def calls(self, page: Page) -> list[dict[str, Any]]:
        return await self._database.read(lambda tx: calls(tx, page))

    async def call(self, sid: str) -> dict[str, Any] | None:
        return await self._database.read(lambda tx: call(tx, sid))

    async def words(self, sid: str) -> list[dict[str, Any]]:
        """`{at, by: them|us, text, trace, session}`: what was said in a call.

        After a week the text of what was heard is None here: it is in the conversation's transcript alone.
        """
        return await self._database.read(lambda tx: words(tx, sid))


def threads(tx: Transaction, limit: int) -> list[dict[str, Any]]:
    # Of the bare columns beside one max() SQLite takes the row that holds it.
    rows = tx.execute(
        f"SELECT {_THEIRS} AS number, count(*) AS count, max(at) AS at, direction, body, status FROM"  # noqa: S608 - our own words
        " (SELECT * FROM twilio_sms WHERE channel = 'sms' AND from_number <> '' ORDER BY at DESC LIMIT ?)"
        " GROUP BY number ORDER BY at DESC LIMIT ?",
        (LOOKED_THROUGH, limit),
    )
    return [dict(row) for row in rows]


def texts(tx: Transaction, page: Page) -> list[dict[str, Any]]:
    """With those of ours that have not left, or never will."""
    found = [*_exchanged(tx, page), *_waiting(tx, page)]
    return sorted(found, key=lambda row: (row["at"], row["id"]), reverse=True)[: page.limit]


def _exchanged(tx: Transaction, page: Page) -> list[dict[str, Any]]:
    whose = "" if page.number is None else " AND (t.from_number = :number OR t.to_number = :number)"
    rows = tx.execute(
        "SELECT t.sid AS id, t.at, t.direction, t.from_number AS 'from', t.to_number AS 'to', t.body, t.status,"  # noqa: S608 - our own words
        " t.error_code AS errorCode, t.segments, t.cost, coalesce(i.trace_id, o.trace_id, '') AS trace,"
        " coalesce(i.reason, '') AS reason, coalesce(o.purpose, '') AS purpose, NULL AS retryAt"
        " FROM twilio_sms t LEFT JOIN inbox i ON i.key = 'sms:' || t.sid"
        " LEFT JOIN outbox o ON o.id = t.outbox_id AND t.outbox_id <> ''"
        f" WHERE t.channel = 'sms' AND t.from_number <> ''{whose}"
        " AND (t.at, t.sid) < (:at, :name) ORDER BY t.at DESC, t.sid DESC LIMIT :limit",
        page.terms(),
    )
    return [_text(row) for row in rows]


def _waiting(tx: Transaction, page: Page) -> list[dict[str, Any]]:
    whose = "" if page.number is None else " AND o.recipient = :number"
    rows = tx.execute(
        "SELECT o.id, o.created_at AS at, 'outbound' AS direction, '' AS 'from', o.recipient AS 'to', o.text AS body,"  # noqa: S608 - our own words
        " o.state AS status, NULL AS errorCode, NULL AS segments, 0.0 AS cost, o.trace_id AS trace, o.reason,"
        " o.purpose, o.retry_at AS retryAt FROM outbox o"
        f" WHERE o.channel = 'sms' AND o.state IN {_WAITING!r}{whose}"
        " AND NOT EXISTS (SELECT 1 FROM twilio_sms s WHERE s.outbox_id = o.id AND s.outbox_id <> '')"
        " AND (o.created_at, o.id) < (:at, :name) ORDER BY o.created_at DESC, o.id DESC LIMIT :limit",
        page.terms(),
    )
    return [_text(row) for row in rows]


def _text(row: Any) -> dict[str, Any]:
    found = dict(row)
    inbound = found["direction"] == "inbound"
    # Of what nobody answers: whoever wrote is on no list, and no model has heard of it.
    found["streamed"] = inbound and found["reason"] == "stream"
    return {**found, "place": f"{found['at']}|{found['id']}"}


_CALL = (
    "SELECT sid AS id, direction, from_number AS 'from', to_number AS 'to', status, duration, cost, at,"
    " recording IS NOT NULL AND recording <> '' AS recorded FROM twilio_calls"
)


def calls(tx: Transaction, page: Page) -> list[dict[str, Any]]:
    whose = "" if page.number is None else " AND (from_number = :number OR to_number = :number)"
    rows = tx.execute(
        f"{_CALL} WHERE from_number || to_number <> ''{whose}"
        " AND (at, sid) < (:at, :name) ORDER BY at DESC, sid DESC LIMIT :limit",
        page.terms(),
    )
    return [_called(row) for row in rows]


def call(tx: Transaction, sid: str) -> dict[str, Any] | None:
    row = tx.execute(f"{_CALL} WHERE sid = ?", (sid,)).fetchone()
    return _called(row) if row is not None else None


def _called(row: Any) -> dict[str, Any]:
    found = dict(row)
    return {**found, "recorded": bool(found["recorded"]), "place": f"{found['at']}|{found['id']}"}


def words(tx: Transaction, sid: str) -> list[dict[str, Any]]:
    # A range, not LIKE: the keys have an index, and `_` stands for itself in it.
    heard = tx.execute(
        "SELECT received_at AS at, event, trace_id AS trace, session_key AS session FROM inbox"
        " WHERE key > ?1 || ':' AND key < ?1 || ';' AND (event IS NOT NULL OR session_key IS NOT NULL)",
        (f"voice:default:{sid}",),
    ).fetchall()
    said = tx.execute(
        "SELECT coalesce(sent_at, created_at) AS at, text, trace_id AS trace FROM outbox WHERE channel = 'voice'"
        " AND state = 'sent' AND provider_id = ?",
        (sid,),
    ).fetchall()
    theirs = [{**dict(row), "by": "them", "text": _heard(row["event"])} for row in heard]
    for line in theirs:
        del line["event"]
    ours = [{**dict(row), "by": "us", "session": None} for row in said]
    return sorted([*theirs, *ours], key=lambda line: str(line["at"]))


def _heard(event: str | None) -> str | None:
    return str(orjson.loads(event)["text"]) if event is not None else None
