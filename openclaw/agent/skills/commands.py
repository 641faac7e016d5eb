"""Skills that somebody calls by name: `/weather Sydney`, or `/skill weather Sydney`. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from openclaw.agent.skills.manifest import Skill

LONGEST = 32
_CALL = re.compile(r"/([A-Za-z0-9_.-]+)(?:@[A-Za-z0-9_]+)?(?:\s+(.*))?", re.DOTALL)
_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class DirectCall:
    """A command that goes to a tool without a model in between."""

    skill: str
    tool: str
    arguments: Mapping[str, object]


def commands(skills: Iterable[Skill], taken: Collection[str] = ()) -> dict[str, Skill]:
    """What may be called, by command. `taken` are commands that mean something else already; those keep their names."""
    found: dict[str, Skill] = {}
    for skill in sorted(skills, key=lambda skill: skill.name):
        if not skill.manifest.user_invocable:
            continue
        name = command_name(skill.name)
        number = 2
        while not name or name in taken or name in found:
            ending = f"_{number}"
            name = command_name(skill.name)[: LONGEST - len(ending)] + ending
            number += 1
        found[name] = skill
    return found


def invoked(text: str, skills: Iterable[Skill], taken: Collection[str] = ()) -> str | None:
    """What the model is told instead of the text; None when the text calls no skill that a model carries out."""
    called = _called(text, skills, taken)
    if called is None or called[0].manifest.tool:
        return None
    skill, words = called
    told = f"Use the skill {skill.name!r} for this: read {skill.path} first and follow it."
    return f"{told}\n\n{words}" if words else told


def dispatched(text: str, skills: Iterable[Skill], taken: Collection[str] = ()) -> DirectCall | None:
    """The tool that the text calls; None when it calls none."""
    called = _called(text, skills, taken)
    if called is None or not called[0].manifest.tool:
        return None
    skill, words = called
    arguments = {"command": words, "commandName": command_name(skill.name), "skillName": skill.name}
    return DirectCall(skill.name, skill.manifest.tool, arguments)


def command_name(name: str) -> str:
    """Lower case, digits and `_`: what every channel takes for a command."""
    return _OTHER.sub("_", name.lower()).strip("_")[:LONGEST]


def _called(text: str, skills: Iterable[Skill], taken: Collection[str]) -> tuple[Skill, str] | None:
    match = _CALL.fullmatch(text.strip())
    if match is None:
        return None
    known = commands(skills, taken)
    name, words = command_name(match[1]), (match[2] or "").strip()
    if name == "skill":
        first, _, words = words.partition(" ")
        name, words = command_name(first), words.strip()
        by_skill = {command_name(skill.name): skill for skill in known.values()}
        skill = by_skill.get(name) or known.get(name)
    else:
        skill = known.get(name)
    return (skill, words) if skill is not None and name else None
