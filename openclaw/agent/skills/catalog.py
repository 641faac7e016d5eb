"""The skills there are: several folders, the later one winning, read again only where a file has changed."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class SkillRoot:
    path: Path
    bundled: bool = False


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
        self._skills = Skills()
        self._looked_at: float | None = None
        self._looking = anyio.Lock()

    async def skills(self) -> Skills:
        """The same object as before while nothing has changed."""
        async with self._looking:
            if self._is_due():
                found = await anyio.to_thread.run_sync(self._look)
                self._looked_at = self._clock.monotonic()
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
        for root in self._roots:
            for path in _manifests(root.path):
                parsed = self._read(path)
                if isinstance(parsed, str):
                    problems.append(SkillProblem(path.parent.name, f"{path} is left out: {parsed}"))
                else:
                    chosen[parsed.name] = Skill(parsed, path, root.bundled)
        skills = [chosen[name] for name in sorted(chosen)]
        judged = [(skill, self._obstacle(skill)) for skill in skills]
        usable = tuple(skill for skill, obstacle in judged if not obstacle)
        unavailable = tuple(SkillProblem(skill.name, obstacle) for skill, obstacle in judged if obstacle)
        return Skills(usable, tuple(_code_files(usable)), tuple(problems), unavailable)

    def _read(self, path: Path) -> _Parsed:
        try:
            stamp = _stamp(path)
            known = self._parsed.get(path)
            if known is None or known[0] != stamp:
                known = self._parsed[path] = (stamp, _parse(path, stamp))
            return known[1]
        except OSError as error:
            return f"it cannot be read: {error.strerror or error}"

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


def _manifests(root: Path) -> Iterator[Path]:
    """Every `<folder>/SKILL.md` below a root, in the order of names."""
    try:
        folders = sorted(root.iterdir())
    except OSError:
        return
    for folder in folders[:FOLDER_LIMIT]:
        path = folder / "SKILL.md"
        if not folder.name.startswith(".") and path.is_file():
            yield path


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
