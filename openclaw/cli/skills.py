"""`openclaw skills`: which there are, what is odd about them, and new ones. Needs no running assistant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import anyio
import click

from openclaw import bundled
from openclaw.agent.config import SkillsConfig, roster
from openclaw.agent.host import surroundings
from openclaw.agent.profile import AgentProfile
from openclaw.agent.skills.catalog import SkillCatalog, SkillFolders, SkillRoot, Skills
from openclaw.agent.skills.code import is_pinned
from openclaw.agent.skills.installing import candidate, install
from openclaw.agent.skills.listing import listed
from openclaw.agent.skills.manifest import Skill, Surroundings, config_lookup
from openclaw.agent.skills.pinning import SkillFolderError, digest_of, files_of
from openclaw.agent.skills.scan import Finding, exit_code, scan
from openclaw.cli.house import load_settings
from openclaw.cli.tables import print_json, print_table, printable
from openclaw.settings.editing.edits import Put
from openclaw.settings.editing.writing import write_config
from openclaw.settings.loading import Loaded
from openclaw.types.clock import SystemClock
from openclaw.types.errors import OpenClawError

COLUMNS = {"skill": "name", "state": "state", "from": "source", "what for, or why not": "words"}
_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
_AGENT = click.option("--agent", help="As this agent has them; without it, the default one.")


@dataclass(frozen=True, slots=True)
class Found:
    """The skills of one agent."""

    profile: AgentProfile
    roots: tuple[SkillRoot, ...]
    skills: Skills
    config: SkillsConfig


@click.group()
def skills() -> None:
    """Guides to kinds of tasks: which there are, and new ones."""


@skills.command("list")
@_AGENT
@_JSON
def list_skills(agent: str | None, as_json: bool) -> None:
    """Each with its state: ready, unavailable or broken, and why."""
    rows = list(_rows(_found(load_settings(), agent)))
    if as_json:
        print_json([{name: value for name, value in row.items() if name != "words"} for row in rows])
        return
    print_table(rows, COLUMNS, empty="There is no skill. Bring one: openclaw skills install FOLDER")


@skills.command()
@click.argument("targets", metavar="[NAME|FOLDER]...", nargs=-1)
@_AGENT
@_JSON
def check(targets: tuple[str, ...], agent: str | None, as_json: bool) -> int:
    """Look for what a careful reader would stop at; without a name, in all that did not come with the program.

    Exits 0 when nothing was found, 1 for warnings, 2 for danger. Nothing found is no proof that a skill is harmless.
    """
    folders = list(_targets(targets, _found(load_settings(), agent)))
    results = [(name, *_looked_into(folder)) for name, folder in folders]
    findings = [(name, finding) for name, found, _ in results for finding in found]
    if as_json:
        print_json([{"skill": name, **asdict(finding)} for name, finding in findings])
    else:
        for name, finding in findings:
            click.echo(f"{finding.severity}: {printable(name)}/{_line(finding)}")
        for name, found, digest in results:
            click.echo(f"{printable(name)}: {_summary(found)}{f'; sha256 {digest}' if digest else ''}")
    return exit_code(finding for _, finding in findings)


@skills.command("install")
@click.argument("source", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Also when there is one of that name.")
@click.option("--pin", is_flag=True, help="You have read it and trust it: its tools may run.")
@click.option("--despite-danger", is_flag=True, help="Also when the check finds danger.")
@_JSON
def install_skill(source: Path, replace: bool, pin: bool, despite_danger: bool, as_json: bool) -> None:
    """Copy a skill's folder beneath your own skills, once it was looked into."""
    loaded = load_settings()
    chosen = candidate(source)
    if not as_json:
        for finding in chosen.findings:
            click.echo(f"{finding.severity}: {_line(finding)}", err=True)
    if chosen.dangers and not despite_danger:
        raise OpenClawError(
            f"{source} is not installed: {_summary(chosen.findings)}. "
            "Read it; with --despite-danger it is installed all the same"
        )
    done = install(chosen, loaded.paths.state / "skills", replace=replace)
    key = chosen.manifest.key
    if pin:
        write_config(loaded.environ, loaded.paths, [Put(("skills", "entries", key, "sha256"), done.sha256)])
    facts = {
        "name": chosen.manifest.name, "key": key, "path": str(done.path), "sha256": done.sha256, "pinned": pin,
        "findings": [asdict(finding) for finding in chosen.findings],
    }  # fmt: skip
    if as_json:
        print_json(facts)
        return
    click.echo(f"{chosen.manifest.name} lies in {done.path} ({_summary(chosen.findings)})")
    how = "pinned" if pin else f'once you trust it: skills.entries.{key}.sha256: "{done.sha256}"'
    click.echo(f"sha256 {done.sha256} ({how})")


