"""The tool `edit`: one piece of a text in the place of another."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import anyio.to_thread
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, ToolError, ToolInputError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.place import Territory, WorkspacePath, act_on
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.journal import InTurn
from openclaw.types.conversation import Provenance

MOST_BYTES = 8 << 20
SHOWN_PLACES = 5
COMPARED_LINES = 20_000


class EditArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: Annotated[
        str,
        Field(
            min_length=1, validation_alias=AliasChoices("path", "file_path"), description="In the workspace."
        ),
    ]
    old_text: Annotated[
        str,
        Field(
            min_length=1,
            validation_alias=AliasChoices("oldText", "old_string", "old_text"),
            description="As it stands in the file, without line numbers; it must be there exactly once.",
        ),
    ]
    new_text: Annotated[
        str,
        Field(
            validation_alias=AliasChoices("newText", "new_string", "new_text"),
            description="What becomes of it.",
        ),
    ]
    replace_all: Annotated[
        bool,
        Field(validation_alias=AliasChoices("replace_all", "replaceAll"), description="Wherever it stands."),
    ] = False


SCHEMA = schema_of(EditArguments)


@dataclass(frozen=True, slots=True)
class EditTool:
    territory: Territory
    undo: UndoBook
    name: str = "edit"
    description: str = "Change a piece of a text file of the workspace. Read the file before."
    schema: Mapping[str, object] = field(default_factory=lambda: SCHEMA)
    effect: Effect = Effect.ONCE
    provenance: Provenance = "file"
    timeout_seconds: float = 60

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        given = checked(EditArguments, arguments, SCHEMA)
        payload = f"- {given.old_text}\n+ {given.new_text}"
        return act_on(Kind.WRITE, self.territory.place(given.path), payload)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        given = checked(EditArguments, arguments, SCHEMA)
        path, turn = self.territory.place(given.path), InTurn.of(scene)
        await self.undo.make_way(scene.workspace, [path])
        return await anyio.to_thread.run_sync(self._edit, path, given, turn)

    def _edit(self, path: WorkspacePath, given: EditArguments, turn: InTurn) -> str:
        with self.undo.of(self.territory.workspace).changing(turn) as recorder:
            with Beneath(path.root).leaf(path, alone=True) as leaf:
                content = leaf.read(MOST_BYTES)
                if not content.whole:
                    raise ToolError(f"{path} is too large to be changed here: at most {MOST_BYTES:,} bytes")
                text = as_text(path, content.data)
                new, places = replaced(str(path), text, given)
                recorder.take_in([path])
                recorder.replace(leaf, new.encode(errors="replace"))
        where = ", ".join(f"{line:,}" for line in places[:SHOWN_PLACES])
        more = f" and {len(places) - SHOWN_PLACES:,} more" if len(places) > SHOWN_PLACES else ""
        return f"Changed {path} at line {where}{more}."


def as_text(path: WorkspacePath, data: bytes) -> str:
    """Raises ToolError for what could not be written back as it was."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ToolError(
            f"{path} is no UTF-8 text (byte {error.start:,}); change it with a program"
        ) from error


def replaced(name: str, text: str, given: EditArguments) -> tuple[str, list[int]]:
    """Pure: the new text, and at which lines it was changed. A file's own line ends stay."""
    old, new = given.old_text, given.new_text
    if old == new:
        raise ToolInputError("oldText and newText are the same; nothing would change")
    if old not in text and "\r\n" in text:
        old, new = _with_returns(old), _with_returns(new)
    places = _places(text, old)
    if not places:
        raise ToolError(f"oldText is not in {name}{nearest(text, given.old_text)}")
    if len(places) > 1 and not given.replace_all:
        lines = ", ".join(f"{line:,}" for line in places[:SHOWN_PLACES])
        more = ", …" if len(places) > SHOWN_PLACES else ""
        raise ToolError(
            f"oldText is {len(places)} times in {name} (lines {lines}{more}); "
            "give more of what stands around it, or set replace_all"
        )
    return text.replace(old, new), places


def nearest(text: str, wanted: str) -> str:
    """Where something like it stands, for a model that has not remembered it to the letter."""
    lines, wanted_lines = text.splitlines()[:COMPARED_LINES], wanted.splitlines()
    first = next((number for number, line in enumerate(wanted_lines) if line.strip()), None)
    if first is None or not lines:
        return "; read the file again"
    stripped = [line.strip() for line in lines]
    near = difflib.get_close_matches(wanted_lines[first].strip()[:500], set(stripped), 1, 0.5)
    if not near:
        return "; nothing there is like it, read the file again"
    at = max(stripped.index(near[0]) - first, 0)
    shown = [f"{number}\t{line[:300]}" for number, line in enumerate(lines[at : at + 8], start=at + 1)]
    shown = shown[: max(len(wanted_lines), 1)]
    return ". Nearest to it, with line numbers:\n" + "\n".join(shown)


def _places(text: str, old: str) -> list[int]:
    places, start, line, before = [], text.find(old), 1, 0
    while start >= 0:
        line += text.count("\n", before, start)
        places.append(line)
        before, start = start, text.find(old, start + len(old))
    return places


def _with_returns(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
