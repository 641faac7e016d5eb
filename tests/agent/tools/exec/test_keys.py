import signal

import pytest

from openclaw.agent.tools.base import ToolInputError
from openclaw.agent.tools.exec.keys import Stroke, strokes


@pytest.mark.parametrize(
    ("key", "stroke"),
    [
        ("Enter", b"\n"), ("enter", b"\n"), ("Tab", b"\t"), ("Space", b" "), ("Up", b"\x1b[A"),
        ("PageDown", b"\x1b[6~"),
        ("a", b"a"), ("€", "€".encode()), ("C-a", b"\x01"), ("C-Z", b"\x1a"), ("^l", b"\x0c"), ("M-x", b"\x1bx"),
        ("C-c", signal.SIGINT), ("^C", signal.SIGINT), ("C-\\", signal.SIGQUIT), ("C-d", "end of input"), ("-", b"-"),
    ],
)  # fmt: skip
def test_a_key_is_what_a_program_would_read_of_it(key: str, stroke: Stroke) -> None:
    assert list(strokes([key])) == [stroke]


@pytest.mark.parametrize("key", ["", "Entr", "C-", "C-1", "hello", "M-xx", "F99"])
def test_an_unknown_key_is_told_with_those_there_are(key: str) -> None:
    with pytest.raises(ToolInputError, match=r"keys: there is no key .* there are Enter, Tab"):
        list(strokes(["a", key]))
