"""What a change of the config file would meet with, told with its places, while somebody still types. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openclaw.settings.editing.spans import Node, found, spans
from openclaw.settings.file import UnreadableError
from openclaw.settings.loading import Loaded
from openclaw.settings.problems import Key, Problem, Severity

_PLACE = re.compile(r"line (\d+), column (\d+): (.*)", re.DOTALL)
_KEY = re.compile(r"([\w.\[\]]+): (.*)", re.DOTALL)
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
NOTHING_WRITTEN = " Nothing was written."


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None

    def shown(self) -> dict[str, object]:
        return {
            "path": self.path,
            "severity": self.severity,
            "message": self.message,
            "line": self.line,
            "column": self.column,
        }


def unreadable(words: str) -> Finding:
    """Of what was said of a text that cannot be used: that begins with the place, or the key."""
    if (place := _PLACE.match(words)) is None:
        key = _KEY.match(words)
        words, path = (key[2], key[1]) if key is not None else (words, "")
        return Finding("error", words.removesuffix(NOTHING_WRITTEN), path)
    return Finding("error", place[3].removesuffix(NOTHING_WRITTEN), "", int(place[1]), int(place[2]))


def fresh(before: Loaded, after: Loaded) -> Iterator[Problem]:
    """What is wrong already is nobody's news."""
    return (problem for problem in after.problems if problem not in before.problems)


def finding(problem: Problem) -> Finding:
    """A key that nobody reads is a slip of the pen: it is not written."""
    unknown = problem.text.startswith("there is no such key")
    severity: Severity = "error" if unknown or problem.severity == "error" else "warning"
    # Said of a file that is read; one that is written may not hold it.
    text = problem.text.removesuffix("; it is ignored")
    return Finding(severity, f"{text}. {problem.mend}".strip(), problem.key)


def placed(findings: Sequence[Finding], text: str) -> list[Finding]:
    """Each where its key stands in this text, or what holds it; those that know their place keep it."""
    try:
        root = spans(text)
    except UnreadableError:
        return list(findings)
    return [each if each.line is not None else _at(each, text, root) for each in findings]


def _at(each: Finding, text: str, root: Node) -> Finding:
    start = _start(root, steps(each.path))
    if start is None:
        return each
    line = text.count("\n", 0, start) + 1
    return Finding(each.severity, each.message, each.path, line, start - text.rfind("\n", 0, start))


def _start(root: Node, key: Key) -> int | None:
    """Where the key is written; None where not even its first step is."""
    here, start = root, None
    for step in key:
        member = found(here, step)
        if member is None:
            break
        here, start = member.value, member.start
    return start


def steps(dotted: str) -> Key:
    """`agents.list[0].model` → its steps."""
    return tuple(int(number) if number else name for name, number in _STEP.findall(dotted))
