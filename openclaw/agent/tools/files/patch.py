"""The patch format of OpenAI's models: read, and applied to texts. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from openclaw.agent.tools.base import ToolError, ToolInputError

BEGIN, END = "*** Begin Patch", "*** End Patch"
ADD, DELETE, UPDATE = "*** Add File: ", "*** Delete File: ", "*** Update File: "
MOVE, END_OF_FILE, SECTION = "*** Move to: ", "*** End of File", "@@"

_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "\u00a0": " "}
)


@dataclass(frozen=True, slots=True)
class Add:
    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Delete:
    path: str


@dataclass(slots=True)
class Hunk:
    anchors: list[str] = field(default_factory=list)
    """Lines that stand above it, each below the one before."""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    path: str
    move_to: str | None
    hunks: tuple[Hunk, ...]


Operation = Add | Delete | Update


def parse(text: str) -> tuple[Operation, ...]:
    """Raises ToolInputError with the number of the line that does not fit."""
    lines = text.strip("\r\n \t").splitlines()
    if not lines or lines[0].strip() != BEGIN:
        raise ToolInputError(f"input must begin with the line {BEGIN!r}")
    if lines[-1].strip() != END:
        raise ToolInputError(f"input must end with the line {END!r}; it may have been cut off")
    operations = tuple(_operations(_Lines(lines[1:-1])))
    if not operations:
        raise ToolInputError("input changes no file")
    return operations


def paths(operation: Operation) -> tuple[str, ...]:
    if isinstance(operation, Update) and operation.move_to is not None:
        return operation.path, operation.move_to
    return (operation.path,)


def apply(name: str, text: str, hunks: Sequence[Hunk]) -> str:
    """Raises ToolError when a hunk has no place. A file's own line ends stay, and how its last line ends."""
    ends_line = text.endswith("\n") or not text
    lines = text.removesuffix("\n").split("\n") if text else []
    returns = bool(lines) and lines[0].endswith("\r")
    place = 0
    for number, hunk in enumerate(hunks, start=1):
        start = _find(lines, hunk, place)
        if start is None:
            raise ToolError(f"{name}: hunk {number} has no place there{_what_failed(lines, hunk, place)}")
        kept = _kept(lines, start, hunk)
        new = [kept.pop(line, line + "\r" * returns) for line in hunk.new]
        lines[start : start + len(hunk.old)] = new
        place = start + len(new)
    return "\n".join(lines) + "\n" * (ends_line and bool(lines))


def _kept(lines: Sequence[str], start: int, hunk: Hunk) -> dict[str, str]:
    """Context lines stay as the file has them, even where the patch has them only nearly so."""
    pairs = zip(hunk.old, lines[start : start + len(hunk.old)], strict=True)
    new = set(hunk.new)
    return {written: found for written, found in pairs if written in new}


class _Lines:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._place = 0

    @property
    def next(self) -> str | None:
        return self._lines[self._place] if self._place < len(self._lines) else None

    def take(self) -> str:
        self._place += 1
        return self._lines[self._place - 1]

    def rest(self) -> Sequence[str]:
        return self._lines[self._place :]

    def wrong(self, problem: str) -> ToolInputError:
        return ToolInputError(f"line {self._place + 1} of the patch: {problem}")


def _operations(lines: _Lines) -> Iterator[Operation]:
    while (line := lines.next) is not None:
        if line.startswith(ADD):
            lines.take()
            yield Add(_path(line, ADD, lines), _added(lines))
        elif line.startswith(DELETE):
            lines.take()
            yield Delete(_path(line, DELETE, lines))
        elif line.startswith(UPDATE):
            lines.take()
            path, move = _path(line, UPDATE, lines), lines.next or ""
            move_to = _path(lines.take(), MOVE, lines) if move.startswith(MOVE) else None
            yield _update(path, move_to, lines)
        elif line.strip():
            raise lines.wrong(f"{line[:60]!r} is none of {ADD!r}, {UPDATE!r}, {DELETE!r}")
        else:
            lines.take()


def _path(line: str, mark: str, lines: _Lines) -> str:
    path = line.removeprefix(mark).strip()
    if not path:
        raise lines.wrong("the name of the file is missing")
    return path


