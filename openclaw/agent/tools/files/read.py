"""The tool `read`: a page of a text, a picture, or what a folder holds."""

import codecs
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, BinaryIO, Protocol, get_args

import anyio.to_thread
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from openclaw.agent.taint import ordered
from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, ToolError
from openclaw.agent.tools.files.door import Beneath, MissingError
from openclaw.agent.tools.files.pictures import MOST_BYTES, inspect, keep, media_type
from openclaw.agent.tools.files.place import Territory, WorkspacePath, act_on, folded
from openclaw.agent.tools.files.received import WHOSE, is_received, lend, received
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.types.conversation import Provenance

LINES = 2_000
CHARACTERS = 60_000
"""Of one page."""
LINE_CHARACTERS = 2_000
COUNTED_BYTES = 16 << 20
"""A larger file is not read to its end only to know how many lines it has."""
SCANNED_BYTES = 512 << 20
NAMES = 200
HEAD = 8_192
_MEMORY_WORDS = re.compile(rb"^Provenance: (.+)$", re.MULTILINE)
_HINTS: Mapping[bytes, str] = {
    b"%PDF": "it is a PDF; get its text with a program, pdftotext for instance",
    b"PK\x03\x04": "it is an archive or an office document; unpack it with a program first",
    b"\x1f\x8b": "it is compressed; unpack it with gunzip first",
    b"SQLite format 3": "it is an SQLite database; ask it with sqlite3",
    codecs.BOM_UTF16_LE: "it is UTF-16; turn it into UTF-8 with iconv first",
    codecs.BOM_UTF16_BE: "it is UTF-16; turn it into UTF-8 with iconv first",
}


class BinaryError(ToolError):
    """A program is needed to look into it."""


class ReadArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: Annotated[
        str,
        Field(
            min_length=1, validation_alias=AliasChoices("path", "file_path"), description="In the workspace."
        ),
    ]
    offset: Annotated[int, Field(ge=1, description="The first line; lines count from 1.")] = 1
    limit: Annotated[int, Field(ge=1, le=LINES, description="How many lines.")] = LINES


SCHEMA = schema_of(ReadArguments)


