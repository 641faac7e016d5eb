"""The two tools that write the assistant's memory: what stays true, and what happened on a day."""

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import anyio.to_thread

from openclaw.agent.taint import FOREIGN, ordered
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.untrusted import harmless
from openclaw.types.conversation import Provenance

LASTING_FILE = "MEMORY.md"
DAILY_FOLDER = "memory"
MOST_CHARACTERS = 4_000
"""Of one entry."""
MOST_BYTES = 256 * 1024
"""Of one file."""
ALREADY = "It is already there, word for word; nothing was written."
FOREIGN_WORDS = (
    "MEMORY.md takes nothing from a conversation that holds words of others ({whose}), for it is read as the owner's "
    "own. Use remember_today."
)
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {"text": {"type": "string", "description": "Markdown, as short as it can be."}},
    "required": ["text"],
    "additionalProperties": False,
}
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_MARKS = re.compile(r"^[>\s-]*(?:\d{4}-\d{2}-\d{2}: )?")
"""What a line gets here besides its words."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where the memory lies, and what is remembered when and from whom."""

    workspace: Path
    session_key: str
    at: datetime
    provenances: frozenset[Provenance]

    @property
    def daily_file(self) -> str:
        return f"{self.at:%Y-%m-%d}.md"

    @property
    def foreign(self) -> tuple[Provenance, ...]:
        """Whose words are in it besides the owner's: what is made of them never becomes an instruction."""
        return ordered(self.provenances & FOREIGN)


@dataclass(frozen=True, slots=True)
class MemoryTool:
    """Appends a text to one file; the same text is there once, however often it is given."""

    name: str
    description: str
    append: Callable[[str], str]
    """Blocks."""
    schema: Mapping[str, object]
    effect: Effect = Effect.IDEMPOTENT
    provenance: Provenance = "memory"
    timeout_seconds: float = 30

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(Kind.INSTRUCT, self.name, str(arguments.get("text", "")))

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        text = arguments.get("text")
        if not isinstance(text, str) or not text.strip():
            raise ToolInputError("text is required")
        if len(text) > MOST_CHARACTERS:
            raise ToolInputError(f"text must be of at most {MOST_CHARACTERS:,} characters, not {len(text):,}")
        try:
            return await anyio.to_thread.run_sync(self.append, harmless(text).strip())
        except OSError as error:
            raise ToolError(f"it could not be written: {error.strerror or error}") from error


def memory_tools(occasion: Occasion) -> tuple[Tool, Tool]:
    """Sorted by name."""

    def for_good(text: str) -> str:
        if occasion.foreign:
            raise ToolError(FOREIGN_WORDS.format(whose=", ".join(occasion.foreign)))
        with _folder(occasion.workspace) as folder:
            return _append(folder, LASTING_FILE, text, lasting_entry(text, occasion))

    def today(text: str) -> str:
        with _folder(occasion.workspace) as workspace, _inner(workspace, DAILY_FOLDER) as folder:
            return _append(folder, occasion.daily_file, text, daily_entry(text, occasion))

    lasting = (
        "Append one thing that stays true to MEMORY.md: a person, a habit, a wish, a decision. "
        "Refused while the conversation holds words of others than the owner."
    )
    daily = (
        f"Append to {DAILY_FOLDER}/{occasion.daily_file}: "
        "what was decided, what is open, what was promised to whom."
    )
    return (
        MemoryTool("remember_for_good", lasting, for_good, SCHEMA),
        MemoryTool("remember_today", daily, today, SCHEMA),
    )


def lasting_entry(text: str, occasion: Occasion) -> str:
    first, *more = text.splitlines()
    first = first.removeprefix("- ")
    return "\n".join([f"- {occasion.at:%Y-%m-%d}: {first}", *(f"  {line}".rstrip() for line in more)]) + "\n"


def daily_entry(text: str, occasion: Occasion) -> str:
    """With a line that says whose words it rests on. Others' words are quoted: they cannot forge such a line."""
    if occasion.foreign:
        text = "\n".join(f"> {line}" for line in text.splitlines())
    session = " ".join(occasion.session_key.split())[:120]
    whose = ", ".join(ordered(occasion.provenances)) or "owner"
    return f"\n## {occasion.at:%H:%M} · {session}\nProvenance: {whose}\n\n{text}\n"


def _append(folder: int, name: str, text: str, entry: str) -> str:
    # Two conversations may end at once; whoever comes second must see what the first has written.
    fcntl.flock(folder, fcntl.LOCK_EX)
    old, mode = _read(folder, name)
    if _holds(old.decode(errors="replace"), text):
        return ALREADY
    new = old + (b"" if not old or old.endswith(b"\n") else b"\n") + entry.encode(errors="replace")
    if len(new) > MOST_BYTES:
        raise ToolError(f"{name} is full: it may grow to {MOST_BYTES:,} bytes; the owner has to shorten it")
    _replace(folder, name, new, mode)
    return f"Written to {name}."


def _holds(content: str, text: str) -> bool:
    lines, wanted = _plain(content), _plain(text)
    return any(
        lines[place : place + len(wanted)] == wanted for place, line in enumerate(lines) if line == wanted[0]
    )


def _plain(text: str) -> list[str]:
    return [plain for line in text.splitlines() if (plain := " ".join(_MARKS.sub("", line).split()))] or [""]


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _closing(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as folder:
        yield folder


@contextmanager
def _inner(folder: int, name: str) -> Iterator[int]:
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    try:
        inner = os.open(name, _OPEN | os.O_DIRECTORY, dir_fd=folder)
    except OSError as error:
        raise _refusal(name, error) from error
    with _closing(inner):
        yield inner


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _refusal(name: str, error: OSError) -> Exception:
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return ToolError(
            f"{name} in the workspace is a link or no folder: the memory is never written through one"
        )
    return error


def _read(folder: int, name: str) -> tuple[bytes, int]:
    """The content and the mode; a new file is the owner's alone."""
    try:
        descriptor = os.open(name, _OPEN, dir_fd=folder)
    except FileNotFoundError:
        return b"", 0o600
    except OSError as error:
        raise _refusal(name, error) from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ToolError(f"{name} in the workspace is no regular file: nothing was written")
        return file.read(MOST_BYTES + 1), stat.S_IMODE(found.st_mode)


def _replace(folder: int, name: str, data: bytes, mode: int) -> None:
    """The old content or the new one, never half of it."""
    temporary = f".{name}.{secrets.token_hex(4)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)
