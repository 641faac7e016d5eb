"""From a transcript of theirs to a conversation of ours, whichever home it lies in."""

from collections.abc import Callable, Iterator

from openclaw.migrate.opening import Folder
from openclaw.migrate.original import messages
from openclaw.migrate.original.databases import transcript_lines
from openclaw.migrate.original.tree import LONGEST_LINE, read_tree
from openclaw.migrate.peers import chat, hermes, nanobot
from openclaw.migrate.records import Converted, FoundSession, Home, TranscriptFile, TranscriptRows
from openclaw.sessions.lines import encode, header

Progress = Callable[[int], None]
"""Told how many more lines were read."""
STEP = 500


def convert(home: Home, found: FoundSession, progress: Progress) -> Converted:
    """Raises FileNotFoundError or UnreadableFileError."""
    match found.where, home.kind:
        case TranscriptFile(path), "openclaw":
            return messages.converted(read_tree(_lines(home, path, progress)), found.speaker)
        case TranscriptFile(path), _:
            return chat.converted(nanobot.parse_chat(_lines(home, path, progress)), found.speaker)
        case TranscriptRows(_, copy, session_id), "openclaw":
            rows = transcript_lines(copy, session_id)
            return messages.converted(read_tree(_counted(rows, progress)), found.speaker)
        case TranscriptRows(_, copy, session_id), _:
            talk = hermes.parse_chat(copy, session_id)
            progress(talk.lines)
            return chat.converted(talk, found.speaker)
    raise AssertionError(found.where)


def transcript(found: FoundSession, conversation: Converted) -> bytes:
    """The file, whole."""
    text = bytearray(header(found.id, found.key, found.agent, conversation.started_at))
    for entry in conversation.entries:
        text += encode(entry)  # one by one: a fresh line holds several times its length
    return bytes(text)


def _lines(home: Home, path: str, progress: Progress) -> Iterator[tuple[int, bytes]]:
    with Folder(home.root).open(path) as file:
        yield from _counted(enumerate(file.lines(LONGEST_LINE), start=1), progress)


def _counted(lines: Iterator[tuple[int, bytes]], progress: Progress) -> Iterator[tuple[int, bytes]]:
    count = 0
    for count, line in enumerate(lines, start=1):
        yield line
        if count % STEP == 0:
            progress(STEP)
    progress(count % STEP)
