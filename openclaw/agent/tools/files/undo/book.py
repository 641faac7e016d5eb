"""The undo journals of all workspaces."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from openclaw.agent.tools.files.place import WorkspacePath
from openclaw.agent.tools.files.undo.journal import Limits, UndoJournal
from openclaw.types.clock import Clock

EndPrograms = Callable[[Path], Awaitable[object]]
"""Ends what runs in a workspace; returns when it is gone."""


class UndoBook:
    def __init__(self, state: Path, clock: Clock, limits: Limits | None = None) -> None:
        self._state = state
        self._clock = clock
        self._limits = limits
        self._journals: dict[Path, UndoJournal] = {}
        self._end_programs: EndPrograms | None = None

    def furnish(self, end_programs: EndPrograms) -> None:
        """Called once, before the first change."""
        self._end_programs = end_programs

    def of(self, workspace: Path) -> UndoJournal:
        if workspace not in self._journals:
            self._journals[workspace] = UndoJournal(workspace, self._state, self._clock, self._limits)
        return self._journals[workspace]

    async def make_way(self, workspace: Path, paths: Iterable[WorkspacePath]) -> None:
        """To be called before these are changed, without the journal's lock.

        A sandbox keeps its programs from the instruction file that is there, and not from the one put in its place.
        """
        if self._end_programs is not None and any(path.instructs and len(path.parts) == 1 for path in paths):
            await self._end_programs(workspace)
