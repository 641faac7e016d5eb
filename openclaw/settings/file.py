"""The config file: JSON5 with `$include`. Whatever is wrong is told with its line and column."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyjson5

from openclaw.settings.problems import Key, Problem, dotted

MAX_DEPTH = 64
MAX_INCLUDES = 10
MAX_BYTES = 8 * 1024 * 1024


class UnreadableError(Exception):
    """The file cannot be used at all; the text says why, and where."""


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(slots=True)
class ConfigText:
    """One file as it was read: the bytes for the last-known-good copy, the tree for us."""

    data: bytes
    tree: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    files: tuple[Path, ...] = ()
    """All that were read, the included ones too."""


def read_config(path: Path) -> ConfigText:
    """Raises FileNotFoundError or UnreadableError."""
    return config_text(_read(path), path)


def config_text(data: bytes, path: Path) -> ConfigText:
    """As if the file at `path` held this. Raises UnreadableError."""
    found = ConfigText(data, _object(parse(data), "the file"))
    includes = _Includes(path.parent, found.problems)
    found.tree = includes.merged(found.tree, (path.resolve(),), ())
    found.files = (path, *includes.read)
    return found


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")
    return data


def parse(data: bytes) -> object:
    """Raises UnreadableError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{_place(data, error.start)}: this is not UTF-8 text") from error
    if not text.strip():
        raise UnreadableError("it is empty")
    try:
        return pyjson5.decode(text, maxdepth=MAX_DEPTH)
    except pyjson5.Json5DecoderException as error:
        # Not chained: a traceback would show what the parser has read so far, secrets included.
        raise UnreadableError(_explain(text, str(error.args[0]) if error.args else "")) from None


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError(f"{what} must hold one object, {{ … }}, not {_kind(value)}")
    return value


def _kind(value: object) -> str:
    kinds = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


_SAYS = (
    ("No JSON data", "there are only comments, no settings"),
    ("Unclosed b'object'", "the object that opens here has no closing }"),
    ("Unclosed b'array'", "the list that opens here has no closing ]"),
    ("Unclosed b'string'", "the text that opens here has no closing quote"),
    ("Unclosed b'comment'", "the comment that opens here has no end"),
    ("Stray b'comma'", "there is one comma too many"),
    ("Expected b'comma'", "a comma is missing before this"),
    ("Expected b'colon'", "a colon is missing before this"),
    ("Extra data", "something follows after the end of the object"),
    ("Maximum nesting", f"more than {MAX_DEPTH} levels are nested"),
)


def _explain(text: str, said: str) -> str:
    near = re.search(r"near (\d+)", said)
    meaning = next((words for start, words in _SAYS if said.startswith(start)), "this is not valid JSON5")
    if near is None:
        return meaning
    return f"{_place(text.encode(), len(text[: int(near[1]) - 1].encode()))}: {meaning}"


def _place(data: bytes, offset: int) -> str:
    before = data[: max(offset, 0)]
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    return f"line {before.count(10) + 1}, column {column}"


class _Includes:
    """`$include`: a file's name, or several merged in order; the keys beside it win."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        self._folder = folder.resolve()
        self._problems = problems
        self.read: list[Path] = []

    def merged(self, tree: Any, files: tuple[Path, ...], key: Key) -> Any:
        if isinstance(tree, list):
            return [self.merged(item, files, (*key, index)) for index, item in enumerate(tree)]
        if not isinstance(tree, dict):
            return tree
        result: dict[str, Any] = {}
        names = tree.get("$include", [])
        for name in names if isinstance(names, list) else [names]:
            result = merge(result, self._included(name, files, key))
        beside = {name: value for name, value in tree.items() if name != "$include"}
        return merge(
            result, {name: self.merged(value, files, (*key, name)) for name, value in beside.items()}
        )

    def _included(self, name: object, files: tuple[Path, ...], key: Key) -> dict[str, Any]:
        try:
            path = self._allowed(name, files)
            self.read.append(path)
            tree = _object(parse(_read(path)), path.name)
        except (UnreadableError, OSError) as error:
            why = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
            self._problems.append(
                Problem(
                    dotted((*key, "$include")),
                    "error",
                    f"{name!r} is left out: {why}",
                    "Mend the file or its name.",
                )
            )
            return {}
        included: dict[str, Any] = self.merged(tree, (*files, path), key)
        return included

    def _allowed(self, name: object, files: tuple[Path, ...]) -> Path:
        if not isinstance(name, str):
            raise UnreadableError("it must be the name of a file")
        path = (files[-1].parent / name).resolve()
        if not path.is_relative_to(self._folder):
            raise UnreadableError("it lies outside the folder of the main config file")
        if path in files:
            raise UnreadableError("it includes itself")
        if len(files) > MAX_INCLUDES:
            raise UnreadableError(f"more than {MAX_INCLUDES} files include one another")
        if path.stat().st_nlink > 1:
            raise UnreadableError("it is a hard link, whose other name anybody may write to")
        return path


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Objects are merged, everything else is replaced."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        result[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result
