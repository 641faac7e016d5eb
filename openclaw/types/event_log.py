"""What channels put on record besides messages."""

from typing import Protocol


class EventLog(Protocol):
    """Each call returns when it is on disk. Raises StorageFullError or StorageBusyError when nothing was recorded."""

    async def note(self, channel: str, kind: str, ref: str, summary: str) -> bool:
        """A line in the log of all channels; False, and nothing is written, where this ref has one of this kind."""
