"""What the engines of these tests are made from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openclaw.agent.tools.web.engine import EngineParts
from openclaw.net.door import Door
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef


class Keys:
    """A resolver whose values may change behind its back."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.fresh: list[bool] = []
        self._kept: dict[str, str] = {}

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        self.fresh.append(fresh)
        name = reference.text.removeprefix("env:")
        if name not in self.values:
            raise SecretError(f"{reference.text} is not set")
        if fresh or name not in self._kept:
            self._kept[name] = self.values[name]
        return Secret(self._kept[name])


@asynccontextmanager
async def parts(
    base_url: str, keys: Keys | None = None, key: str | None = None
) -> AsyncIterator[EngineParts]:
    door = Door()
    yield EngineParts(base_url, door, keys or Keys(), SecretRef(key) if key else None, 5)
    await door.aclose()
