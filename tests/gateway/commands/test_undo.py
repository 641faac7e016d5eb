from pathlib import Path

from openclaw.gateway.commands.undo import USAGE, undo_text
from tests.agent.tools.files.yard import Yard

MAIN = "agent:main:main"


async def test_the_last_file_changes_of_a_conversation_are_shown_and_taken_back(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.put("a.txt", "before\n")
    await yard.use("write", path="a.txt", content="after")

    assert (await undo_text("", yard.workspace, "agent:main:webchat", yard.book)).startswith(
        "There is nothing to undo"
    )
    assert (await undo_text(" show ", yard.workspace, MAIN, yard.book)).startswith(
        "1 of 1 changed file would be"
    )
    assert yard.tree() == {"a.txt": "after"}
    assert await undo_text("", yard.workspace, MAIN, yard.book) == (
        "1 of 1 changed file was taken back.\n- a.txt: restored"
    )
    assert yard.tree() == {"a.txt": "before\n"}


async def test_what_was_changed_since_is_taken_back_by_force_only(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    await yard.use("write", path="a.txt", content="assistant's")
    yard.put("a.txt", "owner's\n")

    assert "a.txt: conflict" in await undo_text("", yard.workspace, MAIN, yard.book)
    assert yard.tree() == {"a.txt": "owner's\n"}
    assert "a.txt: removed" in await undo_text("FORCE", yard.workspace, MAIN, yard.book)
    assert yard.tree() == {}


async def test_other_words_and_a_broken_journal_are_answered(tmp_path: Path) -> None:
    yard = Yard(tmp_path)

    assert await undo_text("everything", yard.workspace, MAIN, yard.book) == USAGE
    (yard.state / "undo").touch()
    assert (await undo_text("", yard.workspace, MAIN, yard.book)).startswith(
        "The undo journal cannot be read"
    )
