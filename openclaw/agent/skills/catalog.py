"""The skills there are: several folders, the later one winning, read again only where a file has changed."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.agent.config import SkillsConfig
from openclaw.agent.skills.manifest import (
    SIZE_LIMIT,
    Manifest,
    ManifestError,
    Skill,
    SkillProblem,
    Surroundings,
    missing,
    parse_manifest,
)
from openclaw.types.clock import Clock

REFRESH_SECONDS = 3.0
FOLDER_LIMIT = 300
"""Skills of one root."""
NAMES_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class SkillRoot:
    path: Path
    bundled: bool = False
    kind: str = ""
    """What people call it."""


@dataclass(frozen=True, slots=True)
class SkillFolders:
    """Besides those of `skills.load.extraDirs` and of the workspace, which is every agent's own."""

    bundled: Path
    shared: Path
    """`skills` in the state directory."""
    home: Path | None = None
    """The owner's; it may hold `.agents/skills`, for every assistant on the machine."""

    def roots(self, workspace: Path, extra: Sequence[str]) -> tuple[SkillRoot, ...]:
        """In order of precedence, lowest first."""
        personal = [] if self.home is None else [SkillRoot(self.home / ".agents" / "skills", kind="personal")]
        return (
            *(SkillRoot(_beneath_home(path, self.home), kind="extra") for path in extra),
            SkillRoot(self.bundled, bundled=True, kind="bundled"),
            SkillRoot(self.shared, kind="shared"),
            *personal,
            SkillRoot(workspace / ".agents" / "skills", kind="project"),
            SkillRoot(workspace / "skills", kind="workspace"),
        )


def _beneath_home(path: str, home: Path | None) -> Path:
    if home is not None and (path == "~" or path.startswith("~/")):
        return home / path[2:]
    return Path(path).expanduser()


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A `tools.py` as it was seen; another stamp, another file."""

    skill: Skill
    stamp: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Skills:
    """One look at the folders. `unavailable` are sound skills that lack something or are switched off."""

    usable: tuple[Skill, ...] = ()
    code: tuple[CodeFile, ...] = ()
    problems: tuple[SkillProblem, ...] = ()
    unavailable: tuple[SkillProblem, ...] = ()
    every: tuple[Skill, ...] = ()
    """The usable and the unavailable, by name."""


Stamp = tuple[int, int]
_Parsed = Manifest | str


class SkillCatalog:
    """`roots` in order of precedence, lowest first."""

    def __init__(
        self, roots: Sequence[SkillRoot], config: SkillsConfig, surroundings: Surroundings, clock: Clock
    ) -> None:
        self._roots = tuple(roots)
        self._config = config
        self._surroundings = surroundings
        self._clock = clock
        self._parsed: dict[Path, tuple[Stamp, _Parsed]] = {}
        self._settled = True
        """No file of the last look was still being written."""
        self._has_looked = False
        self._skills = Skills()
        self._looked_at: float | None = None
        self._looking = anyio.Lock()

    async def skills(self) -> Skills:
        """The same object as before while nothing has changed."""
        async with self._looking:
            if self._is_due():
                found = await anyio.to_thread.run_sync(self._look)
                self._looked_at = self._clock.monotonic() if self._settled else None
                if found != self._skills:
                    self._skills = found
            return self._skills

    def _is_due(self) -> bool:
        if self._looked_at is None:
            return True
        return self._config.load.watch and self._clock.monotonic() - self._looked_at >= REFRESH_SECONDS

    def _look(self) -> Skills:
        chosen: dict[str, Skill] = {}
        problems: list[SkillProblem] = []
        self._settled = True
        for rank, root in enumerate(self._roots):
            paths, left_out = _manifests(root.path)
            if left_out:
                text = f"of the skills in {root.path} {left_out} are left out: {FOLDER_LIMIT} are looked at"
                problems.append(SkillProblem(root.path.name, text))
            for path in paths:
                parsed = self._read(path)
                if isinstance(parsed, str):
                    problems.append(SkillProblem(path.parent.name, f"{path} is left out: {parsed}"))
                elif parsed is not None:
                    chosen[parsed.name] = Skill(parsed, path, root.bundled, rank)
        self._has_looked = True
        skills = [chosen[name] for name in sorted(chosen)]
        judged = [(skill, self._obstacle(skill)) for skill in skills]
        usable = tuple(skill for skill, obstacle in judged if not obstacle)
        unavailable = tuple(SkillProblem(skill.name, obstacle) for skill, obstacle in judged if obstacle)
        return Skills(usable, tuple(_code_files(usable)), tuple(problems), unavailable, tuple(skills))

    def _read(self, path: Path) -> _Parsed | None:
        """None for a new file that is being written: it is looked at again at once."""
        try:
            stamp = _stamp(path)
            known = self._parsed.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            if self._has_looked and self._is_fresh(stamp):
                self._settled = False
                return known[1] if known is not None else None
            parsed = _parse(path, stamp)
            self._parsed[path] = (stamp, parsed)
            return parsed
        except OSError as error:
            return f"it cannot be read: {error.strerror or error}"

    def _is_fresh(self, stamp: Stamp) -> bool:
        """Whoever writes a file may not be done with it."""
        age_ms = self._clock.now_ms() - stamp[0] // 1_000_000
        return 0 <= age_ms < self._config.load.watch_debounce_ms

    def _obstacle(self, skill: Skill) -> str:
        """Why this skill is not offered, or nothing."""
        entry = self._config.entry(skill.manifest.key)
        allowed = self._config.allow_bundled
        if not entry.enabled:
            return f"it is switched off by skills.entries.{skill.manifest.key}.enabled"
        if skill.bundled and allowed is not None and not {skill.name, skill.manifest.key} & set(allowed):
            return "it is not in skills.allowBundled"
        given = {*self._surroundings.env, *entry.env}
        if entry.api_key is not None and skill.manifest.primary_env:
            given.add(skill.manifest.primary_env)
        here = self._surroundings
        return "; ".join(missing(skill.manifest, Surroundings(here.os, here.has_bin, given, here.has_config)))


def _manifests(root: Path) -> tuple[list[Path], int]:
    """Every `<folder>/SKILL.md` below a root, in the order of names, and how many more there are."""
    try:
        with os.scandir(root) as entries:
            names = sorted(e.name for e in islice(entries, NAMES_LIMIT) if not e.name.startswith("."))
    except OSError:
        return [], 0
    paths = [path for name in names if (path := root / name / "SKILL.md").is_file()]
    return paths[:FOLDER_LIMIT], len(paths[FOLDER_LIMIT:])


def _code_files(skills: Sequence[Skill]) -> Iterator[CodeFile]:
    for skill in skills:
        try:
            yield CodeFile(skill, _stamp(skill.code))
        except OSError:
            continue


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is not a plain file")
    return found.st_mtime_ns, found.st_size


def _parse(path: Path, stamp: Stamp) -> _Parsed:
    if stamp[1] > SIZE_LIMIT:
        return f"it is larger than {SIZE_LIMIT:,} bytes"
    try:
        return parse_manifest(path.read_bytes().decode(errors="replace"), path.parent.name)
    except ManifestError as error:
        return str(error)
