"""The head of a SKILL.md: lines `key: value` as their writers wrote them, which is not always YAML. Pure."""

import re
from collections.abc import Iterator
from contextlib import suppress

import pyjson5

_FRONT_MATTER = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*|\"[^\"\n]+\"|'[^'\n]+')[ \t]*:(?:[ \t]+|$)(.*)", re.DOTALL)
_BLOCK_TEXT = re.compile(r"[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?")
_MOST_NESTED = 64
"""Deeper ones are no metadata; the parsers' own limit would be the C stack."""


class FrontMatterError(ValueError):
    """The text says why, in words for the owner."""


def front_matter(text: str) -> dict[str, object]:
    """Texts; of `metadata` also a map. Raises FrontMatterError."""
    match = _FRONT_MATTER.search(text)
    if match is None:
        raise FrontMatterError("it does not begin with a block between two lines `---`")
    written = dict(_blocks(match[1].replace("\r\n", "\n")))
    values = {key: _map(words) if key == "metadata" else _text(words) for key, words in written.items()}
    if not values:
        raise FrontMatterError("its front matter is not a list of `key: value` lines")
    return values


def json5(text: str) -> object:
    """Raises FrontMatterError."""
    _refuse_a_tower(text)
    try:
        return pyjson5.decode(text)
    except (pyjson5.Json5Exception, RecursionError) as error:
        raise FrontMatterError(f"its metadata is not JSON5: {str(error)[:200]}") from None


def body(text: str) -> str:
    """What follows the head."""
    match = _FRONT_MATTER.search(text)
    return text[match.end() :].lstrip("\r\n") if match else text


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each key with all that is written for it: each is read alone, so that one oddity does not cost the others."""
    key, lines = "", list[str]()
    for line in text.split("\n"):
        match = _KEY.fullmatch(line)
        # A bracket at the margin goes on with what was begun above.
        if match and not (key == "metadata" and _is_open("\n".join(lines))):
            if key:
                yield key, "\n".join(lines)
            key, lines = match[1].strip("\"'"), [match[2]]
        elif key and not line.startswith("#"):
            lines.append(line)
    if key:
        yield key, "\n".join(lines)


def _is_open(written: str) -> bool:
    """Whether a map or list in brackets is not closed yet."""
    if not written.lstrip().startswith(("{", "[")):
        return False
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|//[^\n]*', "", written)
    return sum(bare.count(c) for c in "{[") > sum(bare.count(c) for c in "}]")


def _map(written: str) -> object:
    stripped = written.strip()
    if stripped.startswith("{"):
        # JSON5 first: YAML takes a comment of JSON5 for a key, and says nothing.
        with suppress(FrontMatterError):
            return json5(stripped)
    found = _yaml(written)
    return stripped if found is None else found


def _text(written: str) -> str:
    found = None if written.startswith(("!", "&", "*")) else _yaml(written)
    return found if isinstance(found, str) else _plain(written.strip())


def _yaml(written: str) -> object:
    """Every scalar stays text: a name may be `yes`, `1.0` or `2026-02-27`. Tags construct nothing."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        _refuse_a_tower(written)
        found = yaml.load(f"value: {written}", Loader=loader)  # noqa: S506 - makes nothing but text, lists and maps
    except (yaml.YAMLError, FrontMatterError, RecursionError):
        return None
    return found.get("value") if isinstance(found, dict) else None


def _plain(written: str) -> str:
    """What YAML refuses and writers mean: `Use when: it rains`, a stray quote, a block of text badly indented."""
    first, _, rest = written.partition("\n")
    if _BLOCK_TEXT.fullmatch(first):
        return rest.strip()
    for quote in "\"'":
        if len(written) > 1 and written[0] == written[-1] == quote:
            return written[1:-1]
    return written


def _refuse_a_tower(text: str) -> None:
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > _MOST_NESTED:
            raise FrontMatterError("it nests too deeply")
