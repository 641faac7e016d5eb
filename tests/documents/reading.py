"""The documents as a test reads them: fenced blocks, the commands in them, links. Pure."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = frozenset(
    {"sh", "console", "json5", "json", "jsonl", "yaml", "toml", "python", "markdown", "text", ""}
)
"""`sh`: commands that are run; `console`: other programs', which are not."""
_FENCE = re.compile(r"(?ms)^```([^\n]*)\n(.*?)^```[ \t]*$")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_EXITS = re.compile(r"exits ((?:\d+(?:, or |, | or )?)+)")
_HEADING = re.compile(r"(?m)^#+ +(.+?) *$")


@dataclass(frozen=True, slots=True)
class Block:
    place: str
    kind: str
    stopped: bool
    """Its commands are for a house whose assistant does not run."""
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    place: str
    words: tuple[str, ...]
    codes: frozenset[int]
    stopped: bool


def documents() -> Sequence[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path: Path) -> Iterator[Block]:
    text = path.read_text()
    for match in _FENCE.finditer(text):
        kind, _, more = match[1].strip().partition(" ")
        line = text.count("\n", 0, match.start()) + 1
        yield Block(f"{path.relative_to(ROOT)}:{line}", kind, more == "stopped", match[2])


def commands(block: Block) -> Iterator[Command]:
    """One a line; a line that ends with a backslash goes on."""
    for line in block.text.replace("\\\n", " ").splitlines():
        said, _, comment = line.partition(" #") if not line.startswith("#") else ("", "", line)
        if words := shlex.split(said):
            told = _EXITS.search(comment)
            codes = {int(each) for each in re.findall(r"\d+", told[1])} if told else {0}
            yield Command(block.place, tuple(words), frozenset(codes), block.stopped)


def named_files(path: Path) -> dict[str, str]:
    """Whole files that a document shows: the line above such a block is `the/name.py`: and nothing more."""
    found = re.findall(r"(?ms)^`([^`\n]+)`:\n\n```\w+\n(.*?)^```", path.read_text())
    return dict(found)


def prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text())


def spans(path: Path) -> Iterator[str]:
    """What stands between single backticks."""
    return (match[1] for match in _SPAN.finditer(prose(path)))


def links(path: Path) -> Iterator[str]:
    return (match[1] for match in _LINK.finditer(prose(path)))


def anchors(path: Path) -> set[str]:
    """As the headings are linked to on the usual forges."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(prose(path))
    }