def _added(lines: _Lines) -> str:
    content: list[str] = []
    while (line := lines.next) is not None and not line.startswith("*** "):
        if not line.startswith("+"):
            raise lines.wrong("in a new file every line begins with +")
        content.append(lines.take()[1:])
    return "".join(f"{each}\n" for each in content)


def _update(path: str, move_to: str | None, lines: _Lines) -> Update:
    hunks: list[Hunk] = []
    while (line := lines.next) is not None and not line.startswith((ADD, DELETE, UPDATE)):
        if not line.strip() and not _goes_on(lines):
            lines.take()
            continue
        hunks.append(_hunk(lines))
    if not hunks and move_to is None:
        raise lines.wrong(f"{path} is to be updated, and no change is given")
    return Update(path, move_to, tuple(hunks))


def _goes_on(lines: _Lines) -> bool:
    """Whether an empty line is the first of a hunk, and not one between two files."""
    told = next((line for line in lines.rest() if line.strip()), "")
    return told.startswith((" ", "+", "-"))


def _hunk(lines: _Lines) -> Hunk:
    hunk = Hunk()
    while (line := lines.next) is not None and line.startswith(SECTION):
        if anchor := lines.take().removeprefix(SECTION).strip():
            hunk.anchors.append(anchor)
    while (line := lines.next) is not None and not line.startswith((ADD, DELETE, UPDATE, SECTION)):
        if line.strip() == END_OF_FILE:
            lines.take()
            hunk.at_end = True
            break
        _take(hunk, line, lines)
        lines.take()
    if not hunk.old and not hunk.new:
        raise lines.wrong("a hunk without a line")
    return hunk


def _take(hunk: Hunk, line: str, lines: _Lines) -> None:
    mark, text = line[:1] or " ", line[1:]
    if mark not in {" ", "-", "+"}:
        raise lines.wrong("every line of a hunk begins with a space, - or +")
    if mark != "+":
        hunk.old.append(text)
    if mark != "-":
        hunk.new.append(text)


def _find(lines: Sequence[str], hunk: Hunk, place: int) -> int | None:
    for anchor in hunk.anchors:
        found = _search(lines, [anchor], place, _bare)
        if found is None:
            return None
        place = found + 1
    if not hunk.old:
        return place if hunk.anchors and not hunk.at_end else len(lines)
    for plain in (_exact, str.rstrip, _bare):
        if hunk.at_end:
            last = len(lines) - len(hunk.old)
            if last >= place and _search(lines, hunk.old, last, plain) == last:
                return last
        elif (found := _search(lines, hunk.old, place, plain)) is not None:
            return found
    # The empty line that models put at the end of a hunk may be the end of the file.
    if len(hunk.old) > 1 and not hunk.old[-1] and hunk.new[-1:] == [""]:
        shorter = Hunk([], hunk.old[:-1], hunk.new[:-1], hunk.at_end)
        found = _find(lines, shorter, place)
        if found is not None:
            hunk.old, hunk.new = shorter.old, shorter.new
        return found
    return None


def _search(
    lines: Sequence[str], wanted: Sequence[str], start: int, plain: Callable[[str], str]
) -> int | None:
    sought = [plain(line) for line in wanted]
    for place in range(start, len(lines) - len(sought) + 1):
        if all(plain(lines[place + n]) == line for n, line in enumerate(sought)):
            return place
    return None


def _exact(line: str) -> str:
    return line.removesuffix("\r")


def _bare(line: str) -> str:
    return line.strip().translate(_TYPOGRAPHY)


def _what_failed(lines: Sequence[str], hunk: Hunk, place: int) -> str:
    for anchor in hunk.anchors:
        if _search(lines, [anchor], 0, _bare) is None:
            return f": no line is {anchor!r}"
    missing = [line for line in hunk.old if _search(lines, [line], 0, _bare) is None]
    if missing:
        return f": no line is {missing[0]!r}; read the file again"
    where = f"below line {place}" if place else "in this order"
    return f": its lines do not stand {where}; read the file again"
