"""What people have said about being written to, and what the owner has signed. Only ever added to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import orjson

from openclaw.store.database import Database, Transaction
from openclaw.types import e164
from openclaw.types.clock import Clock, iso, parse_iso
from openclaw.types.dealings import ConsentKind, Contact, OptOut, Registration, Sender
from openclaw.types.ids import new_id
from openclaw.types.phone import PhoneRefusal

EventKind = Literal[
    "opt_out", "opt_in", "confirmed", "PEWC", "PEC", "inbound_initiated", "owner", "withdrawn", "do_not_call",
    "call_again", "takeover", "handback", "human", "registered", "tripped", "signed_off", "campaign_approved",
]  # fmt: skip
EVERY_SENDER = ""
OPTED_OUT_AT_PROVIDER = 21610
UNREGISTERED = frozenset({30032, 30034})
YEARS_KEPT = 10
"""Virginia asks for ten years of an opt-out; the others for less."""


@dataclass(frozen=True, slots=True)
class ComplianceEvent:
    kind: EventKind
    subject: str
    """A number of theirs, one of ours, a campaign; for a sign-off of all our numbers nothing."""
    channel: str = "all"
    by: str = ""
    source: str = ""
    said: str = ""
    """Their words, or those that they agreed to."""
    evidence: Mapping[str, object] = field(default_factory=dict)


class ConsentLedger:
    """Satisfies `types.sending.Consents`. Raises StorageFullError and StorageBusyError."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, event: ComplianceEvent) -> str:
        """Returns the id of the record."""
        now = self._clock.now_ms()
        return await self._database.write(lambda tx: insert(tx, event, now))

    async def opted_out(self, number: str, channel: str, source: str, said: str = "") -> None:
        evidence = {"said": "elsewhere"}
        await self.record(ComplianceEvent("opt_out", subject_of(number), channel, "", source, said, evidence))

    async def is_opted_out(self, number: str, channel: str) -> bool:
        """Whatever scope the owner has chosen: on this channel or on all."""
        contact = await self.contact(number)
        return any(each.channel in {channel, "all"} for each in contact.opt_outs)

    async def human_wrote(self, number: str, channel: str, account: str, ref: str) -> None:
        await self.record(ComplianceEvent("human", subject_of(number), channel, source=f"{account}:{ref}"))

    async def registered(self, sender: str, status: str) -> None:
        stated = status if status in get_args(Registration) else "unknown"
        now = self._clock.now_ms()

        def work(tx: Transaction) -> None:
            # Asked for every day: only the newest answer counts, unlike everything else that stands here.
            tx.execute("DELETE FROM compliance_events WHERE subject = ? AND kind = 'registered'", (sender,))
            insert(tx, ComplianceEvent("registered", sender, evidence={"status": stated}), now)

        await self._database.write(work)

    async def heed(self, refusal: PhoneRefusal) -> None:
        evidence: dict[str, object] = {"code": refusal.code, "ref": refusal.ref}
        if refusal.code == OPTED_OUT_AT_PROVIDER:
            said = {**evidence, "said": "elsewhere"}
            to = subject_of(refusal.to_number)
            await self.record(ComplianceEvent("opt_out", to, refusal.channel, "", "provider", "", said))
        elif refusal.code in UNREGISTERED:
            # The service that a text was handed to is no number, and what it refuses concerns them all.
            own = e164.parse(refusal.from_number) or EVERY_SENDER
            await self.record(ComplianceEvent("tripped", own, refusal.channel, "", "provider", "", evidence))

    async def contact(self, number: str) -> Contact:
        return await self._database.read(lambda tx: contact(events(tx, [subject_of(number)])))

    async def listing(self, number: str | None, limit: int) -> list[dict[str, object]]:
        """The newest first."""
        return await self._database.read(lambda tx: listing(tx, number, limit))


def subject_of(number: str) -> str:
    return e164.parse(number) or number.strip()


def insert(tx: Transaction, event: ComplianceEvent, now: int) -> str:
    name = new_id("cmp")
    tx.execute(
        "INSERT INTO compliance_events (id, at, kind, subject, channel, made_by, source, said, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            name, iso(now), event.kind, event.subject, event.channel, event.by, event.source, event.said,
            orjson.dumps(event.evidence).decode(),
        ),
    )  # fmt: skip
    return name


