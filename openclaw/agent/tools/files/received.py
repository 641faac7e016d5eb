"""What people have sent: read under the path that their message tells, and lent to programs as a copy."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from openclaw.agent.tools.base import Scene, ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.place import Territory, WorkspacePath
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.undo.journal import InTurn
from openclaw.types.conversation import Provenance

FOLDER, DEPTH = ("media", "inbound"), 4
"""In the state directory: `media/inbound/<day>/<name>`."""
WHOSE: Provenance = "stranger"
"""Whoever sends a file has seldom written it."""
LENT = "received"
"""In the workspace: programs in the sandbox see nothing else."""
MOST_BYTES = 100_000_000


def received(text: str, state: Path) -> WorkspacePath | None:
    """None for any other path. A damaged one is refused where paths of the workspace are."""
    with suppress(ToolError):
        path = Territory(state.absolute()).place(text)
        return path if is_received(path, state) else None
    return None


def is_received(path: WorkspacePath, state: Path) -> bool:
    """Only whole names: whoever knows one was told of it. What others have sent is listed to nobody."""
    return path.root == state.absolute() and path.parts[:2] == FOLDER and len(path.parts) == DEPTH


def lend(path: WorkspacePath, workspace: Path, undo: UndoBook, scene: Scene) -> WorkspacePath:
    """Blocks. What programs make of it is as foreign as it is itself."""
    copy = WorkspacePath(workspace, (LENT, path.parts[-1]))
    content = Beneath(path.root).read(path, MOST_BYTES)
    if not content.whole:
        raise ToolError(f"{path} is larger than {MOST_BYTES:,} bytes; programs get no copy of it")
    door, turn = Beneath(workspace), InTurn.of(replace(scene, provenances=scene.provenances | {WHOSE}))
    with undo.of(workspace).changing(turn) as recorder:
        made = door.missing_folders(copy)
        with door.leaf(copy, make=True, alone=True) as leaf:
            recorder.replace(leaf, content.data, new_folders=made)
    return copy
