import json

from openclaw.migrate.original.tree import active_branch, read_tree
from tests.migrate.houses import Branch


def names(branch: Branch) -> list[str]:
    return [node.id for node in active_branch(read_tree(branch.numbered())).nodes]


def test_the_last_line_and_all_above_it_are_the_conversation() -> None:
    branch = Branch()
    first = branch.said("user", "one")
    branch.said("assistant", "given up")
    branch.parent = first
    again = branch.said("assistant", "instead")

    found = active_branch(read_tree(branch.numbered()))

    assert [node.id for node in found.nodes] == [first, again]
    assert (found.aside, found.gaps) == (1, 0)


def test_a_leaf_goes_back_to_where_it_points() -> None:
    branch = Branch()
    first = branch.said("user", "one")
    branch.said("user", "two")
    branch.add("leaf", targetId=first)

    assert names(branch) == [first]


def test_what_stands_beside_the_conversation_does_not_move_it() -> None:
    branch = Branch()
    first = branch.said("user", "one")
    branch.add("custom", appendMode="side", customType="x")

    assert names(branch) == [first]


def test_damaged_lines_are_numbered_and_the_gap_is_closed() -> None:
    branch = Branch()
    first = branch.said("user", "one")
    branch.said("user", "lost")
    last = branch.said("user", "three")
    lines = branch.numbered()
    lines[2] = (3, b'{"type": "message", "id"')
    lines += [(5, b"[1]\n"), (6, b"\n")]

    tree = read_tree(lines)
    found = active_branch(tree)

    assert tree.damaged == [(3, "it is no JSON"), (5, "it is no line of a transcript")]
    assert [node.id for node in found.nodes] == [first, last]
    assert found.gaps == 1


def test_the_first_version_had_neither_ids_nor_parents() -> None:
    lines = [{"type": "session", "id": "s"}, *({"type": "message", "n": n} for n in range(3))]
    numbered = [(at, json.dumps(line).encode()) for at, line in enumerate(lines, start=1)]

    found = active_branch(read_tree(numbered))

    assert [node.id for node in found.nodes] == ["line-2", "line-3", "line-4"]


def test_a_circle_of_parents_ends() -> None:
    branch = Branch()
    branch.parent = "aaaa0002"
    branch.said("user", "one")
    branch.said("user", "two")

    assert names(branch) == ["aaaa0001", "aaaa0002"]
