"""What the main conversation learns of a text that was answered: every other channel remembers it from there. Pure."""

from collections.abc import Sequence

from openclaw.sessions.keys import main_key
from openclaw.sessions.lines import encode
from openclaw.store.echoes import Echo
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Draft
from openclaw.types.conversation import Entry, Note, UserMessage

TITLES = {"sms": "SMS", "voice": "Call"}
SETTING = "confided"
"""The field of an event's settings that says: from an authorised number."""


def note_text(channel: str, number: str, said: str, reply: str) -> str:
    quoted = "\n".join(f"> {line}" for line in said.splitlines() or [""])
    return f"[{TITLES.get(channel, channel)} from {number}]\n{quoted}\n\nReply: {reply}"


def audit_echo(row: InboxRow, entries: Sequence[Entry], drafts: Sequence[Draft], now: int) -> Echo | None:
    """None where nothing was sent, or where the main conversation is none of the sender's business."""
    if not drafts or not row.event.settings.get(SETTING):
        return None
    main = main_key(row.agent)
    if row.session_key == main:
        return None
    said = "\n".join(entry.text for entry in entries if isinstance(entry, UserMessage))
    reply = " ".join(draft.part.text for draft in drafts)
    number = row.event.sender.id
    note = Note(
        # The same for the same event: an end that is repeated tells it once.
        "m_" + row.trace_id.removeprefix("t_") + ".echo", now,
        note_text(row.channel, number, said, reply), f"{row.channel}:{number}", "member",
    )  # fmt: skip
    return Echo("transcript", main, encode(note).decode(), after=drafts[-1].id)
