"""The tools and skills of an agent, gathered from the skills' folders."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import anyio
import anyio.to_thread

from openclaw.agent.config import AgentProfile, SkillsConfig, ToolRules, ToolsConfig
from openclaw.agent.prompt import SkillLine
from openclaw.agent.skills.catalog import CodeFile, SkillCatalog, SkillRoot, Skills
from openclaw.agent.skills.code import SkillCode, load_code
from openclaw.agent.skills.manifest import SkillProblem, Surroundings
from openclaw.agent.tools.base import Tool
from openclaw.net import Door
from openclaw.types.clock import Clock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SkillFolders:
    """Besides `<workspace>/skills`, which is every agent's own."""

    bundled: Path
    shared: Path


@dataclass(frozen=True, slots=True)
class ToolSettings:
    tools: ToolsConfig
    skills: SkillsConfig


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one agent has. The same object as long as nothing changes."""

    tools: Mapping[str, Tool]
    """Sorted by name."""
    skills: tuple[SkillLine, ...]
    problems: tuple[SkillProblem, ...]
    unavailable: tuple[SkillProblem, ...]


class Toolbox:
    def __init__(
        self,
        settings: ToolSettings,
        folders: SkillFolders,
        surroundings: Surroundings,
        door: Door,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._folders = folders
        self._surroundings = surroundings
        self._door = door
        self._clock = clock
        self._catalogs: dict[Path, SkillCatalog] = {}
        self._code: dict[CodeFile, SkillCode] = {}
        self._shelves: dict[AgentProfile, tuple[Skills, Shelf]] = {}
        self._told: set[SkillProblem] = set()
        self._building = anyio.Lock()

    async def shelf(self, profile: AgentProfile) -> Shelf:
        skills = await self._catalog(profile).skills()
        known = self._shelves.get(profile)
        if known is not None and known[0] is skills:
            return known[1]
        async with self._building:
            shelf = await anyio.to_thread.run_sync(self._build, profile, skills)
        self._shelves[profile] = (skills, shelf)
        for problem in shelf.problems:
            if problem not in self._told:
                self._told.add(problem)
                logger.warning("skill %s: %s", problem.skill, problem.text)
        return shelf

    def _catalog(self, profile: AgentProfile) -> SkillCatalog:
        own = profile.workspace / "skills"
        if own not in self._catalogs:
            extra = [SkillRoot(Path(path).expanduser()) for path in self._settings.skills.load.extra_dirs]
            roots = [
                *extra,
                SkillRoot(self._folders.bundled, bundled=True),
                SkillRoot(self._folders.shared),
                SkillRoot(own),
            ]
            config = self._settings.skills
            self._catalogs[own] = SkillCatalog(roots, config, self._surroundings, self._clock)
        return self._catalogs[own]

    def _build(self, profile: AgentProfile, skills: Skills) -> Shelf:
        """Off the loop: it may load code."""
        mine = [s for s in skills.usable if profile.skills is None or s.name in profile.skills]
        tools: dict[str, Tool] = {}
        owners: dict[str, str] = {}
        problems = list(skills.problems)
        # What came with the package comes first, so that no other skill takes a name from it.
        for file in sorted(skills.code, key=lambda file: (not file.skill.bundled, file.skill.name)):
            if file.skill not in mine:
                continue
            code = self._load(file)
            problems += code.problems
            for tool in code.tools:
                if tool.name in tools:
                    text = f"its tool {tool.name} is left out: the skill {owners[tool.name]} has one of that name"
                    problems.append(SkillProblem(file.skill.name, text))
                elif permitted(tool.name, self._rules(profile)):
                    tools[tool.name], owners[tool.name] = tool, file.skill.name
        lines = tuple(
            SkillLine(s.name, s.manifest.description, str(s.path)) for s in mine if s.manifest.model_invocable
        )
        return Shelf(
            {name: tools[name] for name in sorted(tools)}, lines, tuple(problems), skills.unavailable
        )

    def _load(self, file: CodeFile) -> SkillCode:
        if file not in self._code:
            entry = self._settings.skills.entry(file.skill.manifest.key)
            limit = self._settings.tools.timeout_seconds
            self._code[file] = load_code(file.skill, entry, self._door, limit)
        return self._code[file]

    def _rules(self, profile: AgentProfile) -> tuple[ToolRules, ToolRules]:
        tools = self._settings.tools
        return ToolRules(tools.profile, tools.allow, tools.deny), profile.tools


def permitted(name: str, rules: tuple[ToolRules, ...]) -> bool:
    """Whether every layer lets a skill's tool through. Deny wins; an allow-list that is there must name it."""
    return all(
        rule.profile != "minimal"
        and not _named(name, rule.deny)
        and (not rule.allow or _named(name, rule.allow))
        for rule in rules
    )


def _named(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
