"""`memory_search` and `memory_get`: what was noted, here for everybody, in all conversations for the owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.recall.config import MemorySearchConfig
from openclaw.agent.tools.recall.folders import read_beneath
from openclaw.agent.tools.recall.passages import lines_of, memory_passages, trust_of, vault_passages
from openclaw.agent.tools.recall.sources import DAILY, LASTING, MOST_BYTES, VAULT, MemoryNotes, VaultNotes
from openclaw.agent.tools.recall.transcripts import SESSIONS, SessionNotes
from openclaw.types.clock import Clock, iso
from openclaw.types.conversation import Provenance
from openclaw.types.errors import OpenClawError
from openclaw.types.notes import Hit, Hits, NoteSource, Wanted

SNIPPET = 700
MOST_SHOWN = 12_000
"""Characters of one answer to a search."""
MOST_READ = 50_000
"""Characters of one look into a file."""
NOT_HERE = (
    "memory_get reads the owner's notes, which are open in the owner's private chat alone; "
    "memory_search finds what was noted in this conversation"
)


_Arguments = TypeVar("_Arguments", bound=BaseModel)


class Notes(Protocol):
    """The index over notes."""

    async def find(self, collection: str, source: NoteSource, wanted: Wanted) -> Hits:
        """Raises OpenClawError."""


class _Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    query: str = Field(
        min_length=1, max_length=1_000,
        description='Words to look for; in double quotes those that stand together: "opening hours" sunday',
    )  # fmt: skip
    max_results: int = Field(default_factory=lambda: 0, alias="maxResults", ge=1, le=50)
    """0: as configured."""
    min_score: float = Field(default_factory=lambda: -1.0, alias="minScore", ge=0, le=1)


class _Get(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str = Field(
        min_length=1, max_length=1_000, description="As memory_search gives it, without the #line."
    )
    first: int = Field(default=1, alias="from", ge=1, description="The first line.")
    lines: int = Field(
        default_factory=lambda: 0, ge=1, le=10_000, description="How many; all of them when left out."
    )


@cache
def _schema(model: type[BaseModel]) -> Mapping[str, object]:
    return schema_of(model)


def _asked(model: type[_Arguments], arguments: Mapping[str, object]) -> _Arguments:
    """Many models write `null` for what they leave out."""
    given = {name: value for name, value in arguments.items() if value is not None}
    return checked(model, given, _schema(model))


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where one agent's notes lie."""

    agent: str
    workspace: Path
    vault: Path
    sessions: Path

    def searched(self, config: MemorySearchConfig, *, private: bool) -> dict[str, NoteSource]:
        """The collections that a turn may look into; what it may not is not even opened."""
        known: dict[str, tuple[str, NoteSource]] = {
            "memory": (f"agents/{self.agent}", MemoryNotes(self.workspace)),
            "vault": ("vault", VaultNotes(self.vault)),
            "sessions": (f"sessions/{self.agent}", SessionNotes(self.sessions)),
        }
        names = config.sources if private else [name for name in config.sources if name == "memory"]
        return dict(known[name] for name in dict.fromkeys(names))


class MemoryFamily:
    """`state`: the state directory, which holds the vault and the transcripts."""

    def __init__(self, notes: Notes, state: Path, config: MemorySearchConfig, clock: Clock) -> None:
        self._notes = notes
        self._state = state
        self._config = config
        self._clock = clock
        self._tools: dict[AgentProfile, tuple[Tool, ...]] = {}

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        if not self._config.enabled:
            return ()
        if profile not in self._tools:
            sessions = self._state / "agents" / profile.id / "sessions"
            shelves = Shelves(profile.id, profile.workspace, self._state / VAULT / "event", sessions)
            search = MemorySearch(self._notes, shelves, self._config, self._clock)
            self._tools[profile] = (MemoryGet(shelves), search)
        return self._tools[profile]


@dataclass(frozen=True, slots=True)
class MemorySearch:
    notes: Notes
    shelves: Shelves
    config: MemorySearchConfig
    clock: Clock
    name: str = "memory_search"
    description: str = (
        "Search what was noted: MEMORY.md, memory/, messages that came in. "
        "Use it before answering what was said, decided, promised or agreed on an earlier day. "
        "Each finding has its place, path#line."
    )
    effect: Effect = Effect.READ_ONLY
    provenance: Provenance = "memory"
    timeout_seconds: float = 60
    """The first search reads everything there is."""

    @property
    def schema(self) -> Mapping[str, object]:
        return _schema(_Search)

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(Kind.READ, "memory", self._checked(arguments).query)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> Output:
        asked = self._checked(arguments)
        private = is_private(scene)
        limit = asked.max_results or self.config.query.max_results
        least = self.config.query.min_score if asked.min_score < 0 else asked.min_score
        wanted = Wanted(asked.query, limit, self.clock.now_ms(), None if private else scene.session_key)
        found: list[Hit] = []
        left_out = 0
        try:
            for name, source in self.shelves.searched(self.config, private=private).items():
                hits = await self.notes.find(name, source, wanted)
                found += hits.hits
                left_out += hits.left_out
        except OpenClawError as error:
            raise ToolError(f"the notes cannot be searched now: {error}") from error
        best = sorted((hit for hit in found if hit.score >= least), key=lambda hit: -hit.score)
        return told(best[:limit], asked.query, left_out)

    def _checked(self, arguments: Mapping[str, object]) -> _Search:
        asked = _asked(_Search, arguments)
        if not asked.query.strip():
            raise ToolInputError("query is required")
        return asked


