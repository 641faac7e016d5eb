"""What a restore would replace: name, files and bytes now, files and bytes then. Blocks."""

import os
from collections import Counter
from pathlib import Path

from openclaw.ops.backup.contents import KEPT, Premises
from openclaw.ops.backup.verifying import Verified

Amount = tuple[int, int]
"""Files and bytes."""
Row = tuple[str, Amount, Amount]


def preview(verified: Verified, premises: Premises) -> list[Row]:
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for name, file in verified.manifest.files.items():
        files[entry(name)] += 1
        sizes[entry(name)] += file.size
    there = {path.name for path in premises.state.iterdir()} if premises.state.is_dir() else set()
    names = {*files, *(name for name in there if name in KEPT or name.startswith("workspace-"))}
    return [(name, amount(_place(name, premises)), (files[name], sizes[name])) for name in sorted(names)]


def preview_ledger(copy: Path, premises: Premises) -> list[Row]:
    return [("ledger.sqlite", amount(premises.ledger), amount(copy))]


def entry(name: str) -> str:
    """Pure. What is replaced as one, by a file's name in the backup."""
    root, first = name.split("/")[:2]
    return f"workspace of {first}" if root == "workspaces" else first


def _place(name: str, premises: Premises) -> Path:
    if name.startswith("workspace of "):
        agent = name.removeprefix("workspace of ")
        return premises.workspaces.get(agent, premises.state / f"workspace-{agent}")
    return premises.config if name == "openclaw.json" else premises.state / name


def amount(path: Path) -> Amount:
    if not path.is_dir():
        return (1, path.stat().st_size) if path.is_file() else (0, 0)
    found = [Path(place, name).lstat().st_size for place, _, names in os.walk(path) for name in names]
    return len(found), sum(found)