class Worded(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def provenance(self) -> Provenance: ...


class SkillTexts(Protocol):
    """The texts of skills, wherever they lie."""

    def skill(self, agent: str, path: str, workspace: Path) -> object | None:
        """None for a path that is no skill's."""

    async def find(self, agent: str, path: str, workspace: Path) -> Worded | None:
        """Raises OSError."""


@dataclass(frozen=True, slots=True)
class Page:
    lines: tuple[str, ...]
    first: int
    total: int | None
    """None: there are more lines, nobody has counted them."""
    damaged: bool


@dataclass(frozen=True, slots=True)
class ReadTool:
    territory: Territory
    state: Path
    """Pictures are kept in it."""
    undo: UndoBook
    texts: SkillTexts | None = None
    """Most skills lie outside the workspace; their texts may be read all the same."""
    name: str = "read"
    description: str = (
        "Read a file of the workspace: text comes with line numbers, a tab behind each, in pages; "
        "a PNG, JPEG, GIF or WebP is shown to you; of a folder you get the names. "
        "Files that people sent are read by the whole path their message tells."
    )
    schema: Mapping[str, object] = field(default_factory=lambda: SCHEMA)
    effect: Effect = Effect.READ_ONLY
    provenance: Provenance = "file"
    timeout_seconds: float = 60

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        path = checked(ReadArguments, arguments, SCHEMA).path
        if self.texts is not None and self.texts.skill(scene.agent, path, scene.workspace) is not None:
            return Act(Kind.READ, path)
        return act_on(Kind.READ, self._place(path))

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> Output:
        given = checked(ReadArguments, arguments, SCHEMA)
        if self.texts is not None:
            try:
                found = await self.texts.find(scene.agent, given.path, scene.workspace)
            except OSError as error:
                raise ToolError(f"{given.path} cannot be read: {error.strerror or error}") from error
            if found is not None:
                return Output(found.text, provenance=found.provenance)
        path = self._place(given.path)
        try:
            return await anyio.to_thread.run_sync(self._read, path, given, abandon_on_cancel=True)
        except BinaryError as error:
            if not is_received(path, self.state) or scene.role != "owner":
                raise
            copy = await anyio.to_thread.run_sync(lend, path, self.territory.workspace, self.undo, scene)
            raise ToolError(f"{error}. Programs find a copy of it at {copy}") from error

    def _place(self, text: str) -> WorkspacePath:
        return received(text, self.state) or self.territory.place(text)

    def _read(self, path: WorkspacePath, given: ReadArguments) -> Output:
        door = Beneath(path.root)
        try:
            if door.is_folder(path):
                return Output(_listing(path, *door.names(path, NAMES)))
            with door.leaf(path) as leaf, os.fdopen(leaf.open(), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                head = file.read(HEAD)
                if media_type(head):
                    data = head + file.read(MOST_BYTES)
                    return replace(self._picture(path, size, data), provenance=self._whence(path, file))
                _refuse_binary(path, head, size)
                file.seek(0)
                page = read_page(file, given.offset, given.limit, count=size <= COUNTED_BYTES)
                text = _told(path, page, given.offset)
                return Output(text, provenance=self._whence(path, file, text))
        except MissingError as error:
            near = "" if is_received(path, self.state) else _neighbours(door, path)
            raise MissingError(f"{error}{near}") from error

    def _whence(self, path: WorkspacePath, file: BinaryIO, text: str = "") -> Provenance:
        if is_received(path, self.state):
            return WHOSE
        origins = self.undo.of(self.territory.workspace).origins
        known = origins.known()
        whose = known.of(path, _digest(file) if known.contents else "")
        return ordered({_said_inside(path, file), *whose, *origins.told_by("", text)})[-1]

    def _picture(self, path: WorkspacePath, size: int, data: bytes) -> Output:
        if size > MOST_BYTES:
            raise ToolError(
                f"{path} is a picture of {size:,} bytes; at most {MOST_BYTES:,} can be shown, make it smaller first"
            )
        try:
            image = inspect(data)
        except ToolError as error:
            raise ToolError(f"{path} cannot be shown: {error}") from error
        shown = f"{path}: {image.media_type}, {image.width} × {image.height} pixels, {size:,} bytes"
        return Output(shown, (keep(data, image.media_type, self.state),))


def read_page(file: BinaryIO, offset: int, limit: int, *, count: bool) -> Page:
    """`count`: go on to the end, so that the number of all lines is known."""
    lines: list[str] = []
    characters, number, damaged, full = 0, 0, False, False
    for number, line in enumerate(_lines(file), start=1):
        if number < offset:
            continue
        if not full:
            text = line.decode(errors="replace")
            damaged = damaged or "\ufffd" in text
            full = len(lines) == limit or (bool(lines) and characters + len(text) > CHARACTERS)
            if not full:
                lines.append(text)
                characters += len(text)
        if full and not count:
            return Page(tuple(lines), offset, None, damaged)
    return Page(tuple(lines), offset, number, damaged)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Each as long as it may be shown, and what was left out of it said behind."""
    scanned = 0
    while piece := file.readline(4 * LINE_CHARACTERS):
        line, left = piece, 0
        while not piece.endswith(b"\n") and (piece := file.readline(1 << 20)):
            left += len(piece.rstrip(b"\r\n"))
        scanned += len(line) + left
        if scanned == len(line) + left:
            line = line.removeprefix(codecs.BOM_UTF8)
        yield _shortened(line.rstrip(b"\r\n"), left)
        if scanned > SCANNED_BYTES:
            raise ToolError(
                f"that is more than {SCANNED_BYTES >> 20} MB into the file; cut a piece out with a program"
            )


def _shortened(line: bytes, left: int) -> bytes:
    if left == 0 and len(line) <= LINE_CHARACTERS:
        return line
    text = line.decode(errors="ignore")
    if left == 0 and len(text) <= LINE_CHARACTERS:
        return line
    shown = text[:LINE_CHARACTERS].encode()
    return shown + f" [… {len(line) - len(shown) + left:,} more bytes of this line]".encode()


def _told(path: WorkspacePath, page: Page, offset: int) -> str:
    if not page.lines:
        return (
            f"{path} is empty."
            if not page.total
            else f"{path} has only {page.total:,} lines, none at {offset:,}."
        )
    numbered = [f"{number}\t{line}" for number, line in enumerate(page.lines, start=page.first)]
    last = page.first + len(page.lines) - 1
    if page.total is None or last < page.total:
        of = f" of {page.total:,}" if page.total is not None else ""
        numbered.append(f"[lines {page.first:,} to {last:,}{of}; go on with offset {last + 1}]")
    if page.damaged:
        numbered.append("[some bytes are no UTF-8 and are shown as \ufffd]")
    return "\n".join(numbered)


def _refuse_binary(path: WorkspacePath, head: bytes, size: int) -> None:
    hint = next((words for start, words in _HINTS.items() if head.startswith(start)), None)
    if hint is None and b"\0" in head:
        hint = "it is binary; look into it with a program, file or xxd for instance"
    if hint is not None:
        raise BinaryError(f"{path} is no text ({size:,} bytes): {hint}")


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    sha256 = hashlib.sha256()
    while piece := file.read(1 << 20):
        sha256.update(piece)
    return sha256.hexdigest()


def _said_inside(path: WorkspacePath, file: BinaryIO) -> Provenance:
    """Memory says in the file itself whose words an entry rests on."""
    if path.outside or folded(path.parts[0]) not in {"memory", "memory.md"}:
        return "file"
    file.seek(0)
    found: set[Provenance] = {"memory"}
    for line in _MEMORY_WORDS.findall(file.read(COUNTED_BYTES)):
        named = {word.strip() for word in line.decode(errors="replace").split(",")}
        found |= {each for each in get_args(Provenance) if each in named}
    return ordered(found)[-1]


def _listing(path: WorkspacePath, names: list[str], whole: bool) -> str:
    if not names:
        return f"{path} is an empty folder."
    more = [] if whole else [f"[more than {NAMES} names; the rest is left out]"]
    return "\n".join([f"{path} is a folder. It holds:", *names, *more])


def _neighbours(door: Beneath, path: WorkspacePath) -> str:
    import difflib

    try:
        names, _ = door.names(WorkspacePath(path.root, path.parts[:-1], path.outside), NAMES)
    except ToolError:
        return ""
    near = difflib.get_close_matches(path.parts[-1], names, 3, 0.6)
    return f"; there is {', '.join(near)}" if near else ""
