"""The tools and skills of an agent, and which of them a turn gets."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio
import anyio.to_thread

from openclaw.agent.config import SkillsConfig, ToolsConfig
from openclaw.agent.policy.deciding import Account, Policy, Ruling, Who, idle_lists, layers, ruling
from openclaw.agent.policy.names import MCP, Origin, ToolName, canonical
from openclaw.agent.policy.rules import GroupRules, named_rules, tool_rules
from openclaw.agent.profile import AgentProfile
from openclaw.agent.prompt import SkillLine
from openclaw.agent.skills.catalog import CodeFile, SkillCatalog, Skills
from openclaw.agent.skills.catalog import SkillFolders as SkillFolders
from openclaw.agent.skills.listing import listed
from openclaw.agent.skills.manifest import Skill, SkillProblem, Surroundings
from openclaw.agent.skills.reading import SkillTexts
from openclaw.agent.tools.base import Tool
from openclaw.net.door import Door
from openclaw.types.clock import Clock

if TYPE_CHECKING:
    from openclaw.agent.skills.code import SkillCode

logger = logging.getLogger(__name__)

REMEMBERED = 512
"""Shelves of different people, kept so that a turn only looks its own up."""


class ToolFamily(Protocol):
    """Tools that are made and live together."""

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        """Quick. The same object as long as nothing has changed."""


class LateFamily:
    """Opened when a turn first asks for its tools."""

    def __init__(self, open_family: Callable[[], ToolFamily]) -> None:
        self._open = open_family
        self._family: ToolFamily | None = None

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        if self._family is None:
            self._family = self._open()
        return self._family.tools(profile)


class _NoTools:
    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        return ()


NO_TOOLS: ToolFamily = _NoTools()


@dataclass(frozen=True, slots=True)
class ToolSettings:
    tools: ToolsConfig
    skills: SkillsConfig
    groups: Mapping[Account, Mapping[str, GroupRules]] = field(default_factory=dict)
    """What the channels' `groups` say about tools."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one turn gets of it. The same object as long as nothing changes."""

    tools: Mapping[str, Tool]
    """Sorted by name."""
    skills: tuple[SkillLine, ...]
    problems: tuple[SkillProblem, ...]
    unavailable: tuple[SkillProblem, ...]


@dataclass(frozen=True, slots=True)
class Stocked:
    tool: Tool
    origin: Origin
    owner: str
    """The skill or server that brings it."""


