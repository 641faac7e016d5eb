"""How turns begin and events end: what goes into one transaction together."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from openclaw.store import echoes, inbox, journal, outbox, sessions, traces, usage
from openclaw.store.database import Transaction
from openclaw.store.echoes import Echo
from openclaw.store.usage import UsageRow
from openclaw.types.messages import Arrival, Role

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an event ends, with all that follows from it."""

    seq: int
    state: inbox.EndState
    reason: str
    trace: traces.TraceRecord
    drafts: Sequence[outbox.Draft] = ()
    echoes: Sequence[Echo] = ()
    usage: Sequence[UsageRow] = ()
    session: sessions.SessionRow | None = None
    run_id: str | None = None
    mail: Arrival | None = None
    """What somebody else hears of it."""
    overheard: tuple[str, Role] | None = None
    """The conversation that may be told of it later, and who said it."""


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn ready to run; `steps` are what an earlier life of the daemon recorded of it."""

    row: journal.TurnRow
    steps: Sequence[journal.Step] = field(default_factory=tuple)
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A waiting message that becomes part of a turn."""

    seq: int
    step: journal.Step
    trace: traces.TraceRecord | None
    """None: it goes on waiting, and is answered by a turn of its own as well."""


def join(tx: Transaction, run_id: str, joins: Sequence[Join], boot_id: str, now: int) -> tuple[Join, ...]:
    """Returns those that are heard: a message that has ended meanwhile, stopped for example, is not."""
    heard: list[Join] = []
    for each in joins:
        if each.trace is not None:
            if not inbox.finish(tx, each.seq, "merged", f"into {run_id}", now):
                continue
            traces.save(tx, each.trace)
        journal.record(tx, run_id, each.step, boot_id, now)
        heard.append(each)
    return tuple(heard)


def end(tx: Transaction, ending: Ending, now: int) -> list[int]:
    if not inbox.finish(tx, ending.seq, ending.state, ending.reason, now):
        logger.error("event %d has ended already: its second end (%s) is dropped", ending.seq, ending.reason)
        return []
    if ending.overheard is not None:
        inbox.overhear(tx, ending.seq, *ending.overheard)
    for draft in ending.drafts:
        outbox.insert(tx, draft, ending.seq, now)
    released = [
        echo_id for echo in ending.echoes if (echo_id := echoes.insert(tx, echo)) and echo.after is None
    ]
    for row in ending.usage:
        usage.insert(tx, row)
    if ending.session is not None:
        sessions.save(tx, ending.session)
    if ending.run_id is not None:
        journal.end(tx, ending.run_id, now)
    if ending.mail is not None:
        inbox.insert(tx, [ending.mail], now)
    traces.save(tx, ending.trace)
    return released
