"""The result of a task that one conversation gave to another: a message to whoever gave it, in the same commit."""

from openclaw.agent.context.excerpt import shortened
from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Provenance
from openclaw.types.messages import Arrival, Inbound, Sender

CHANNEL = "agents"
"""Where the assistant's conversations write to each other. Nobody outside can."""
LONGEST = 24_000
"""Characters of a result; the rest stays in the child's transcript."""


def letter(row: InboxRow, outcome: str, text: str, provenance: Provenance, now: int) -> Arrival | None:
    """Pure. None where nobody waits for the result.

    Named after the child's run: however often its end is recorded, its parent hears of it once.
    """
    mailbox = row.event.mail_to
    if mailbox is None:
        return None
    label = f" “{mailbox.label}”" if mailbox.label else ""
    said = text.strip() or "(It said nothing.)"
    heading = f"[The task{label} that you gave to {row.session_key} {_ended(outcome)}]"
    words = f"{heading}\n\n{shortened(said, LONGEST, 2_000)}"
    message = Inbound(
        CHANNEL,
        Sender(mailbox.sender),
        words,
        now,
        chat_type=mailbox.chat_type,
        reply_to=mailbox.reply_to,
        session_key=mailbox.session_key,
        agent=mailbox.agent,
        role=mailbox.role,
        provenance=provenance,
    )
    return Arrival(f"mail:{row.run_id}", CHANNEL, "default", words.encode("utf-8", "replace"), message)


def _ended(outcome: str) -> str:
    match outcome:
        case "answered" | "silent":
            return "is finished. Its result:"
        case "aborted":
            return "was stopped before it was finished:"
        case _:
            return "could not be finished:"
