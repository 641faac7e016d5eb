"""A tool that asks the house something and brings back what it says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Output, Scene
from openclaw.types.conversation import Provenance

Given = TypeVar("Given", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class AskingTool(Generic[Given]):
    name: str
    description: str
    arguments: type[Given]
    judged: Callable[[Given, Scene], Act]
    ask: Callable[[Given, Scene], Awaitable[str | Output]]
    effect: Effect = Effect.READ_ONLY
    timeout_seconds: float = 30
    provenance: Provenance = "tool"
    schema: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", schema_of(self.arguments))

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return self.judged(checked(self.arguments, arguments, self.schema), scene)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str | Output:
        return await self.ask(checked(self.arguments, arguments, self.schema), scene)
