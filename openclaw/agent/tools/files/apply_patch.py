"""The tool `apply_patch`: several files changed together, or none of them."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.edit import MOST_BYTES, as_text
from openclaw.agent.tools.files.patch import Add, Delete, Operation, Update, apply, parse, paths
from openclaw.agent.tools.files.place import Territory, WorkspacePath, act_on
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.journal import InTurn, Recorder
from openclaw.types.conversation import Provenance


class PatchArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    input: Annotated[str, Field(min_length=1, description="*** Begin Patch … *** End Patch")]


SCHEMA = schema_of(PatchArguments)
DESCRIPTION = """\
Add, change, move and delete text files of the workspace together; when one part does not fit, nothing is changed.
*** Begin Patch
*** Add File: notes/new.md
+its lines
*** Update File: notes/old.md
*** Move to: notes/renamed.md
@@ a line above the place
 a line that stays
-a line that goes
+a line that comes
*** Delete File: notes/gone.md
*** End Patch"""


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    mode: int | None = None
    """None: that of a new file."""


@dataclass(frozen=True, slots=True)
class Change:
    path: WorkspacePath
    old: File | None
    new: File | None


@dataclass(frozen=True, slots=True)
class ApplyPatchTool:
    territory: Territory
    undo: UndoBook
    name: str = "apply_patch"
    description: str = DESCRIPTION
    schema: Mapping[str, object] = field(default_factory=lambda: SCHEMA)
    effect: Effect = Effect.ONCE
    provenance: Provenance = "file"
    timeout_seconds: float = 60

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        text = checked(PatchArguments, arguments, SCHEMA).input
        touched = [self.territory.place(path) for each in parse(text) for path in paths(each)]
        acts = [act_on(Kind.WRITE, path, text) for path in touched]
        # The gravest decides: one file that instructs makes the patch an instruction.
        kind = next(
            (kind for kind in (Kind.ADMINISTER, Kind.INSTRUCT) if any(a.kind is kind for a in acts)),
            Kind.WRITE,
        )
        named = dict.fromkeys(act.target for act in acts if act.kind is kind)
        return Act(kind, ", ".join(named), text)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        operations = parse(checked(PatchArguments, arguments, SCHEMA).input)
        turn = InTurn.of(scene)
        touched = [self.territory.place(path) for each in operations for path in paths(each)]
        await self.undo.make_way(scene.workspace, touched)
        return await anyio.to_thread.run_sync(self._apply, operations, turn)

    def _apply(self, operations: tuple[Operation, ...], turn: InTurn) -> str:
        with self.undo.of(self.territory.workspace).changing(turn) as recorder:
            changes = planned(operations, self.territory)
            recorder.take_in(change.path for change in changes)
            carry_out(changes, recorder)
        return "\n".join(["Done:", *map(_told, operations)])


def planned(operations: Iterable[Operation], territory: Territory) -> list[Change]:
    """Reads every file and changes none. Raises ToolError when a part does not fit."""
    plan = _Plan()
    for operation in operations:
        path = territory.place(operation.path)
        match operation:
            case Add(name, content):
                if plan.now(path) is not None:
                    raise ToolError(f"{name} is there already; update it, or delete it first")
                plan.set(path, File(content.encode(errors="replace")))
            case Delete():
                plan.existing(path)
                plan.set(path, None)
            case Update(name, move_to, hunks):
                old = plan.existing(path)
                text = apply(name, as_text(path, old.content), hunks) if hunks else None
                new = old if text is None else File(text.encode(errors="replace"), old.mode)
                target = path if move_to is None else territory.place(move_to)
                if target != path:
                    if plan.now(target) is not None:
                        raise ToolError(f"{target} is there already; {name} cannot be moved to it")
                    plan.set(path, None)
                plan.set(target, new)
    return plan.changes()


def carry_out(changes: Iterable[Change], recorder: Recorder) -> None:
    """All of them, or after a failure none."""
    done: list[Change] = []
    try:
        for change in changes:
            _change(change, recorder)
            done.append(change)
    except ToolError as error:
        stuck = [str(change.path) for change in reversed(done) if not _taken_back(change)]
        left = f"; changed all the same: {', '.join(stuck)}" if stuck else "; nothing was changed"
        raise ToolError(f"{error}{left}") from error


@dataclass(slots=True)
class _Plan:
    """What the files would be, one operation after the other."""

    before: dict[WorkspacePath, File | None] = field(default_factory=dict)
    after: dict[WorkspacePath, File | None] = field(default_factory=dict)

    def now(self, path: WorkspacePath) -> File | None:
        if path not in self.after:
            self.before[path] = self.after[path] = _on_disk(path)
        return self.after[path]

    def existing(self, path: WorkspacePath) -> File:
        file = self.now(path)
        if file is None:
            raise ToolError(f"{path} is not there")
        return file

    def set(self, path: WorkspacePath, file: File | None) -> None:
        self.now(path)
        self.after[path] = file

    def changes(self) -> list[Change]:
        """New contents before anything is taken away."""
        all_of_them = [Change(path, self.before[path], new) for path, new in self.after.items()]
        return sorted(
            (each for each in all_of_them if each.old != each.new), key=lambda each: each.new is None
        )


def _on_disk(path: WorkspacePath) -> File | None:
    if not path.parts:
        raise ToolError("the workspace itself is a folder, not a file")
    door = Beneath(path.root)
    if door.missing_folders(path):
        return None
    with door.leaf(path) as leaf:
        if leaf.look() is None:
            return None
        content = leaf.read(MOST_BYTES)
    if not content.whole:
        raise ToolError(f"{path} is too large to be patched: at most {MOST_BYTES:,} bytes")
    return File(content.data, content.mode)


def _change(change: Change, recorder: Recorder) -> None:
    door = Beneath(change.path.root)
    made = door.missing_folders(change.path)
    with door.leaf(change.path, make=change.new is not None, alone=True) as leaf:
        now = leaf.read(MOST_BYTES) if leaf.look() is not None else None
        if (now.data if now else None) != (change.old.content if change.old else None):
            raise ToolError(f"{change.path} was changed by somebody else meanwhile; read it again")
        if change.new is None:
            recorder.remove(leaf)
        else:
            recorder.replace(leaf, change.new.content, mode=change.new.mode, new_folders=made)


def _taken_back(change: Change) -> bool:
    with suppress(ToolError):
        with Beneath(change.path.root).leaf(change.path, make=True, alone=True) as leaf:
            if change.old is None:
                leaf.remove()
            else:
                leaf.replace(change.old.content, change.old.mode)
        return True
    return False


def _told(operation: Operation) -> str:
    match operation:
        case Add(path):
            return f"added {path}"
        case Delete(path):
            return f"deleted {path}"
        case Update(path, None):
            return f"changed {path}"
        case Update(path, move_to):
            return f"moved {path} to {move_to}"
