"""What a tool is."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol

from openclaw.types.conversation import Provenance
from openclaw.types.errors import OpenClawError


class Effect(IntEnum):
    """What a crash in the middle of a run may have left, and so what a restart may do (most do R3)."""

    READ_ONLY = 0
    """Run again."""
    IDEMPOTENT = 1
    """Run again: the same end state."""
    KEYED = 2
    """Run again with the same key."""
    ONCE = 3
    """Never again by itself: the result says that it may have run."""


class Tool(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def schema(self) -> Mapping[str, object]:
        """JSON schema of the arguments, an object."""

    @property
    def effect(self) -> Effect: ...

    @property
    def provenance(self) -> Provenance:
        """Where the words of its results come from."""

    @property
    def timeout_seconds(self) -> float: ...

    async def run(self, arguments: Mapping[str, object]) -> str:
        """Raises ToolError for what the model or the world did wrong; anything else is our own bug."""


class ToolError(OpenClawError):
    """Told to the model, which tries another way."""


class ToolInputError(ToolError):
    """The arguments do not fit; the text is precise enough to correct them."""

    def __str__(self) -> str:
        return f"ToolInputError: {super().__str__()}"
