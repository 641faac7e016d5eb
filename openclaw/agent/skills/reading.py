"""A skill's own text, for the model that is to follow it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from openclaw.agent.config import SkillsConfig
from openclaw.agent.skills.commands import DirectCall, dispatched, invoked
from openclaw.agent.skills.manifest import SIZE_LIMIT, Skill
from openclaw.agent.skills.pinning import is_vouched_for
from openclaw.agent.tools.base import Scene
from openclaw.types.conversation import AssistantMessage, Provenance


@dataclass(frozen=True, slots=True)
class SkillText:
    text: str
    provenance: Provenance
    """`skill` until the owner has pinned it as a whole: what it says is somebody's, and not the owner's word."""


class SkillTexts:
    """Most skills lie outside the workspace, where `read` does not reach: it asks here first."""

    def __init__(self, config: SkillsConfig) -> None:
        self._config = config
        self._skills: dict[str, Sequence[Skill]] = {}

    def adopt(self, config: SkillsConfig) -> None:
        self._config = config

    def keep(self, agent: str, skills: Sequence[Skill]) -> None:
        """What an agent may read, from now on."""
        self._skills[agent] = skills

    def skill(self, agent: str, path: str, workspace: Path) -> Skill | None:
        """Whose SKILL.md this is."""
        wanted = workspace / path
        return next((skill for skill in self._skills.get(agent, ()) if skill.path == wanted), None)

    def opened(self, scene: Scene) -> tuple[Skill, ...]:
        """The skills whose text was read in this turn."""
        calls = [
            call for entry in scene.entries if isinstance(entry, AssistantMessage) for call in entry.calls
        ]
        paths = [str(call.arguments.get("path", "")) for call in calls if call.name == "read"]
        found = (self.skill(scene.agent, path, scene.workspace) for path in paths)
        return tuple(dict.fromkeys(skill for skill in found if skill is not None))

    def told(self, agent: str, text: str, taken: Collection[str]) -> str | None:
        """See `commands.invoked`."""
        return invoked(text, self._skills.get(agent, ()), taken) if text.lstrip().startswith("/") else None

    def direct(self, agent: str, text: str, taken: Collection[str]) -> DirectCall | None:
        """See `commands.dispatched`."""
        return dispatched(text, self._skills.get(agent, ()), taken) if text.lstrip().startswith("/") else None

    async def find(self, agent: str, path: str, workspace: Path) -> SkillText | None:
        """None for a path that is no SKILL.md of a skill that the agent has. Raises OSError."""
        skill = self.skill(agent, path, workspace)
        return await anyio.to_thread.run_sync(self._read, skill) if skill is not None else None

    def _read(self, skill: Skill) -> SkillText:
        with skill.path.open("rb") as file:
            text = file.read(SIZE_LIMIT).decode(errors="replace")
        vouched = is_vouched_for(skill, self._config.entry(skill.manifest.key))
        return SkillText(with_base_dir(text, skill.path.parent), "file" if vouched else "skill")


def with_base_dir(text: str, folder: Path) -> str:
    return text.replace("{baseDir}", str(folder))
