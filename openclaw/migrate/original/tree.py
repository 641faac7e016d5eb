"""The lines of the original's transcripts: a tree that only grows, of which one branch is the conversation. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

LONGEST_LINE = 64 << 20


@dataclass(frozen=True, slots=True)
class Node:
    number: int
    """Of its line."""
    id: str
    parent: str | None
    type: str
    line: bytes
    """As text: as objects all lines together would be ten times as large."""

    def read(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = orjson.loads(self.line)
        return found


@dataclass(slots=True)
class Tree:
    header: Mapping[str, Any] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    leaf: str | None = None
    lines: int = 0
    damaged: list[tuple[int, str]] = field(default_factory=list)


def read_tree(lines: Iterable[tuple[int, bytes]]) -> Tree:
    tree = Tree()
    for number, line in lines:
        tree.lines += 1
        if not line.strip():
            continue
        try:
            data = orjson.loads(line)
        except orjson.JSONDecodeError:
            cut = len(line) >= LONGEST_LINE
            tree.damaged.append((number, "it is too long" if cut else "it is no JSON"))
            continue
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            tree.damaged.append((number, "it is no line of a transcript"))
        elif data["type"] == "session":
            tree.header = tree.header or data
        else:
            _grow(tree, number, data, line)
    return tree


def _grow(tree: Tree, number: int, data: Mapping[str, Any], line: bytes) -> None:
    name = data.get("id")
    if not isinstance(name, str) or not name:
        name = f"line-{number}"  # the first version had no ids
    parent = data.get("parentId") if "parentId" in data else tree.leaf
    if data["type"] == "leaf":
        # A mark: what follows it goes on from its target.
        target = data.get("targetId")
        tree.nodes.append(Node(number, name, target if isinstance(target, str) else tree.leaf, "leaf", line))
    else:
        tree.nodes.append(Node(number, name, parent if isinstance(parent, str) else None, data["type"], line))
    if data.get("appendMode") != "side":
        tree.leaf = name


@dataclass(frozen=True, slots=True)
class Branch:
    nodes: tuple[Node, ...]
    aside: int
    """Lines of branches that were given up."""
    gaps: int
    """How often a line before was missing, and the nearest one stands in its place."""


def active_branch(tree: Tree) -> Branch:
    """From the root to where the conversation is now."""
    place = {node.id: at for at, node in enumerate(tree.nodes)}
    path: list[Node] = []
    at, gaps = place.get(tree.leaf or ""), 0
    while at is not None:
        node = tree.nodes[at]
        path.append(node)
        if node.parent is None:
            break
        before = place.get(node.parent)
        if before is None or before >= at:
            # Its parent was damaged, or is no parent: what was written just before it is nearest.
            gaps += 1
            before = at - 1 if at else None
        at = before
    kept = tuple(node for node in reversed(path) if node.type != "leaf")
    spoken = sum(node.type != "leaf" for node in tree.nodes)
    return Branch(kept, spoken - len(kept), gaps)
