"""What an operator changes about a conversation: its settings, its length, its being there at all."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from openclaw.bus import Bus
from openclaw.gateway.commands.settings import Shelf, chosen_model, unknown
from openclaw.gateway.lanes import Lanes
from openclaw.llm.selection import Found, find_model
from openclaw.sessions.keys import agent_of, expand, main_key
from openclaw.sessions.sessions import Sessions
from openclaw.store.ledger import Ledger
from openclaw.types.errors import OpenClawError
from openclaw.types.events import SessionChanged
from openclaw.web.office.told import Json, UnknownKeyError


@dataclass(frozen=True, slots=True)
class SessionDesk:
    sessions: Sessions
    ledger: Ledger
    lanes: Lanes[str]
    bus: Bus
    models: Shelf
    agent: str
    """The default one."""
    pins: Mapping[str, str | None]
    """Agent → the model that its owner has pinned it to."""
    model_of: Callable[[str, Mapping[str, object]], str]
    """What answers in a session of this agent with this entry, as `provider/model`."""
    forget: Callable[[str], Awaitable[None]]
    """Takes a key out of the ledger."""

    async def patch(self, key: str, changes: Mapping[str, object], model: str | None = "") -> Json:
        """`changes`: fields of the entry, None takes one away; `model`: empty leaves it. Raises UnknownKeyError."""
        full, agent = self._known(key)
        wanted = dict(changes)
        if model != "":
            wanted |= self.chosen(model, agent)
        if wanted:
            row = await self.sessions.change(full, agent, wanted)
            await self.ledger.save_session(row)
            await self.bus.publish(SessionChanged(full, "patch"))
        entry = self.sessions.find(full) or {}
        provider, _, name = self.model_of(agent, entry).partition("/")
        return {
            "ok": True,
            "key": full,
            "entry": entry,
            "resolved": {"modelProvider": provider, "model": name},
        }

    async def delete(self, key: str) -> Json:
        """Its transcript is put aside, not destroyed."""
        full, agent = self._known(key)
        if full == main_key(agent):
            raise OpenClawError(f"{full} is the main conversation, which is always there; reset it instead")
        async with self.lanes.holding(full):
            archived = await self.sessions.delete(full, agent)
            await self.forget(full)
        await self.bus.publish(SessionChanged(full, "delete"))
        return {"ok": True, "key": full, "deleted": True, "archived": [archived] if archived else []}

    def entry(self, key: str) -> tuple[str, Mapping[str, object]]:
        """Its full key and what is kept of it. Raises UnknownKeyError."""
        full, _ = self._known(key)
        return full, self.sessions.find(full) or {}

    def _known(self, key: str) -> tuple[str, str]:
        full = expand(key, self.agent)
        if self.sessions.find(full) is None:
            raise UnknownKeyError(f"there is no session {full}; `openclaw sessions list` shows them")
        return full, agent_of(full) or self.agent

    def chosen(self, name: str | None, agent: str) -> Mapping[str, object]:
        """The fields of an entry that choose this model, None the agent's own. Raises OpenClawError."""
        if pin := self.pins.get(agent):
            raise OpenClawError(
                f"the agent {agent} is pinned to {self.models.default_name(pin)} (agents.list[].model), and that "
                "stands above a session's own model"
            )
        if name is None:
            return chosen_model(None)
        found = find_model(name, self.models.menu)
        if not isinstance(found, Found):
            raise OpenClawError(unknown(name, found.nearest))
        return chosen_model(found)
