"""What a turn changed, line by line: the manifest of its undo. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Version:
    """A file's content at some time. A file that was not there has none (None)."""

    sha256: str
    mode: int
    size: int
    kept: bool = True
    """Whether the content itself can be had."""

    def same(self, other: "Version | None") -> bool:
        return other is not None and (self.sha256, self.mode) == (other.sha256, other.mode)


def same(one: Version | None, other: Version | None) -> bool:
    return one.same(other) if one is not None else other is None


@dataclass(frozen=True, slots=True)
class Named:
    """A file: beneath the workspace, or of the machine."""

    parts: tuple[str, ...]
    outside: bool = False


@dataclass(slots=True)
class FileRecord:
    was: Version | None
    """Before the turn."""
    new_folders: int = 0
    """So many of the folders above it were made for it."""
    made: list[Version | None] = field(default_factory=list)
    """What the turn wanted it to become, in order; of the last one it is not known whether that happened."""


@dataclass(slots=True)
class TurnRecord:
    number: int
    run_id: str = ""
    session_key: str = ""
    at: int = 0
    files: dict[Named, FileRecord] = field(default_factory=dict)
    undone: bool = False
    left: tuple[Named, ...] = ()
    """When it was undone, these had been changed by somebody else and stayed as they were."""

    @property
    def contents(self) -> set[str]:
        return {file.was.sha256 for file in self.files.values() if file.was is not None and file.was.kept}


def header_line(run_id: str, session_key: str, at: int) -> bytes:
    run = run_id.encode(errors="replace").decode()
    return _line({"version": 1, "run": run, "session": session_key, "at": at})


def change_line(file: Named, record: FileRecord, will: Version | None, *, first: bool) -> bytes:
    before = {"was": _written(record.was), "folders": record.new_folders} if first else {}
    return _line({**_name(file), **before, "will": _written(will)})


def undone_line(at: int, left: Iterable[Named]) -> bytes:
    return _line({"undone": at, "left": [_name(file) for file in left]})


def read_manifest(number: int, data: bytes) -> TurnRecord:
    """A torn last line is none: what it announced did not happen."""
    turn = TurnRecord(number)
    for line in data.split(b"\n")[:-1]:
        try:
            _take(turn, orjson.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return turn


def _take(turn: TurnRecord, line: Mapping[str, Any]) -> None:
    if "version" in line:
        turn.run_id, turn.session_key, turn.at = line["run"], line["session"], line["at"]
    elif "undone" in line:
        turn.undone, turn.left = True, tuple(_named(file) for file in line["left"])
    else:
        record = turn.files.get(_named(line))
        if record is None:
            record = turn.files[_named(line)] = FileRecord(_version(line["was"]), line["folders"])
        record.made.append(_version(line["will"]))


def _name(file: Named) -> dict[str, object]:
    return {"path": list(file.parts), **({"outside": True} if file.outside else {})}


def _named(line: Mapping[str, Any]) -> Named:
    return Named(tuple(line["path"]), bool(line.get("outside")))


def _written(version: Version | None) -> dict[str, object] | None:
    if version is None:
        return None
    kept = {} if version.kept else {"kept": False}
    return {"sha256": version.sha256, "mode": version.mode, "size": version.size, **kept}


def _version(line: Mapping[str, Any] | None) -> Version | None:
    return Version(line["sha256"], line["mode"], line["size"], line.get("kept", True)) if line else None


def _line(data: dict[str, object]) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)