def events(tx: Transaction, subjects: Sequence[str]) -> list[Any]:
    """The oldest first."""
    marks = ", ".join("?" * len(subjects))
    return tx.execute(
        f"SELECT * FROM compliance_events WHERE subject IN ({marks}) ORDER BY seq",  # noqa: S608 - only marks
        tuple(subjects),
    ).fetchall()


def about_sender(tx: Transaction, own: str, channel: str) -> list[Any]:
    """The oldest first. Of a service that picks the number itself, every number's refusals count."""
    if own:
        return events(tx, [own, EVERY_SENDER])
    return tx.execute(
        "SELECT * FROM compliance_events WHERE subject = ? OR (kind = 'tripped' AND channel = ?) ORDER BY seq",
        (EVERY_SENDER, channel),
    ).fetchall()


def contact(rows: Iterable[Any], number: str | None = None, channel: str | None = None) -> Contact:
    """Pure: what the record comes to. `number`: of a person whose conversation has another name.

    Consent to one channel is none to another; without `channel`, all that was ever given.
    """
    opt_outs: list[OptOut] = []
    consents: set[ConsentKind] = set()
    do_not_call = takeover = False
    zone = state = None
    for row in rows:
        kind, evidence = row["kind"], orjson.loads(row["evidence"])
        zone, state = evidence.get("timezone") or zone, evidence.get("state") or state
        is_here = channel is None or row["channel"] in {channel, "all"}
        match kind:
            case "opt_out":
                opt_outs.append(OptOut(parse_iso(row["at"]), row["channel"], evidence.get("said", "keyword")))
            case "opt_in":
                opt_outs.clear()
            case "confirmed":
                opt_outs = [
                    replace(each, confirmed_by=each.confirmed_by or row["source"]) for each in opt_outs
                ]
            case "PEWC" | "PEC" | "inbound_initiated" | "owner" if is_here:
                consents.add(kind)
            case "withdrawn" if is_here:
                consents.clear()
            case "do_not_call" | "call_again":
                do_not_call = kind == "do_not_call"
            case "takeover" | "handback":
                takeover = kind == "takeover"
            case _:
                pass
    return Contact(tuple(opt_outs), frozenset(consents), do_not_call, takeover, zone, state, number)


def human_at(rows: Iterable[Any], channel: str) -> int | None:
    """When a person of the business last wrote to the number himself."""
    times = [parse_iso(row["at"]) for row in rows if row["kind"] == "human" and row["channel"] == channel]
    return max(times, default=None)


def sender(rows: Iterable[Any], outcomes: Sequence[str]) -> Sender:
    """Pure. `outcomes` of the account's last messages, the newest first: `ok`, `failed`, `filtered`."""
    looked_up: Registration = "unknown"
    at: dict[str, int] = {}
    for row in rows:
        at[row["kind"]] = max(parse_iso(row["at"]), at.get(row["kind"], 0))
        if row["kind"] == "registered":
            looked_up = orjson.loads(row["evidence"])["status"]
    failures = next((n for n, each in enumerate(outcomes) if each == "ok"), len(outcomes))
    return Sender(
        looked_up, at.get("registered", 0), at.get("tripped"), at.get("signed_off"), len(outcomes),
        sum(each == "filtered" for each in outcomes), failures,
    )  # fmt: skip


def listing(tx: Transaction, number: str | None, limit: int) -> list[dict[str, object]]:
    subject = subject_of(number) if number is not None else None
    rows = tx.execute(
        "SELECT id, at, kind, subject, channel, made_by AS madeBy, source, said, evidence FROM compliance_events"
        " WHERE (? IS NULL OR subject = ?) ORDER BY seq DESC LIMIT ?",
        (subject, subject, limit),
    )
    return [{**dict(row), "evidence": orjson.loads(row["evidence"])} for row in rows]


def forget(tx: Transaction, before: str) -> None:
    tx.execute("DELETE FROM compliance_events WHERE at < ?", (before,))
