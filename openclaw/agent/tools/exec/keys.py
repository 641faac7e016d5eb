"""Names of keys, and what they send to a program that reads a pipe."""

import signal
from collections.abc import Iterable, Iterator
from typing import Literal

from openclaw.agent.tools.base import ToolInputError

_NAMED = {
    "enter": "\n", "return": "\n", "tab": "\t", "escape": "\x1b", "esc": "\x1b", "space": " ", "bspace": "\x7f",
    "backspace": "\x7f", "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H",
    "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "delete": "\x1b[3~", "dc": "\x1b[3~",
    "insert": "\x1b[2~", "ic": "\x1b[2~", "btab": "\x1b[Z",
}  # fmt: skip
_SIGNALS = {"c": signal.SIGINT, "\\": signal.SIGQUIT}
"""With a terminal, it would be the terminal that turned these keys into signals."""

Stroke = bytes | signal.Signals | Literal["end of input"]


def strokes(keys: Iterable[str]) -> Iterator[Stroke]:
    """`Enter`, `Up`, `C-c`, `M-x`, or a character itself. Raises ToolInputError."""
    for key in keys:
        yield _stroke(key)


def _stroke(key: str) -> Stroke:
    control = key[2:].lower() if key[:2] in {"C-", "c-", "^-"} else ""
    if not control and len(key) == 2 and key[0] == "^":
        control = key[1].lower()
    if control in _SIGNALS:
        return _SIGNALS[control]
    if control == "d":
        return "end of input"
    if len(control) == 1 and "a" <= control <= "z":
        return bytes([ord(control) - ord("a") + 1])
    if key[:2] in {"M-", "m-"} and len(key) == 3:
        return b"\x1b" + key[2].encode()
    if (named := _NAMED.get(key.lower())) is not None:
        return named.encode()
    if len(key) == 1:
        return key.encode()
    raise ToolInputError(
        f"keys: there is no key {key!r}; there are Enter, Tab, Escape, Space, Backspace, Up, Down, Left, Right, Home, "
        "End, PageUp, PageDown, Delete, C-a to C-z, C-\\, M-<character> and single characters. Words go by action write"
    )
