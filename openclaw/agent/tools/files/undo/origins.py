"""Which files of a workspace hold words of others, and whose: kept beside its undo journal. Everything here blocks.

A file is known by its path and by its content: a copy has the same content, and so has what an undo brings back.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import orjson

from openclaw.agent.taint import FOREIGN
from openclaw.agent.tools.base import ToolError
from openclaw.agent.tools.files.door import Beneath
from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.types.conversation import Provenance

FILE = "origins.json"
MOST = 4_000
"""Paths, and contents; of more the oldest are forgotten."""
LOOKED_INTO, LOOKED_BYTES = 64, 256 * 1024
"""Files whose words are looked for in what a program said, the newest; and how much of each."""
PIECE = 24
"""Characters that stand in two texts only when one has them from the other."""

Whose = frozenset[Provenance]
NOBODY: Whose = frozenset()


@dataclass(slots=True)
class Known:
    paths: dict[str, Whose] = field(default_factory=dict)
    contents: dict[str, Whose] = field(default_factory=dict)
    """By hash."""

    def of(self, path: WorkspacePath, sha256: str = "") -> Whose:
        return self.paths.get(str(path), NOBODY) | self.contents.get(sha256, NOBODY)


class Origins:
    def __init__(self, workspace: Path, folder: Path) -> None:
        self._workspace = workspace
        self._folder = folder

    def note(self, found: Mapping[WorkspacePath, tuple[str, Whose]]) -> None:
        """What the files hold now: each content's hash, and whose words are in it. Nobody's: what was known goes."""
        known = self.known()
        before = (dict(known.paths), dict(known.contents))
        for path, (sha256, whose) in found.items():
            known.paths.pop(str(path), None)
            if whose:
                known.paths[str(path)] = whose
                if sha256:
                    known.contents[sha256] = known.contents.pop(sha256, NOBODY) | whose
        if (known.paths, known.contents) != before:
            self._write(known)

    def returned(self, path: WorkspacePath, sha256: str = "") -> None:
        """An old content is back, or the file is gone."""
        self.note({path: (sha256, self.known().contents.get(sha256, NOBODY))})

    def told_by(self, command: str, said: str) -> Whose:
        """Whose words a program has said: those of every such file that it names, or repeats a piece of."""
        known = self.known()
        found, rest = NOBODY, list[tuple[str, Whose]]()
        for name, whose in reversed(known.paths.items()):
            if re.search(rf"(?<![\w.-]){re.escape(name.rpartition('/')[2])}(?![\w-])", command):
                found |= whose
            else:
                rest.append((name, whose))
        open_question = [(name, whose) for name, whose in rest[:LOOKED_INTO] if not whose <= found]
        if open_question:
            pieces = _every_piece(said)
            for name, whose in open_question:
                if not pieces.isdisjoint(_pieces_of(self._content(name))):
                    found |= whose
        return found

    def _content(self, name: str) -> str:
        if name.startswith("/"):
            return ""
        try:
            path = WorkspacePath(self._workspace, tuple(name.split("/")))
            return Beneath(self._workspace).read(path, LOOKED_BYTES).data.decode(errors="replace")
        except ToolError:
            return ""

    def known(self) -> Known:
        try:
            data = orjson.loads((self._folder / FILE).read_bytes())
            return Known(dict(_rows(data["paths"])), dict(_rows(data["contents"])))
        except FileNotFoundError:
            return Known()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ToolError(f"{self._folder / FILE} is damaged; the owner has to remove it") from error

    def _write(self, known: Known) -> None:
        rows = {
            "paths": {name: sorted(whose) for name, whose in list(known.paths.items())[-MOST:]},
            "contents": {name: sorted(whose) for name, whose in list(known.contents.items())[-MOST:]},
        }
        with Beneath(self._folder).leaf(WorkspacePath(self._folder, (FILE,)), make=True) as leaf:
            leaf.replace(orjson.dumps(rows))


def foreign(provenances: Iterable[Provenance]) -> Whose:
    return FOREIGN & frozenset(provenances)


def _rows(rows: Mapping[str, list[str]]) -> Iterator[tuple[str, Whose]]:
    for name, whose in rows.items():
        yield name, frozenset(each for each in get_args(Provenance) if each in whose)


def _every_piece(text: str) -> frozenset[str]:
    text = " ".join(text.split())
    return frozenset(text[at : at + PIECE] for at in range(max(len(text) - PIECE + 1, 0)))


def _pieces_of(text: str) -> Iterator[str]:
    """Line by line, for a program may have numbered them; and across lines, for they may be short."""
    for part in (*text.split("\n"), text):
        part = " ".join(part.split())
        for at in range(0, len(part) - PIECE + 1, PIECE):
            yield part[at : at + PIECE]
