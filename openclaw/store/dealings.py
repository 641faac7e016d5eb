"""What went to and fro between telephone numbers and us, and what the gates must know of it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from openclaw.compliance.blast import DAY_MS, HOUR_MS, MONTH_MS, body_key
from openclaw.compliance.words import wish
from openclaw.store import consents
from openclaw.store.consents import ComplianceEvent, subject_of
from openclaw.store.database import Transaction
from openclaw.types import e164
from openclaw.types.clock import iso
from openclaw.types.dealings import Campaign, Counters, Dealings, Tally, Thread
from openclaw.types.messages import Address, Arrival, Inbound
from openclaw.types.sending import GATED, SendIntent

SHOWN = 500
"""Characters of a text that are kept here; the whole of it is in the inbox."""
LATELY_MS = 120_000
LATE_MS = 60_000
FETCHED_LATER = frozenset({"sms"})
"""Channels that ask their provider for what came while the daemon was off, and know when that was."""
JUDGED = 50
FIRST = 60
"""Of a campaign: three times as many as have to arrive before the rest leaves, at most."""


# -- what comes in ------------------------------------------------------------------------------------------


def heard(tx: Transaction, fresh: Sequence[tuple[Arrival, str]], now: int) -> None:
    """New arrivals, in the transaction that records them: no opt-out is ever lost between two commits."""
    for arrival, trace_id in fresh:
        content = arrival.content
        if arrival.channel not in GATED or not isinstance(content, Inbound):
            continue
        if not (content.from_house or content.operator):
            _heard(tx, arrival, content, trace_id, _when(arrival, content, now))


def _when(arrival: Arrival, content: Inbound, now: int) -> int:
    """Whoever wrote hours ago is not awake now, however late we hear of it."""
    fetched_later = arrival.channel in FETCHED_LATER and 0 < content.sent_at < now - LATE_MS
    return content.sent_at if fetched_later else now


def _heard(tx: Transaction, arrival: Arrival, content: Inbound, trace_id: str, at: int) -> None:
    person = subject_of(content.sender.id)
    number = subject_of(content.reply_to.chat) if content.reply_to is not None else person
    tx.execute(
        "INSERT OR IGNORE INTO dealings (at, direction, channel, account, number, person, ref, text, trace_id)"
        " VALUES (?, 'in', ?, ?, ?, ?, ?, ?, ?)",
        (at, arrival.channel, arrival.account, number, person, arrival.key, content.text[:SHOWN], trace_id),
    )
    asked = content.wish or wish(content.text, spoken=arrival.channel == "voice")
    for subject in dict.fromkeys((person, number)):
        if (event := _event(tx, subject, arrival, asked, content.text)) is not None:
            consents.insert(tx, event, at)


def _event(
    tx: Transaction, subject: str, arrival: Arrival, asked: str | None, text: str
) -> ComplianceEvent | None:
    place = (arrival.channel, "", arrival.key, text[:SHOWN])
    match asked:
        case "stop":
            return ComplianceEvent("opt_out", subject, *place, {"said": "keyword"})
        case "stop_words":
            return ComplianceEvent("opt_out", subject, *place, {"said": "words"})
        case "start":
            return ComplianceEvent("opt_in", subject, *place)
        case "yes" if consents.contact(consents.events(tx, [subject])).opt_outs:
            return ComplianceEvent("opt_in", subject, *place)
        case _:
            return None


# -- what goes out ------------------------------------------------------------------------------------------


def sends(tx: Transaction, intent: SendIntent, aim: str, trace_id: str, now: int) -> None:
    """It has been let out. Repeated for another attempt, it counts once, from its last time."""
    to = intent.to
    tx.execute(
        "INSERT INTO dealings (at, direction, channel, account, number, person, ref, words, aim, campaign, trace_id)"
        " VALUES (?, 'out', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE SET at = excluded.at",
        (
            now, to.channel, to.account, subject_of(to.chat), subject_of(to.chat), intent.id, _hash(intent.text),
            aim, intent.campaign, trace_id,
        ),
    )  # fmt: skip
    if aim == "optout_confirm":
        event = ComplianceEvent("confirmed", subject_of(to.chat), to.channel, source=intent.id)
        consents.insert(tx, event, now)


def read(tx: Transaction, intent: SendIntent, own: str, now: int) -> Dealings:
    """Everything the gates look at. `own`: our number that it leaves from, empty when it is not known."""
    number, to = subject_of(intent.to.chat), intent.to
    row = tx.execute("SELECT seq, inbox_seq, trace_id FROM outbox WHERE id = ?", (intent.id,)).fetchone()
    newest = _newest_in(tx, number, to)
    person = newest["person"] if newest is not None else number
    told = consents.events(tx, list(dict.fromkeys((number, person))))
    ours = consents.about_sender(tx, own, to.channel)
    return Dealings(
        consents.contact(told, e164.parse(person), to.channel),
        _thread(tx, intent, row, newest, consents.human_at(told, to.channel), now),
        _counters(tx, intent, number, now),
        consents.sender(ours, _outcomes(tx, to, now)),
        _campaign(tx, intent.campaign) if intent.campaign else Campaign(),
    )


def _newest_in(tx: Transaction, number: str, to: Address) -> Any:
    return tx.execute(
        "SELECT at, text, person FROM dealings WHERE number = ? AND channel = ? AND account = ?"
        " AND direction = 'in' ORDER BY at DESC, seq DESC LIMIT 1",
        (number, to.channel, to.account),
    ).fetchone()


def _thread(
    tx: Transaction, intent: SendIntent, row: Any, newest: Any, human_at: int | None, now: int
) -> Thread:
    place = (subject_of(intent.to.chat), intent.to.channel, intent.to.account)
    newest_at, trace_id = newest["at"] if newest is not None else None, row["trace_id"] if row else ""
    last_out, unanswered = tx.execute(
        "SELECT max(at), count(DISTINCT CASE WHEN at > ? AND trace_id <> ? THEN trace_id END)"
        " FROM dealings WHERE number = ? AND channel = ? AND account = ?"
        " AND direction = 'out' AND ref <> ? AND at > ?",
        (newest_at or 0, trace_id, *place, intent.id, now - MONTH_MS),
    ).fetchone()
    lately = tx.execute(
        "SELECT direction, at FROM dealings WHERE number = ? AND channel = ? AND account = ?"
        " AND at > ? AND ref <> ? ORDER BY at, seq",
        (*place, now - LATELY_MS, intent.id),
    )
    return Thread(
        newest_at,
        newest["text"] if newest is not None else "",
        _answers(tx, row, place[0]),
        last_out,
        unanswered,
        tuple((each["direction"], each["at"]) for each in lately),
        human_at,
        _older_unsent(tx, row, intent.to),
    )


def _answers(tx: Transaction, row: Any, number: str) -> int | None:
    """When the message came that this row answers, if it came from there."""
    if row is None or row["inbox_seq"] is None:
        return None
    found = tx.execute(
        "SELECT dealings.at FROM inbox JOIN dealings ON dealings.ref = inbox.key"
        " WHERE inbox.seq = ? AND dealings.number = ?",
        (row["inbox_seq"], number),
    ).fetchone()
    return found[0] if found else None


def _older_unsent(tx: Transaction, row: Any, to: Address) -> bool:
    if row is None or not row["trace_id"]:
        return False
    found = tx.execute(
        "SELECT 1 FROM outbox WHERE trace_id = ? AND seq < ? AND channel = ? AND account = ? AND recipient = ?"
        " AND state IN ('pending', 'held', 'sending') LIMIT 1",
        (row["trace_id"], row["seq"], to.channel, to.account, to.chat),
    ).fetchone()
    return found is not None


def _counters(tx: Transaction, intent: SendIntent, number: str, now: int) -> Counters:
    to, words = intent.to, _hash(intent.text)

    def tally(where: str, *values: object, since: int = HOUR_MS) -> Tally:
        count, oldest = tx.execute(
            "SELECT count(*), min(at) FROM dealings"  # noqa: S608 - the conditions below
            f" WHERE direction = 'out' AND {where} AND at > ? AND ref <> ?",
            (*values, now - since, intent.id),
        ).fetchone()
        return Tally(count, oldest or 0)

    marketing = "number = ? AND aim = 'marketing'"
    (same_words_to,) = tx.execute(
        "SELECT count(DISTINCT number) FROM dealings"
        " WHERE direction = 'out' AND words = ? AND at > ? AND number <> ?",
        (words, now - HOUR_MS, number),
    ).fetchone()
    return Counters(
        _duplicate(tx, number, words, intent.id, now),
        same_words_to if words else 0,
        tally("number = ?", number),
        tally("channel = ? AND account = ?", to.channel, to.account),
        tally("1"),
        tally(marketing, number, since=DAY_MS),
        tally(marketing, number, since=MONTH_MS),
        bool(tally(marketing, number, since=now).count),
        _spent(tx, now),
    )


def _duplicate(tx: Transaction, number: str, words: str, name: str, now: int) -> int | None:
    """What never left counts for nothing."""
    row = tx.execute(
        "SELECT max(dealings.at) FROM dealings LEFT JOIN outbox ON outbox.id = dealings.ref"
        " WHERE dealings.number = ? AND dealings.direction = 'out' AND dealings.words = ? AND dealings.words <> ''"
        " AND dealings.at > ? AND dealings.ref <> ?"
        " AND coalesce(outbox.state, 'sent') NOT IN ('failed', 'dropped', 'refused')",
        (number, words, now - DAY_MS, name),
    ).fetchone()
    return int(row[0]) if row[0] is not None else None


def _spent(tx: Transaction, now: int) -> float:
    row = tx.execute(
        "SELECT coalesce(sum(cost), 0) FROM usage WHERE at > ? AND kind IN ('sms', 'call')",
        (iso(now - DAY_MS),),
    ).fetchone()
    return float(row[0])


def _outcomes(tx: Transaction, to: Address, now: int) -> list[str]:
    rows = tx.execute(
        "SELECT outbox.state, twilio_sms.status, twilio_sms.error_code FROM dealings"
        " JOIN outbox ON outbox.id = dealings.ref LEFT JOIN twilio_sms ON twilio_sms.sid = outbox.provider_id"
        " WHERE dealings.direction = 'out' AND dealings.channel = ? AND dealings.account = ? AND dealings.at > ?"
        " AND outbox.state IN ('sent', 'failed') ORDER BY dealings.at DESC LIMIT ?",
        (to.channel, to.account, now - DAY_MS, JUDGED),
    )
    return [_outcome(*row) for row in rows]


def _outcome(state: str, status: str | None, error_code: int | None) -> str:
    if error_code in {30007, 30034}:
        return "filtered"
    return "failed" if state == "failed" or status in {"failed", "undelivered"} else "ok"


def _campaign(tx: Transaction, name: str) -> Campaign:
    told = {row["kind"] for row in consents.events(tx, [name])}
    first = tx.execute(
        "SELECT outbox.state, twilio_sms.status FROM dealings LEFT JOIN outbox ON outbox.id = dealings.ref"
        " LEFT JOIN twilio_sms ON twilio_sms.sid = outbox.provider_id"
        " WHERE dealings.campaign = ? AND dealings.campaign <> '' ORDER BY dealings.seq LIMIT ?",
        (name, FIRST),
    ).fetchall()
    # Another one takes the place of what cannot arrive, lest one dead number stop the rest for good.
    failed = sum(_outcome(row[0], row[1], None) == "failed" for row in first)
    delivered = sum(row[1] in {"delivered", "read"} for row in first)
    return Campaign("campaign_approved" in told, len(first) - failed, delivered)


def forget(tx: Transaction, before: int) -> None:
    tx.execute("DELETE FROM dealings WHERE at < ?", (before,))


def _hash(text: str) -> str:
    key = body_key(text)
    return hashlib.sha256(key.encode()).hexdigest()[:32] if key else ""
