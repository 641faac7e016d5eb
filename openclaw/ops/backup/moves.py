"""Folders and files change places: all of them, or none. Blocks.

Everything that comes lies finished beside what it replaces before the list of moves is written. Without the list
nothing has happened; with it everything happens, at the next start if not now. What goes is kept.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from openclaw.files import sync_folder, write_atomically
from openclaw.ops.state_lock import StateLock
from openclaw.types.errors import OpenClawError

LIST = "restore.json"


@dataclass(frozen=True, slots=True)
class Move:
    staged: Path | None
    """What comes; None: nothing does."""
    target: Path
    aside: Path
    """Where goes what was there."""


def carry_out(state: Path, moves: Sequence[Move], staging: Path) -> None:
    """`staging` is removed at the end, with whatever is left in it."""
    for each in moves:
        if each.staged is not None:
            sync_tree(each.staged)
    plan = {"staging": str(staging), "moves": [_written(each) for each in moves]}
    write_atomically(state / LIST, orjson.dumps(plan, option=orjson.OPT_INDENT_2))
    finish(state)


def finish(state: Path) -> bool:
    """Whether there was a list; then it is done, by whomever it was begun. The caller holds the state directory."""
    path = state / LIST
    try:
        plan = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return False
    for each in plan["moves"]:
        staged = Path(each["staged"]) if each["staged"] else None
        _move(Move(staged, Path(each["target"]), Path(each["aside"])))
    shutil.rmtree(plan["staging"], ignore_errors=True)
    path.unlink()
    sync_folder(state)
    return True


def _move(move: Move) -> None:
    if move.staged is not None and not os.path.lexists(move.staged):
        return  # it is in its place already
    if os.path.lexists(move.target) and (move.staged is not None or not os.path.lexists(move.aside)):
        move.aside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        move.target.rename(_free(move.aside))
        sync_folder(move.aside.parent)
    if move.staged is not None:
        move.target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        move.staged.rename(move.target)
    sync_folder(move.target.parent)


def _free(path: Path) -> Path:
    """Somebody may have made the target anew in between: that is kept as well."""
    number = 2
    found = path
    while os.path.lexists(found):
        found = path.with_name(f"{path.name}-{number}")
        number += 1
    return found


def _written(move: Move) -> dict[str, str | None]:
    return {
        "staged": str(move.staged) if move.staged is not None else None,
        "target": str(move.target),
        "aside": str(move.aside),
    }


def sync_tree(path: Path) -> None:
    """Every file and folder of it is on the disk."""
    if not path.is_dir():
        _sync(path)
        return
    for place, _, files in os.walk(path):
        for name in files:
            _sync(Path(place) / name)
        _sync(Path(place))


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def take_up(state: Path) -> bool:
    """Before a start reads anything: what was cut off is finished. Raises AlreadyRunningError."""
    if not (state / LIST).exists():
        return False
    with StateLock(state):
        try:
            return finish(state)
        except OSError as error:
            raise OpenClawError(
                f"a restore was cut off, and cannot be finished: {error.strerror or error} ({error.filename})."
                f" Mend that and start again, or delete {state / LIST} to go on with what is there"
            ) from error
