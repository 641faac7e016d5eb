"""A message that its sender has changed: what waits is reworded, what was read is followed by a note. Pure."""

from dataclasses import replace

from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Note
from openclaw.types.messages import Inbound


def reworded(before: InboxRow, edit: Inbound) -> Inbound | None:
    """The waiting message as it reads now; None where nothing changes, or a command stands in it: that was given."""
    if before.event.command or before.event.text == edit.text:
        return None
    return replace(before.event, text=edit.text)


def note_of_edit(row: InboxRow, note_id: str) -> Note:
    sender = row.event.sender
    speaker = f"{sender.name} ({sender.id})" if sender.name else sender.id
    quoted = "\n".join(f"> {line}" for line in row.event.text.splitlines())
    text = f"[{speaker} has changed an earlier message; now it reads]\n{quoted}"
    provenance = row.event.provenance or row.role
    return Note(note_id, row.received_at, text, f"{row.channel}:{sender.id}", provenance)
