from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.config import FsConfig
from openclaw.agent.tools.files.undo.restore import UndoneTurn, told, undo_last
from tests.agent.tools.files.yard import Yard, patch


def outcomes(turn: UndoneTurn | None) -> dict[str, str]:
    assert turn is not None
    return {each.path: each.outcome for each in turn.files}


async def test_a_turn_is_taken_back_as_a_whole(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("a.txt", "a\n").chmod(0o755)
    yard.put("b.txt", "b\n")
    before = yard.tree()
    await yard.use("write", path="a.txt", content="changed")
    await yard.use("write", path="x/y/new.txt", content="new")
    await yard.use("edit", path="a.txt", oldText="changed", newText="again")
    await yard.use("apply_patch", input=patch("*** Delete File: b.txt"))

    undone = await yard.undo()

    assert outcomes(undone) == {"b.txt": "restored", "x/y/new.txt": "removed", "a.txt": "restored"}
    assert yard.tree() == before
    assert oct((yard.workspace / "a.txt").stat().st_mode)[-3:] == "755"
    assert await yard.undo() is None


async def test_turns_are_taken_back_one_after_the_other(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    for number in range(3):
        await yard.use("write", run=f"run_{number}", path="a", content=str(number))

    texts = []
    while await yard.undo() is not None:
        texts.append(yard.tree().get("a"))

    assert texts == ["1", "0", None]


async def test_what_somebody_else_has_changed_since_is_left_unless_it_is_forced(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("a", "owner's\n")
    await yard.use("write", path="a", content="assistant's")
    await yard.use("write", path="b", content="assistant's")
    yard.put("a", "owner's again\n")

    undone = await yard.undo()

    assert outcomes(undone) == {"b": "removed", "a": "conflict"}
    assert yard.tree() == {"a": "owner's again\n"}
    assert "`/undo force`" in told(undone)
    assert await yard.undo() is None
    assert outcomes(await yard.undo(force=True)) == {"a": "restored"}
    assert yard.tree() == {"a": "owner's\n"}
    assert await yard.undo(force=True) is None


async def test_only_turns_of_one_conversation_when_it_is_named(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    await yard.use("write", path="a", content="1")

    assert await yard.undo("agent:main:sms:direct:+12015550123") is None
    assert outcomes(await yard.undo("agent:main:main")) == {"a": "removed"}


async def test_a_dry_run_changes_nothing_and_can_be_followed(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    await yard.use("write", path="a", content="1")

    foreseen = await yard.undo(dry_run=True)

    assert yard.tree() == {"a": "1"}
    assert told(foreseen, dry_run=True).startswith("1 of 1 changed file would be taken back.\n- a: removed")
    done = await yard.undo()
    assert done == foreseen
    assert told(done).startswith("1 of 1 changed file was taken back.")
    assert told(await yard.undo()).startswith("There is nothing to undo")


async def test_a_turn_that_goes_on_after_it_was_undone_can_be_undone_again(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("a", "0")
    await yard.use("write", path="a", content="1")
    await yard.undo()
    yard.put("a", "owner's")
    await yard.use("write", path="a", content="2")

    await yard.undo()

    assert yard.tree() == {"a": "owner's"}


async def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("sub/secret.txt", "mine\n")
    yard.put("b", "mine\n")
    await yard.use("write", path="sub/secret.txt", content="changed")
    await yard.use("write", path="b", content="changed")
    (yard.workspace / "sub").rename(yard.workspace / "moved")
    (yard.workspace / "sub").symlink_to(yard.outside)
    (yard.workspace / "b").unlink()
    (yard.workspace / "b").symlink_to(yard.secret)
    before = yard.secret.read_text()

    for force in (False, True):
        assert set(outcomes(await yard.undo(force=force)).values()) == {"failed"}

    assert yard.secret.read_text() == before


async def test_outside_the_workspace_too_where_the_owner_let_it_go(tmp_path: Path) -> None:
    yard = Yard(tmp_path, FsConfig(workspace_only=False))
    before = yard.secret.read_text()
    await yard.use("write", path=str(yard.secret), content="changed")

    assert outcomes(await yard.undo()) == {str(yard.secret): "restored"}
    assert yard.secret.read_text() == before


names = st.sampled_from(["a", "b", "d/c"])
texts = st.sampled_from(["", "one\n", "two\n", "one\ntwo\n"])
steps = st.one_of(
    st.tuples(st.just("write"), names, texts),
    st.tuples(st.just("edit"), names, texts),
    st.tuples(st.just("delete"), names, texts),
    st.tuples(st.just("move"), names, names),
)


@settings(max_examples=40, deadline=None)
@given(turns=st.lists(st.lists(steps, max_size=4), max_size=4))
def test_whatever_was_done_undo_leads_back_step_by_step(
    turns: list[list[tuple[str, str, str]]],
) -> None:
    with TemporaryDirectory() as folder:
        yard = Yard(Path(folder))
        yard.put("a", "one\n")
        states = []
        for number, turn in enumerate(turns):
            states.append(yard.tree())
            anyio.run(_do, yard, f"run_{number}", turn)
        states.append(yard.tree())
        changed = [n for n in range(len(turns)) if _has_files(yard, f"run_{n}")]
        for number in reversed(changed):
            undo_last(yard.journal)
            assert _files(yard.tree()) == _files(states[number])
        assert undo_last(yard.journal) is None


async def _do(yard: Yard, run: str, turn: list[tuple[str, str, str]]) -> None:
    for step, name, more in turn:
        calls = {
            "write": ("write", {"path": name, "content": more}),
            "edit": ("edit", {"path": name, "oldText": "one", "newText": more}),
            "delete": ("apply_patch", {"input": patch(f"*** Delete File: {name}")}),
            "move": ("apply_patch", {"input": patch(f"*** Update File: {name}", f"*** Move to: {more}")}),
        }
        tool, arguments = calls[step]
        try:
            await yard.use(tool, run=run, **arguments)
        except ToolError:
            continue


def _has_files(yard: Yard, run: str) -> bool:
    return any(turn.run_id == run and turn.files for turn in yard.journal.turns())


def _files(tree: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in tree.items() if not name.endswith("/")}
