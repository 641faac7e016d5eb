"""The tools for files: `read`, `write`, `edit`, `apply_patch`."""

from pathlib import Path
from typing import Protocol

from openclaw.agent.tools.base import Tool
from openclaw.agent.tools.files.apply_patch import ApplyPatchTool
from openclaw.agent.tools.files.config import ApplyPatchConfig, FsConfig
from openclaw.agent.tools.files.edit import EditTool
from openclaw.agent.tools.files.place import Territory
from openclaw.agent.tools.files.read import ReadTool, SkillTexts
from openclaw.agent.tools.files.undo.book import UndoBook
from openclaw.agent.tools.files.write import WriteTool


class Agent(Protocol):
    """What is asked of an agent's profile."""

    @property
    def workspace(self) -> Path: ...


class FileTools:
    def __init__(
        self,
        fs: FsConfig,
        patching: ApplyPatchConfig,
        state: Path,
        undo: UndoBook,
        texts: SkillTexts | None = None,
    ) -> None:
        self._fs = fs
        self._patching = patching
        self._state = state
        self._undo = undo
        self._texts = texts
        self._made: dict[Path, tuple[Tool, ...]] = {}

    def tools(self, profile: Agent) -> tuple[Tool, ...]:
        """The same tuple for the same workspace."""
        if profile.workspace not in self._made:
            self._made[profile.workspace] = tuple(self._for(profile.workspace))
        return self._made[profile.workspace]

    def _for(self, workspace: Path) -> list[Tool]:
        ground = self._ground(workspace, anywhere=not self._fs.workspace_only)
        tools: list[Tool] = [
            EditTool(ground, self._undo),
            ReadTool(ground, self._state, self._undo, self._texts),
            WriteTool(ground, self._undo),
        ]
        if self._patching.enabled:
            anywhere = not (self._fs.workspace_only or self._patching.workspace_only)
            tools.insert(0, ApplyPatchTool(self._ground(workspace, anywhere=anywhere), self._undo))
        return tools

    def _ground(self, workspace: Path, *, anywhere: bool) -> Territory:
        return Territory(workspace.absolute(), (self._state.absolute(),), anywhere)