def _found(loaded: Loaded, agent: str | None) -> Found:
    settings = loaded.settings
    profiles = {profile.id: profile for profile in roster(settings.agents, loaded.paths.state)}
    profile = profiles.get(agent) if agent else next(iter(profiles.values()))
    if profile is None:
        raise OpenClawError(f"there is no agent {agent!r}; there is {', '.join(profiles)}")
    home = loaded.environ.get("HOME")
    folders = SkillFolders(
        bundled.workspace_folder() / "skills", loaded.paths.state / "skills", Path(home) if home else None
    )
    roots = folders.roots(profile.workspace, settings.skills.load.extra_dirs)
    catalog = SkillCatalog(roots, settings.skills, _surroundings(loaded), SystemClock())
    return Found(profile, roots, anyio.run(catalog.skills), settings.skills)


def _surroundings(loaded: Loaded) -> Surroundings:
    here = surroundings(loaded.environ)
    tree = partial(loaded.settings.model_dump, mode="json", by_alias=True)
    return Surroundings(here.os, here.has_bin, here.env, config_lookup(tree))


def _rows(found: Found) -> Iterator[Mapping[str, object]]:
    why = {problem.skill: problem.text for problem in found.skills.unavailable}
    told = {line.name for line in listed(found.skills.usable)[0]}
    for skill in found.skills.every:
        reason = why.get(skill.name, "")
        if not reason and found.profile.skills is not None and skill.name not in found.profile.skills:
            reason = f"agents.list[].skills of {found.profile.id} does not name it"
        notes = [] if reason else list(_notes(skill, found, is_told=skill.name in told))
        yield {
            "name": skill.name,
            "state": "unavailable" if reason else "ready",
            "reason": reason or "; ".join(notes),
            "words": reason or "; ".join([*notes, skill.manifest.description]),
            "description": skill.manifest.description,
            "source": found.roots[skill.rank].kind,
            "path": str(skill.path),
            "key": skill.manifest.key,
            "userInvocable": skill.manifest.user_invocable,
            "modelInvocable": skill.manifest.model_invocable,
        }
    for problem in found.skills.problems:
        yield {
            "name": problem.skill,
            "state": "broken",
            "reason": problem.text,
            "words": problem.text,
            "source": "",
        }


def _notes(skill: Skill, found: Found, *, is_told: bool) -> Iterator[str]:
    if skill.manifest.model_invocable and not is_told:
        yield "not told to the model: there are too many"
    if skill.code.is_file() and not is_pinned(skill, found.config.entry(skill.manifest.key)):
        yield f"its tools.py is not loaded: see openclaw skills check {skill.name}"


def _targets(targets: Sequence[str], found: Found) -> Iterator[tuple[str, Path]]:
    by_name = {skill.name: skill.path.parent for skill in found.skills.every}
    if not targets:
        yield from ((s.name, s.path.parent) for s in found.skills.every if not s.bundled)
    for target in targets:
        folder = by_name.get(target) or Path(target)
        if not folder.is_dir():
            raise OpenClawError(f"{target}: there is neither a skill nor a folder of that name")
        yield target if target in by_name else folder.resolve().name, folder


def _looked_into(folder: Path) -> tuple[tuple[Finding, ...], str]:
    """What was found, and the hash of what was looked at."""
    try:
        return scan(files_of(folder)), digest_of(folder)
    except (SkillFolderError, OSError) as error:
        return (Finding("", 0, "danger", "folder", str(error)),), ""


def _line(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    shown = f": {finding.shown}" if finding.shown else ""
    return printable(f"{place} {finding.text} [{finding.rule}]{shown}")


def _summary(findings: Sequence[Finding]) -> str:
    dangers = sum(finding.severity == "danger" for finding in findings)
    warnings = len(findings) - dangers
    parts = [f"{dangers} × danger"] * bool(dangers) + [f"{warnings} × warning"] * bool(warnings)
    return ", ".join(parts) or "nothing odd was found"
