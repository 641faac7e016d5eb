"""`/undo`: takes back the file changes of the last turn that made any in this conversation."""

from pathlib import Path

import anyio.to_thread

from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.restore import UndoneTurn, told, undo_last

FORCE, LOOK = "force", "show"
USAGE = "/undo takes back the last file changes; /undo show only tells of them; /undo force spares nothing."


async def undo_text(words: str, workspace: Path, session_key: str, book: UndoBook) -> str:
    """`words`: what stands behind the command. Wait for the conversation's turn before: it may be changing files."""
    wish = words.strip().lower()
    if wish not in {"", FORCE, LOOK}:
        return USAGE

    def undo(dry_run: bool) -> UndoneTurn | None:
        return undo_last(book.of(workspace), session_key, force=wish == FORCE, dry_run=dry_run)

    try:
        turn = await anyio.to_thread.run_sync(undo, True)
        if wish != LOOK and turn is not None:
            await book.make_way(workspace, [WorkspacePath(workspace, (file.path,)) for file in turn.files])
            turn = await anyio.to_thread.run_sync(undo, False)
    except OSError as error:
        return f"The undo journal cannot be read: {error.strerror or error}"
    return told(turn, dry_run=wish == LOOK)
