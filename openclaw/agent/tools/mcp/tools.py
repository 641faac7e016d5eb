"""The tools of MCP servers, as the agents have them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread
from pydantic_core import to_json

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.mcp.clients import McpClients, Served
from openclaw.agent.tools.mcp.listing import Offered, matches
from openclaw.agent.tools.mcp.pictures import PictureFolder
from openclaw.agent.tools.mcp.results import Answer, answer_of
from openclaw.agent.tools.mcp.server import McpServer
from openclaw.types.conversation import Picture, Provenance

if TYPE_CHECKING:
    from mcp_types import CallToolResult


@dataclass(frozen=True, slots=True)
class Finish:
    """What is done to every answer before the model reads it."""

    pictures: PictureFolder
    clean: Callable[[str], str]

    async def __call__(self, result: "CallToolResult") -> Output:
        """Raises ToolError for an answer that says it is one."""
        # In a thread: an answer may hold many megabytes.
        answer = await anyio.to_thread.run_sync(self._read, result)
        if answer.failed:
            raise ToolError(answer.text or "it failed and does not say why")
        return Output(answer.text, await self._kept(answer), "web")

    def _read(self, result: "CallToolResult") -> Answer:
        answer = answer_of(result)
        # A server has seen its own keys, and some print their environment.
        return replace(answer, text=self.clean(answer.text))

    async def _kept(self, answer: Answer) -> tuple[Picture, ...]:
        try:
            return tuple([await self.pictures.keep(image) for image in answer.images])
        except OSError as error:
            raise ToolError(
                f"it answered with an image that cannot be kept: {error.strerror or error}"
            ) from error


@dataclass(frozen=True, slots=True)
class McpTool:
    name: str
    description: str
    schema: Mapping[str, object]
    effect: Effect
    timeout_seconds: float
    _tool: str
    """As the server calls it."""
    _server: McpServer = field(repr=False)
    _finish: Finish = field(repr=False)
    provenance: Provenance = "web"

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        """Whatever a server says of its own tools, it is code of others."""
        required = self.schema.get("required")
        missing = [name for name in required if name not in arguments] if isinstance(required, list) else []
        if missing:
            raise ToolInputError(f"{missing[0]} is required")
        # What the owner calls readOnly only answers questions: whoever reads them is whom the owner chose.
        kind = Kind.CONSULT if self.effect is Effect.READ_ONLY else Kind.FOREIGN
        return Act(kind, self.name, to_json(arguments, fallback=str).decode())

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> Output:
        return await self._finish(await self._server.call(self._tool, arguments, scene.tell))


class McpFamily:
    def __init__(self, clients: McpClients, finish: Finish) -> None:
        self._clients = clients
        self._finish = finish
        self._made: dict[str, tuple[int, tuple[Tool, ...]]] = {}

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        """The same tuple as long as no server's tools have changed. Sorted by name."""
        version = self._clients.version
        known = self._made.get(profile.id)
        if known is None or known[0] != version:
            known = self._made[profile.id] = version, self._for(profile)
        return known[1]

    def _for(self, profile: AgentProfile) -> tuple[Tool, ...]:
        found: list[Tool] = []
        for each in self._clients.served:
            if each.agents is None or profile.id in each.agents:
                make = partial(self._made_of, each)
                names = each.names()
                found += [make(names[offered.name], offered) for offered in each.server.state.listing.offered]
        return tuple(sorted(found, key=lambda tool: tool.name))

    def _made_of(self, each: Served, name: str, offered: Offered) -> Tool:
        said = each.config.read_only
        reads = said if isinstance(said, bool) else matches(offered.name, said)
        return McpTool(
            name,
            offered.description,
            offered.schema,
            Effect.READ_ONLY if reads else Effect.ONCE,
            each.server.timeout_seconds,
            offered.name,
            each.server,
            self._finish,
        )
