"""The tool `write`: a whole file, new or in the place of an old one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import anyio.to_thread
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, ToolInputError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.place import Territory, WorkspacePath, act_on
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.journal import InTurn
from openclaw.types.conversation import Provenance

MOST_BYTES = 8 << 20
"""A model writes no more than this at once; it keeps mistakes small."""


class WriteArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: Annotated[
        str,
        Field(
            min_length=1, validation_alias=AliasChoices("path", "file_path"), description="In the workspace."
        ),
    ]
    content: Annotated[str, Field(description="All of the file.")]


SCHEMA = schema_of(WriteArguments)


@dataclass(frozen=True, slots=True)
class WriteTool:
    territory: Territory
    undo: UndoBook
    name: str = "write"
    description: str = "Write a whole file of the workspace. Its folders are made; an old file is replaced."
    schema: Mapping[str, object] = field(default_factory=lambda: SCHEMA)
    effect: Effect = Effect.IDEMPOTENT
    provenance: Provenance = "file"
    timeout_seconds: float = 60

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        given = checked(WriteArguments, arguments, SCHEMA)
        return act_on(Kind.WRITE, _file(self.territory, given.path), given.content)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        given = checked(WriteArguments, arguments, SCHEMA)
        path, data = _file(self.territory, given.path), given.content.encode(errors="replace")
        if len(data) > MOST_BYTES:
            raise ToolInputError(f"content must be of at most {MOST_BYTES:,} bytes, not {len(data):,}")
        await self.undo.make_way(scene.workspace, [path])
        return await anyio.to_thread.run_sync(self._write, path, data, InTurn.of(scene))

    def _write(self, path: WorkspacePath, data: bytes, turn: InTurn) -> str:
        door = Beneath(path.root)
        with self.undo.of(self.territory.workspace).changing(turn) as recorder:
            made = door.missing_folders(path)
            with door.leaf(path, make=True, alone=True) as leaf:
                known = leaf.look() is not None
                recorder.replace(leaf, data, new_folders=made)
        lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        return f"{'Replaced' if known else 'Wrote'} {path}: {lines:,} line{'s' * (lines != 1)}, {len(data):,} bytes."


def _file(territory: Territory, text: str) -> WorkspacePath:
    path = territory.place(text)
    if text.endswith("/") or not path.parts:
        raise ToolInputError(f"path must name a file, not a folder: {text}")
    return path