@dataclass(frozen=True, slots=True)
class Stock:
    """All that one agent could have."""

    tools: Mapping[str, Stocked]
    whole: Shelf


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether somebody has a tool, and why. `stocked`: None for a tool that is not there."""

    name: str
    ruling: Ruling
    stocked: Stocked | None


Families = tuple[tuple[Tool, ...], ...]


class Toolbox:
    def __init__(
        self,
        settings: ToolSettings,
        folders: SkillFolders,
        surroundings: Surroundings,
        door: Door,
        clock: Clock,
        *,
        families: Sequence[ToolFamily] = (),
    ) -> None:
        self._settings = settings
        self._folders = folders
        self._surroundings = surroundings
        self._door = door
        self._clock = clock
        self._families = tuple(families)
        self.texts = SkillTexts(settings.skills)
        self._catalogs: dict[Path, SkillCatalog] = {}
        self._code: dict[CodeFile, SkillCode] = {}
        self._stocks: dict[AgentProfile, tuple[Skills, Families, Stock]] = {}
        self._shelves: dict[tuple[AgentProfile, Who], tuple[Stock, Shelf]] = {}
        self._told: set[object] = set()
        self._building = anyio.Lock()

    def furnish(self, families: Sequence[ToolFamily]) -> None:
        """Before the first turn, as some families need parts of the house that need the toolbox; and with others."""
        self._families = tuple(families)

    def adopt(self, settings: ToolSettings, surroundings: Surroundings) -> None:
        """For turns that begin from now on: the tools of the others are theirs."""
        self._settings, self._surroundings = settings, surroundings
        self.texts.adopt(settings.skills)
        for kept in (self._catalogs, self._code, self._stocks, self._shelves):
            kept.clear()

    async def shelf(self, profile: AgentProfile, who: Who | None = None) -> Shelf:
        """What a turn for `who` gets; None: for the owner."""
        who = who or Who(profile.id)
        stock = await self._stock(profile)
        known = self._shelves.get((profile, who))
        if known is not None and known[0] is stock:
            return known[1]
        shelf = _admitted(stock, who, self._policy(profile))
        self._shelves[profile, who] = (stock, shelf)
        if len(self._shelves) > REMEMBERED:
            del self._shelves[next(iter(self._shelves))]
        return shelf

    async def explained(self, profile: AgentProfile, who: Who) -> list[Explained]:
        """Every tool of the agent, by name."""
        stock = await self._stock(profile)
        rules = layers(who, self._policy(profile), stock.tools.keys())
        return [
            Explained(name, ruling(ToolName(name, stocked.origin), rules), stocked)
            for name, stocked in stock.tools.items()
        ]

    async def explain(self, name: str, profile: AgentProfile, who: Who) -> Explained:
        """Also for a tool that is not there: what the rules would say."""
        stock = await self._stock(profile)
        by_name = {canonical(each): stocked for each, stocked in stock.tools.items()}
        stocked = by_name.get(canonical(name))
        tool = (
            ToolName(stocked.tool.name, stocked.origin)
            if stocked
            else ToolName(canonical(name), _origin(name))
        )
        rules = layers(who, self._policy(profile), stock.tools.keys())
        return Explained(tool.name, ruling(tool, rules), stocked)

    async def _stock(self, profile: AgentProfile) -> Stock:
        skills = await self._catalog(profile).skills()
        families = tuple(family.tools(profile) for family in self._families)
        known = self._stocks.get(profile)
        if known is not None and known[0] is skills and all(map(_is, known[1], families)):
            return known[2]
        async with self._building:
            stock = await anyio.to_thread.run_sync(self._build, profile, skills, families)
        self._stocks[profile] = (skills, families, stock)
        self._tell(profile, stock)
        return stock

    def _tell(self, profile: AgentProfile, stock: Stock) -> None:
        """Each thing once."""
        for problem in stock.whole.problems:
            if problem not in self._told:
                self._told.add(problem)
                logger.warning("skill %s: %s", problem.skill, problem.text)
        for key, names in idle_lists(self._policy(profile), stock.tools.keys()):
            if key not in self._told:
                self._told.add(key)
                logger.warning(
                    "%s names no tool that there is (%s): it is passed over for the owner, and leaves others"
                    " without any. Mend it; `openclaw tools list` shows the names.",
                    key, ", ".join(names),
                )  # fmt: skip

    def _catalog(self, profile: AgentProfile) -> SkillCatalog:
        own = profile.workspace / "skills"
        if own not in self._catalogs:
            config = self._settings.skills
            roots = self._folders.roots(profile.workspace, config.load.extra_dirs)
            self._catalogs[own] = SkillCatalog(roots, config, self._surroundings, self._clock)
        return self._catalogs[own]

    def _build(self, profile: AgentProfile, skills: Skills, families: Families) -> Stock:
        """Off the loop: it may load code."""
        mine = [s for s in skills.usable if profile.skills is None or s.name in profile.skills]
        tools: dict[str, Stocked] = {}
        problems = list(skills.problems)
        for stocked in self._brought(mine, skills, families, problems):
            name = stocked.tool.name
            if (first := tools.get(name)) is None:
                tools[name] = stocked
            else:
                whose = f"the skill {first.owner}" if first.origin == "skills" else first.owner
                text = f"its tool {name} is left out: {whose} has one of that name"
                problems.append(SkillProblem(stocked.owner, text))
        lines, untold = listed(mine)
        problems += untold
        self.texts.keep(profile.id, mine)
        by_name = {name: tools[name] for name in sorted(tools)}
        every = {name: stocked.tool for name, stocked in by_name.items()}
        return Stock(by_name, Shelf(every, lines, tuple(problems), skills.unavailable))

    def _brought(
        self, mine: Sequence[Skill], skills: Skills, families: Families, problems: list[SkillProblem]
    ) -> Iterator[Stocked]:
        """Whoever comes first keeps a name: we, the skills of the package, the owner's, servers. Adds to `problems`."""
        of_families = [tool for tools in families for tool in tools]
        for tool in of_families:
            if _origin(tool.name) != "mcp":
                yield Stocked(tool, "openclaw", "openclaw")
        for file in sorted(skills.code, key=lambda file: (not file.skill.bundled, file.skill.name)):
            if file.skill not in mine:
                continue
            code = self._load(file)
            problems += code.problems
            for tool in code.tools:
                yield Stocked(tool, "skills", file.skill.name)
        for tool in of_families:
            if _origin(tool.name) == "mcp":
                yield Stocked(tool, "mcp", tool.name.removeprefix(MCP).partition("__")[0])

    def _load(self, file: CodeFile) -> "SkillCode":
        from openclaw.agent.skills.code import load_code

        if file not in self._code:
            entry = self._settings.skills.entry(file.skill.manifest.key)
            limit = self._settings.tools.timeout_seconds
            self._code[file] = load_code(file.skill, entry, self._door, limit, self._surroundings.secrets)
        return self._code[file]

    def _policy(self, profile: AgentProfile) -> Policy:
        tools = self._settings.tools
        return Policy(
            tool_rules(tools), {profile.id: profile.tools}, dict(named_rules(tools.by_channel)),
            self._settings.groups, tool_rules(tools.subagents.tools),
        )  # fmt: skip


def _is(one: object, other: object) -> bool:
    return one is other


def _origin(name: str) -> Origin:
    return "mcp" if name.startswith(MCP) else "openclaw"


def _admitted(stock: Stock, who: Who, policy: Policy) -> Shelf:
    """Pure."""
    rules = layers(who, policy, stock.tools.keys())
    tools = {
        name: stocked.tool
        for name, stocked in stock.tools.items()
        if ruling(ToolName(name, stocked.origin), rules).allowed
    }
    return stock.whole if len(tools) == len(stock.tools) else replace(stock.whole, tools=tools)
