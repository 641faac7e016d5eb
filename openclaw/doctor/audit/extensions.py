"""What others have written: skills and MCP servers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from openclaw import bundled
from openclaw.agent.host import surroundings
from openclaw.agent.skills.catalog import SkillCatalog, SkillFolders
from openclaw.agent.skills.code import is_pinned
from openclaw.agent.skills.manifest import Skill
from openclaw.agent.skills.pinning import SkillFolderError, files_of, is_vouched_for
from openclaw.agent.skills.scan import Finding as Noticed
from openclaw.agent.skills.scan import scan
from openclaw.agent.tools.mcp.config import McpServerConfig
from openclaw.doctor.checking import apart
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Premises
from openclaw.llm.catalog import is_loopback

_RUNNERS = frozenset({"npx", "bunx", "pnpx", "uvx", "pipx"})


@dataclass(frozen=True, slots=True)
class Looked:
    """A skill of somebody else's, as it is now."""

    name: str
    key: str
    folder: str
    has_code: bool
    pinned: bool
    """The owner has vouched for some version of it."""
    holds: bool
    """For this one."""
    noticed: tuple[Noticed, ...] = ()
    unread: str = ""
    """Why it could not be looked through."""
    escapes: bool = False
    """Its words lie outside the folder of skills, behind a link."""


async def skills(premises: Premises) -> Iterable[Finding]:
    found: dict[str, Looked] = {}
    settings = premises.settings
    home = premises.environ.get("HOME")
    shipped = await apart(bundled.workspace_folder)
    folders = SkillFolders(shipped / "skills", premises.paths.state / "skills", Path(home) if home else None)
    for agent in await apart(premises.agents):
        roots = folders.roots(agent.workspace, settings.skills.load.extra_dirs)
        catalog = SkillCatalog(roots, settings.skills, surroundings(premises.environ), premises.clock)
        for skill in (await catalog.skills()).every:
            if not skill.bundled:
                looked = await apart(lambda skill=skill: _look(skill, premises))  # type: ignore[misc]
                found[looked.folder] = looked
    return list(judged(list(found.values())))


def _look(skill: Skill, premises: Premises) -> Looked:
    entry = premises.settings.skills.entry(skill.manifest.key)
    folder = skill.path.parent
    noticed: tuple[Noticed, ...] = ()
    unread = ""
    try:
        noticed = tuple(each for each in scan(files_of(folder)) if each.severity == "danger")
    except (SkillFolderError, OSError) as error:
        unread = str(error)
    holds = is_vouched_for(skill, entry) or is_pinned(skill, entry)
    return Looked(
        skill.name,
        skill.manifest.key,
        str(folder),
        skill.code.exists(),
        entry.sha256 is not None,
        holds,
        noticed,
        unread,
        not skill.path.resolve().is_relative_to(folder.parent.resolve()),
    )


def judged(found: Sequence[Looked]) -> Iterator[Finding]:
    """Pure."""
    for each in found:
        yield from _vouched(each)
        yield from _read(each)


def _vouched(each: Looked) -> Iterator[Finding]:
    if each.pinned and not each.holds:
        yield Finding(
            "skills.integrity",
            "error",
            f"The skill {each.name} has changed since you vouched for it ({each.folder}).",
            "Somebody has changed it, perhaps its author, perhaps not. Its code is not loaded.",
            f"Read it; if you trust it: openclaw skills check {each.name}",
        )
    elif each.has_code and not each.pinned:
        yield Finding(
            "skills.unpinned",
            "info",
            f"The skill {each.name} brings code that nobody has vouched for ({each.folder}).",
            "It is not loaded, and its words count as a stranger's.",
            f"Read it; if you trust it: openclaw skills check {each.name}",
        )
    if each.escapes:
        yield Finding(
            "skills.workspace.symlink_escape",
            "warn",
            f"The skill {each.name} is a link to somewhere else ({each.folder}).",
            "What stands there can be changed without a change in your workspace.",
            "Copy the skill itself into its place.",
        )


def _read(each: Looked) -> Iterator[Finding]:
    if each.unread:
        yield Finding(
            "skills.code_safety.scan_failed",
            "warn",
            f"The skill {each.name} could not be looked through: {each.unread}.",
            "What it holds is not known.",
            f"openclaw skills check {each.name}",
        )
    if each.noticed:
        first = each.noticed[0]
        yield Finding(
            "skills.code_safety",
            "error",
            f"The skill {each.name} {first.text} ({first.path}, line {first.line}).",
            "Skills that do this were made to steal.",
            f"openclaw skills check {each.name}; if you do not know why it does so, delete {each.folder}",
        )


def servers(premises: Premises) -> Iterator[Finding]:
    for name, server in premises.settings.mcp.servers.items():
        if server.enabled:
            yield from served(name, server)


def served(name: str, server: McpServerConfig) -> Iterator[Finding]:
    """Pure."""
    if server.url is not None and server.url.startswith("http://") and not is_loopback(server.url):
        yield Finding(
            "mcp.plain_http",
            "warn",
            f"The MCP server {name} is reached without encryption ({server.url}).",
            "Whoever sits between reads and changes what it and the assistant say.",
            f"Use https in mcp.servers.{name}.url.",
        )
    program = Path(server.command).name if server.command else ""
    if program in _RUNNERS and not any("@" in word[1:] or "==" in word for word in server.args):
        yield Finding(
            "mcp.unpinned",
            "info",
            f"The MCP server {name} takes whatever version is the newest at each start.",
            "A package that was taken over runs here the same day.",
            f"Name a version in mcp.servers.{name}.args, as in package@1.2.3.",
        )
