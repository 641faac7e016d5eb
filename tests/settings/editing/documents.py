"""JSON5 texts as people write them: comments everywhere, all quotes, all numbers."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

NAMES = ["port", "auth", "list", "a b", "with.dots", "ünï", "$x", "it's", 'say "hi"', "null"]
PLAIN_NAMES = {"port", "auth", "list", "ünï", "$x", "null"}
SPACES = [
    "",
    " ",
    "\n",
    "\n    ",
    "\t",
    " /* one */ ",
    " // two\n",
    "/* three\n*/",
    "\r\n",
    "\xa0",
    "// {[,'\n",
]

SCALARS: list[tuple[str, Any]] = [
    ("null", None),
    ("true", True),
    ("false", False),
    ("0", 0),
    ("-7", -7),
    ("+5", 5),
    ("0x1F", 31),
    (".5", 0.5),
    ("5.", 5.0),
    ("1e3", 1000.0),
    ('"x"', "x"),
    ("'it\\'s'", "it's"),
    ("'}],//'", "}],//"),
    ('"/* no */"', "/* no */"),
    ("'a\\\nb'", "ab"),
    ('"\\u0041"', "A"),
]


@dataclass(frozen=True)
class Document:
    text: str
    tree: Any


@st.composite
def documents(draw: st.DrawFn, depth: int = 3) -> Document:
    """An object with blanks and comments around it."""
    body = draw(_objects(depth))
    space = st.sampled_from(SPACES)
    return Document(f"{draw(space)}{body.text}{draw(space)}", body.tree)


@st.composite
def _objects(draw: st.DrawFn, depth: int) -> Document:
    space = st.sampled_from(SPACES)
    text, tree = "{", {}
    names = draw(st.lists(st.sampled_from(NAMES), max_size=4))
    for place, name in enumerate(names):
        value = draw(_values(depth - 1))
        tree[name] = value.tree
        comma = "," if place < len(names) - 1 or draw(st.booleans()) else ""
        around = [draw(space) for _ in range(4)]
        text += f"{around[0]}{draw(_keys(name))}{around[1]}:{around[2]}{value.text}{around[3]}{comma}"
    return Document(f"{text}{draw(space)}}}", tree)


@st.composite
def _lists(draw: st.DrawFn, depth: int) -> Document:
    space = st.sampled_from(SPACES)
    items = draw(st.lists(_values(depth - 1), max_size=3))
    text = "["
    for place, item in enumerate(items):
        comma = "," if place < len(items) - 1 or draw(st.booleans()) else ""
        text += f"{draw(space)}{item.text}{draw(space)}{comma}"
    return Document(f"{text}{draw(space)}]", [item.tree for item in items])


def _values(depth: int) -> st.SearchStrategy[Document]:
    scalars = st.sampled_from(SCALARS).map(lambda pair: Document(*pair))
    return st.one_of(scalars, _objects(depth), _lists(depth)) if depth > 0 else scalars


def _keys(name: str) -> st.SearchStrategy[str]:
    double = '"' + name.replace('"', '\\"') + '"'
    single = "'" + name.replace("'", "\\'") + "'"
    return st.sampled_from([double, single, *([name] if name in PLAIN_NAMES else [])])


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8"), max_size=12),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=6), inner, max_size=3),
    ),
    max_leaves=6,
)  # fmt: skip
"""What may be set."""


def paths(tree: Any, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Of everything in a tree."""
    found: list[tuple[str | int, ...]] = [before] if before else []
    if isinstance(tree, dict):
        for name, value in tree.items():
            found += paths(value, (*before, name))
    if isinstance(tree, list):
        for place, value in enumerate(tree):
            found += paths(value, (*before, place))
    return found