@dataclass(frozen=True, slots=True)
class MemoryGet:
    shelves: Shelves
    name: str = "memory_get"
    description: str = (
        "Read lines of a note that memory_search found: MEMORY.md, memory/…, vault/…. "
        "A file that is not there is empty."
    )
    effect: Effect = Effect.READ_ONLY
    provenance: Provenance = "memory"
    timeout_seconds: float = 30

    @property
    def schema(self) -> Mapping[str, object]:
        return _schema(_Get)

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        asked = _asked(_Get, arguments)
        return Act(Kind.READ, "/".join(names_of(asked.path)))

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> Output:
        asked = _asked(_Get, arguments)
        names = names_of(asked.path)
        if not is_private(scene):
            raise ToolError(NOT_HERE)
        try:
            text = await anyio.to_thread.run_sync(self._read, names)
        except OSError as error:
            raise ToolError(f"{asked.path} cannot be read: {error.strerror or error}") from error
        return shown(text, "/".join(names), asked.first, asked.lines)

    def _read(self, names: Sequence[str]) -> str:
        if names[0] == VAULT:
            folder, names = self.shelves.vault, names[1:]
        else:
            folder = self.shelves.workspace
        try:
            return read_beneath(folder, names, MOST_BYTES).decode(errors="replace")
        except FileNotFoundError:
            return ""


def is_private(scene: Scene) -> bool:
    """Only the owner takes part: nobody else reads the answer."""
    return scene.role == "owner" and scene.chat_type == "direct"


def names_of(path: str) -> tuple[str, ...]:
    """The steps from the workspace, or from the vault, to a note. Raises ToolInputError for what is none."""
    path = path.strip().partition("#")[0].removeprefix("./")
    names = tuple(path.split("/"))
    if path.startswith(f"{SESSIONS}/"):
        raise ToolInputError("path: what was said is read with sessions_history")
    inside = path == LASTING or (len(names) > 1 and names[0] in {DAILY, VAULT})
    plain = all(
        name and not name.startswith(".") and "\0" not in name and len(name.encode()) < 256 for name in names
    )
    if not inside or not plain or not names[-1].endswith(".md"):
        raise ToolInputError(
            f"path must be {LASTING}, or a .md file below {DAILY}/ or {VAULT}/, without `..`, not {path[:80]!r}"
        )
    return names


def told(hits: Sequence[Hit], query: str, left_out: int) -> Output:
    """Pure. As trusted as the least trusted of what is shown."""
    if not hits:
        return Output(f"Nothing that was noted matches {query[:80]!r}.{_not_searched(left_out)}")
    blocks: list[str] = []
    room = MOST_SHOWN
    for hit in hits:
        block = f"{_place(hit)}\n{_snippet(hit.passage.text)}"
        if len(block) > room:
            break
        room -= len(block)
        blocks.append(block)
    rest = len(hits) - len(blocks)
    more = f"\n\n[{rest} more left out here: ask for fewer, or more exactly]" if rest else ""
    trust = trust_of(hit.passage for hit in hits[: len(blocks)])
    return Output("\n\n".join(blocks) + more + _not_searched(left_out), provenance=trust)


def shown(text: str, path: str, first: int, count: int = 0) -> Output:
    """Pure. Some lines of a note, without `count` all that follow; as trusted as the passages that they touch."""
    lines = lines_of(text) if text else []
    last = min(len(lines), first - 1 + count if count else len(lines))
    part: list[str] = []
    size = 0
    for line in lines[first - 1 : last]:
        if size + len(line) > MOST_READ and part:
            break
        part.append(line[:MOST_READ])
        size += len(line) + 1
    end = first - 1 + len(part)
    cut = vault_passages(text, path) if path.startswith(f"{VAULT}/") else memory_passages(text, path)
    trust = trust_of(p for p in cut if p.line <= end and p.last_line >= first)
    more = f"\n[lines {end + 1} to {last} left out: go on with from={end + 1}]" if end < last else ""
    return Output("\n".join(part) + more, provenance=trust)


def _place(hit: Hit) -> str:
    passage = hit.passage
    lines = str(passage.line) if passage.last_line == passage.line else f"{passage.line}-{passage.last_line}"
    day = f", {iso(passage.at)[:10]}" if passage.at is not None else ""
    whose = "" if passage.provenance == "memory" else f", words of {passage.provenance}"
    return f"{hit.path}#{lines} (score {hit.score:.2f}{day}{whose})"


def _snippet(text: str) -> str:
    return text if len(text) <= SNIPPET else f"{text[:SNIPPET]}…"


def _not_searched(left_out: int) -> str:
    return f"\n\n[{left_out} older files or folders were not searched, being too many]" if left_out else ""
