import pytest

from openclaw.agent.tools.base import ToolError, ToolInputError
from openclaw.agent.tools.files.patch import Add, Delete, Update, apply, parse, paths
from tests.agent.tools.files.yard import patch

TEXT = "def one():\n    return 1\n\n\ndef two():\n    return 1\n"


def applied(text: str, *lines: str) -> str:
    (operation,) = parse(patch("*** Update File: x", *lines))
    assert isinstance(operation, Update)
    return apply("x", text, operation.hunks)


def test_every_operation_is_read() -> None:
    add, update, move, delete = parse(
        patch(
            "*** Add File: a/new.txt",
            "+one",
            "+",
            "*** Update File: b.txt",
            "@@ def f():",
            " stays",
            "-goes",
            "+comes",
            "*** Update File: c.txt",
            "*** Move to: d.txt",
            "",
            "*** Delete File: e.txt",
        )
    )

    assert add == Add("a/new.txt", "one\n\n")
    assert isinstance(update, Update)
    assert [(h.anchors, h.old, h.new) for h in update.hunks] == [
        (["def f():"], ["stays", "goes"], ["stays", "comes"])
    ]
    assert move == Update("c.txt", "d.txt", ())
    assert delete == Delete("e.txt")
    assert [paths(each) for each in (add, move)] == [("a/new.txt",), ("c.txt", "d.txt")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must begin with"),
        ("*** Add File: a\n+x", "must begin with"),
        ("*** Begin Patch\n*** Add File: a\n+x", "must end with .* cut off"),
        (patch(), "changes no file"),
        (patch("hello"), "line 1 of the patch: 'hello' is none of"),
        (patch("*** Add File: a", "x"), "line 2 of the patch: in a new file every line begins with +"),
        (patch("*** Add File: "), "'\\*\\*\\* Add File:' is none of|name of the file is missing"),
        (patch("*** Update File: a"), "no change is given"),
        (patch("*** Update File: a", "@@", "x"), "every line of a hunk begins"),
        (patch("*** Update File: a", "@@ def f"), "a hunk without a line"),
    ],
)
def test_what_is_no_patch_can_be_corrected(text: str, problem: str) -> None:
    with pytest.raises(ToolInputError, match=problem):
        parse(text)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("@@", " def one():", "-    return 1", "+    return 2"), TEXT.replace("return 1", "return 2", 1)),
        (("-def one():", "+def uno():"), TEXT.replace("one", "uno")),
        (("@@ def two():", "-    return 1", "+    return 2"),
         TEXT.replace("two():\n    return 1", "two():\n    return 2")),
        # the second hunk is looked for below the first
        (("@@", "-    return 1", "+    return 7", "@@", "-    return 1", "+    return 8"),
         TEXT.replace("return 1", "return 7", 1).replace("return 1", "return 8", 1)),
        # nothing but new lines: at the end, or below the line that is named
        (("@@", "+# end"), TEXT + "# end\n"),
        (("@@ def one():", "+    # first"), TEXT.replace("one():\n", "one():\n    # first\n")),
        (("@@", "-    return 1", "+    return 9", "*** End of File"), TEXT[:-len("    return 1\n")] + "    return 9\n"),
        # nearly so: spaces, typography, an empty line without its space
        (("@@", " def one():   ", "-return 1", "+    return 3"), TEXT.replace("return 1", "return 3", 1)),
        (("@@", "     return 1", "", "", "-def two():", "+def due():"), TEXT.replace("two", "due")),
        # the empty line that stands for the end of the file
        (("@@ def two():", "-    return 1", "+    return 4", ""), TEXT[:-2] + "4\n"),
    ],
)  # fmt: skip
def test_a_hunk_finds_its_place(lines: tuple[str, ...], expected: str) -> None:
    assert applied(TEXT, *lines) == expected


def test_what_only_nearly_matches_stays_as_the_file_has_it() -> None:
    text = "say “hello”\nthen go\n"

    assert applied(text, "@@", ' say "hello"', "-then go", "+then stay") == "say “hello”\nthen stay\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\r\nb\r\n", "a\r\nB\r\n"), ("a\nb", "a\nB"), ("a\nb\n", "a\nB\n")],
)
def test_a_file_s_own_ends_stay(text: str, expected: str) -> None:
    assert applied(text, "@@", " a", "-b", "+B") == expected


def test_an_empty_file_can_be_filled_and_a_full_one_emptied() -> None:
    assert applied("", "@@", "+a") == "a\n"
    assert applied("a\n", "@@", "-a") == ""


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("@@", "-return 5"), "x: hunk 1 has no place there: no line is 'return 5'; read the file again"),
        (("@@ class X", "-    return 1"), "x: hunk 1 has no place there: no line is 'class X'"),
        (("@@", "-def two():", "@@", "-def one():"), "x: hunk 2 .* do not stand below line 4"),
        (("@@", " def two():", " def one():", "-x"), "no line is 'x'"),
    ],
)
def test_a_hunk_without_a_place_says_why(lines: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ToolError, match=problem):
        applied(TEXT, *lines)
