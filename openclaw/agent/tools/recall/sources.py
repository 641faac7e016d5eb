"""Where notes lie: the workspace's memory, and the vault of what came in. Blocks."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.tools.recall.folders import files_beneath, read_beneath, stamp_of
from openclaw.agent.tools.recall.passages import CUT_BY, memory_passages, vault_passages
from openclaw.types.notes import Listing, Passage, Reading

MOST_BYTES = 1 << 20
"""Of one note."""
LASTING = "MEMORY.md"
DAILY = "memory"
VAULT = "vault"

_MARKDOWN = re.compile(r"\.md\Z", re.IGNORECASE)

Cut = Callable[[str, str], tuple[Passage, ...]]


@dataclass(frozen=True, slots=True)
class MemoryNotes:
    """MEMORY.md and memory/ of a workspace."""

    workspace: Path

    @property
    def identity(self) -> str:
        return f"{CUT_BY} {self.workspace}"

    def listing(self) -> Listing:
        found = files_beneath(self.workspace, (DAILY,), _MARKDOWN)
        lasting = stamp_of(self.workspace, (LASTING,))
        return Listing({LASTING: lasting, **found.files}, found.left_out) if lasting else found

    def read(self, path: str, known: Reading | None) -> Reading | None:
        return _reading(self.workspace, path, path, memory_passages, known)


@dataclass(frozen=True, slots=True)
class VaultNotes:
    """`<state>/vault/event`, whose paths begin with `vault/`."""

    folder: Path

    @property
    def identity(self) -> str:
        return f"{CUT_BY} {self.folder}"

    def listing(self) -> Listing:
        found = files_beneath(self.folder, (), _MARKDOWN)
        return Listing({f"{VAULT}/{path}": stamp for path, stamp in found.files.items()}, found.left_out)

    def read(self, path: str, known: Reading | None) -> Reading | None:
        return _reading(self.folder, path.removeprefix(f"{VAULT}/"), path, vault_passages, known)


def _reading(folder: Path, path: str, shown: str, cut: Cut, known: Reading | None) -> Reading | None:
    data = read_beneath(folder, path.split("/"), MOST_BYTES)
    digest = hashlib.sha256(data).digest()
    if known is not None and known.digest == digest:
        return None
    return Reading(digest, cut(data.decode(errors="replace"), shown))
