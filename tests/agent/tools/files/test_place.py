from pathlib import Path

import pytest

from openclaw.agent.tools.base import Act, Kind, ToolError, ToolInputError
from openclaw.agent.tools.files.place import Territory, act_on, folded

HOME = Territory(Path("/home/ada/workspace"), (Path("/home/ada/state"),))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("notes.md", "notes.md"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("a/../b.txt", "b.txt"),
        ("a/b/../../c", "c"),
        ("/home/ada/workspace/a/b", "a/b"),
        ("/home/ada/workspace", "."),
        ("/work/a", "a"),
        ("/work", "."),
        (".", "."),
        ("notes/", "notes"),
        (".hidden/..data", ".hidden/..data"),
        ("Übersicht 2026.md", "Übersicht 2026.md"),
    ],
)
def test_a_path_beneath_the_workspace_is_known_by_any_of_its_names(text: str, parts: str) -> None:
    assert str(HOME.place(text)) == parts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("../x", "leads out of the workspace"),
        ("a/../../x", "leads out of the workspace"),
        ("/work/../etc/passwd", "leads out of the workspace"),
        ("/etc/passwd", "lies outside the workspace; give a path relative to /home/ada/workspace"),
        ("/home/ada/workspace2/x", "lies outside the workspace"),
        ("/working/x", "lies outside the workspace"),
    ],
)
def test_a_way_out_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ToolError, match=problem):
        HOME.place(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("  ", "path is required"),
        ("a\0b", "control characters"),
        ("a\ud800", "control characters"),
        ("~/x", "there is no ~ here"),
        ("a\\b", "must have / between"),
        ("file:///etc/passwd", "not an address"),
        ("x" * 256, "a name of more than 255 bytes"),
        ("a/" * 2001, "longer than"),
    ],
)
def test_what_is_no_path_can_be_corrected(text: str, problem: str) -> None:
    with pytest.raises(ToolInputError, match=problem):
        HOME.place(text)


@pytest.mark.parametrize(
    "name",
    [
        "AGENTS.md", "agents.MD", "Soul.md", "MEMORY.md", "memory/2026-11-21.md", "Memory/x", "memory",
        "skills/a/SKILL.md", "SKILLS/x", "s\u212Aills/x", "ſkills/x", "A\u200dGENTS.md", "ＡＧＥＮＴＳ.md",
        ".agents/skills/x", "a/../memory/x",
    ],
)  # fmt: skip
def test_what_the_assistant_reads_as_its_owner_s_words_instructs(name: str) -> None:
    path = HOME.place(name)

    assert path.instructs
    assert act_on(Kind.WRITE, path, "x") == Act(Kind.INSTRUCT, str(path), "x")
    assert act_on(Kind.READ, path) == Act(Kind.READ, str(path))


@pytest.mark.parametrize(
    "name", ["notes.md", "project/AGENTS.md", "memories/x", "skill", "AGENTS.md.bak", "."]
)
def test_other_files_instruct_nobody(name: str) -> None:
    assert not HOME.place(name).instructs
    assert act_on(Kind.WRITE, HOME.place(name)).kind is Kind.WRITE


def test_outside_the_workspace_only_the_owner_s_file_lets_a_tool_go_and_it_is_asked_about() -> None:
    free = Territory(HOME.workspace, HOME.off_limits, anywhere=True)

    path = free.place("/etc/hosts")

    assert (path.root, str(path), path.outside) == (Path("/"), "/etc/hosts", True)
    assert act_on(Kind.READ, path).kind is Kind.ADMINISTER
    assert act_on(Kind.WRITE, free.place("/memory/x")).kind is Kind.ADMINISTER
    assert str(free.place("/home/ada/x/../workspace/AGENTS.md")) == "AGENTS.md"
    with pytest.raises(ToolError, match="leads out"):
        free.place("../x")


@pytest.mark.parametrize("anywhere", [False, True])
@pytest.mark.parametrize("state", ["/home/ada", "/home/ada/workspace/.openclaw", "/home/ada/workspace"])
def test_the_state_directory_is_never_reached(state: str, anywhere: bool) -> None:
    ground = Territory(Path("/home/ada/workspace"), (Path(state),), anywhere)

    if state == "/home/ada/workspace/.openclaw":
        with pytest.raises(ToolError, match="own state"):
            ground.place(".openclaw/credentials/token")
    elif state == "/home/ada" and anywhere:
        with pytest.raises(ToolError, match="own state"):
            ground.place("/home/ada/openclaw.json")
    assert ground.place("notes.md").parts == ("notes.md",)


def test_names_that_some_disks_take_for_one_are_one() -> None:
    assert folded("AGENTS.md") == folded("ａｇｅｎｔｓ.\u200dMD")
    assert folded("a.md") != folded("b.md")
