"""Which skills a model is told of: as many as fit, those nearest to the owner first. Pure."""

from collections.abc import Sequence

from openclaw.agent.prompt import SKILL_LIMIT, SKILLS_CHARACTERS, SkillLine, skill_markup
from openclaw.agent.skills.manifest import Skill, SkillProblem


def listed(skills: Sequence[Skill]) -> tuple[tuple[SkillLine, ...], tuple[SkillProblem, ...]]:
    """By name. What is left out is a problem that names them."""
    room, lines, left_out = SKILLS_CHARACTERS, list[SkillLine](), list[str]()
    for skill in sorted(skills, key=lambda skill: (-skill.rank, skill.name)):
        if not skill.manifest.model_invocable:
            continue
        line = SkillLine(skill.name, skill.manifest.description, str(skill.path))
        size = len(skill_markup(line))
        if len(lines) == SKILL_LIMIT or size > room:
            left_out.append(skill.name)
            continue
        room -= size
        lines.append(line)
    shown = tuple(sorted(lines, key=lambda line: line.name))
    return shown, (_not_told(left_out),) if left_out else ()


def _not_told(names: Sequence[str]) -> SkillProblem:
    text = (
        f"{len(names)} skills are not told to the model, which reads at most {SKILL_LIMIT} in {SKILLS_CHARACTERS:,} "
        f"characters: {', '.join(sorted(names)[:10])}{'…' if len(names) > 10 else ''}. Switch off what is not needed"
    )
    return SkillProblem(sorted(names)[0], text)
