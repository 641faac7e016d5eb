import json
from pathlib import Path

import pytest

from openclaw.ops.backup.moves import LIST, Move, carry_out, finish, sync_tree, take_up
from openclaw.ops.state_lock import AlreadyRunningError, StateLock
from openclaw.types.errors import OpenClawError
from tests.fake.killing import killed_before


def house(state: Path) -> tuple[list[Move], Path]:
    staging, aside = state / ".restoring-x", state / "before-x"
    for path, text in {
        state / "agents/a": "old",
        state / "gone/b": "old",
        state / "file": "old",
        staging / "agents/a": "new",
        staging / "file": "new",
        staging / "fresh/c": "new",
        staging / "rest": "not wanted",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    moves = [Move(staging / name, state / name, aside / name) for name in ("agents", "file", "fresh")]
    return [
        *moves,
        Move(None, state / "gone", aside / "gone"),
        Move(None, state / "never", aside / "never"),
    ], staging


def tree(state: Path) -> dict[str, str]:
    return {
        path.relative_to(state).as_posix(): path.read_text() for path in state.rglob("*") if path.is_file()
    }


DONE = {
    "agents/a": "new", "file": "new", "fresh/c": "new",
    "before-x/agents/a": "old", "before-x/file": "old", "before-x/gone/b": "old",
}  # fmt: skip


def test_all_change_places_and_what_was_there_is_kept(tmp_path: Path) -> None:
    carry_out(tmp_path, *house(tmp_path))
    assert tree(tmp_path) == DONE
    assert not finish(tmp_path)


def test_a_kill_at_any_change_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    old = new = 0
    for step in range(1, 60):
        state = tmp_path / str(step)
        moves, staging = house(state)
        before = tree(state)
        killed = killed_before(step, lambda: carry_out(state, moves, staging))  # noqa: B023 - at once
        if finish(state):
            new += 1
            assert tree(state) == DONE
        elif killed and staging.exists():  # before the list was written
            old += 1
            assert {name: text for name, text in tree(state).items() if not name.endswith(".tmp")} == before
        else:
            assert tree(state) == DONE
        if not killed:
            break
    assert not killed
    assert old > 0
    assert new > 8


def test_what_was_made_anew_in_between_is_kept_as_well(tmp_path: Path) -> None:
    moves, staging = house(tmp_path)
    (tmp_path / "before-x").mkdir()
    (tmp_path / "before-x/file").write_text("first")
    carry_out(tmp_path, moves, staging)
    assert (tmp_path / "before-x/file").read_text() == "first"
    assert (tmp_path / "before-x/file-2").read_text() == "old"


def test_a_start_takes_up_what_was_cut_off_unless_somebody_is_at_it(tmp_path: Path) -> None:
    assert not take_up(tmp_path)
    (tmp_path / LIST).write_text(json.dumps({"staging": str(tmp_path / "s"), "moves": []}))
    with StateLock(tmp_path), pytest.raises(AlreadyRunningError):
        take_up(tmp_path)
    assert take_up(tmp_path)
    assert not (tmp_path / LIST).exists()


def test_what_cannot_be_finished_is_told_with_the_two_ways_out(tmp_path: Path) -> None:
    (tmp_path / "staged").touch()
    (tmp_path / "file").touch()
    move = {
        "staged": str(tmp_path / "staged"),
        "target": str(tmp_path / "file/x"),
        "aside": str(tmp_path / "a"),
    }
    (tmp_path / LIST).write_text(json.dumps({"staging": str(tmp_path / "s"), "moves": [move]}))
    with pytest.raises(OpenClawError, match=r"start again, or delete .*restore\.json"):
        take_up(tmp_path)


def test_a_file_and_a_folder_are_brought_to_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    sync_tree(tmp_path / "a")
    sync_tree(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_tree(tmp_path / "nowhere")
