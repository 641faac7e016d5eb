"""The skills of an agent, as the original's clients list them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.skills.catalog import SkillCatalog, SkillRoot, Skills
from openclaw.web.office.told import Json, UnknownKeyError


@dataclass(frozen=True, slots=True)
class AgentSkills:
    workspace: Path
    roots: Sequence[SkillRoot]
    catalog: SkillCatalog
    allowed: frozenset[str] | None = None
    """`agents.list[].skills`; None: all."""


@dataclass(frozen=True, slots=True)
class SkillBook:
    """Satisfies `web.office.desk.SkillDesk`."""

    agents: Mapping[str, AgentSkills]
    """The default one first."""
    shared: Path

    async def status(self, agent: str | None) -> Json:
        name = agent or next(iter(self.agents))
        if (own := self.agents.get(name)) is None:
            raise UnknownKeyError(
                f"there is no agent {name[:64]!r}; these are configured: {', '.join(self.agents)}"
            )
        rows = list(skill_rows(await own.catalog.skills(), own))
        return {
            "agentId": name,
            "workspaceDir": str(own.workspace),
            "managedSkillsDir": str(self.shared),
            "skills": rows,
        }


def skill_rows(skills: Skills, own: AgentSkills) -> Iterator[Json]:
    """Pure. By name, those that cannot be read last."""
    why = {problem.skill: problem.text for problem in skills.unavailable}
    for skill in skills.every:
        manifest, blocked = skill.manifest, own.allowed is not None and skill.name not in own.allowed
        reason = why.get(skill.name, "")
        yield {
            "name": skill.name,
            "description": manifest.description,
            "source": own.roots[skill.rank].kind,
            "bundled": skill.bundled,
            "filePath": str(skill.path),
            "baseDir": str(skill.path.parent),
            "skillKey": manifest.key,
            "emoji": manifest.emoji or None,
            "homepage": manifest.homepage or None,
            "primaryEnv": manifest.primary_env or None,
            "eligible": not reason and not blocked,
            "blockedByAllowlist": blocked,
            "userInvocable": manifest.user_invocable,
            "modelVisible": manifest.model_invocable,
            "reason": reason or ("agents.list[].skills does not name it" if blocked else ""),
        }
    for problem in skills.problems:
        yield {"name": problem.skill, "eligible": False, "broken": True, "reason": problem.text}
