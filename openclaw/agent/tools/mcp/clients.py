"""All the MCP servers of the config, kept connected in the background."""

import importlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from openclaw.agent.profile import agent_id
from openclaw.agent.tools.mcp.config import McpServerConfig
from openclaw.agent.tools.mcp.connection import Limits, Open
from openclaw.agent.tools.mcp.listing import ToolFilter
from openclaw.agent.tools.mcp.names import server_labels, tool_names
from openclaw.agent.tools.mcp.server import McpServer, ServerPlan, Tempo
from openclaw.agent.tools.mcp.transports.remote import Remote, remote_transport
from openclaw.agent.tools.mcp.transports.stdio import Launch, StandardError, environment, stdio_transport
from openclaw.types.clock import Clock, iso
from openclaw.types.secrets import Resolver, SecretRef

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

SIDE_BY_SIDE = 8
_SECRETIVE = re.compile(r"(?i)token|secret|key|passw|auth|credential|cookie")
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token)\s+(.+)")


@dataclass(frozen=True, slots=True)
class McpParts:
    resolver: Resolver
    clock: Clock
    environ: Mapping[str, str]
    """The daemon's; of it servers get what any program needs."""
    clean: Callable[[str], str]
    """Takes known secrets out of a text."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server, with what the config says of its tools."""

    server: McpServer
    config: McpServerConfig
    label: str
    agents: frozenset[str] | None
    """None: all."""

    def names(self) -> Mapping[str, str]:
        """What each tool is called here, by its own name."""
        return tool_names(self.label, (tool.name for tool in self.server.state.listing.offered))


class McpClients:
    def __init__(
        self, configs: Mapping[str, McpServerConfig], parts: McpParts, tempo: Tempo | None = None
    ) -> None:
        self._parts = parts
        self._tempo = tempo or Tempo()
        self._version = 0
        self._needed = anyio.Event()
        self._running: TaskGroup | None = None
        self._lives: dict[McpServer, anyio.CancelScope] = {}
        self.served: Sequence[Served] = ()
        self._serve(configs)

    def adopt(self, configs: Mapping[str, McpServerConfig]) -> None:
        """Servers whose config is as it was stay connected. The others end, and begin where they are still wanted."""
        before = {each.server for each in self.served}
        self._serve(configs)
        if {each.server for each in self.served} == before:
            return
        for server in before - {each.server for each in self.served}:
            if (life := self._lives.pop(server, None)) is not None:
                life.cancel()
        for server in self._enabled():
            self._begin(server)
        self._changed()

    def _serve(self, configs: Mapping[str, McpServerConfig]) -> None:
        labels = server_labels(configs)
        known = {each.server.name: each for each in self.served}
        served = []
        for name, config in sorted(configs.items()):
            agents = None if config.agents is None else frozenset(map(agent_id, config.agents))
            same = (old := known.get(name)) is not None and old.config == config
            server = old.server if old is not None and same else self._server(name, config)
            served.append(Served(server, config, labels[name], agents))
        self.served = tuple(served)
        if self._enabled():
            self._needed.set()

    def _server(self, name: str, config: McpServerConfig) -> McpServer:
        plan = _plan(name, config, self._parts, self._tempo)
        return McpServer(plan, self._parts.clock, self._tempo, self._changed)

    def _enabled(self) -> list[McpServer]:
        return [each.server for each in self.served if each.config.enabled]

    @property
    def version(self) -> int:
        """Another one whenever any server's tools have changed."""
        return self._version

    def _changed(self) -> None:
        self._version += 1

    async def run(self) -> None:
        """Keep every server connected until cancelled, those too that come later."""
        # Loading the SDK takes half a second, which nobody spends without a server.
        await self._needed.wait()
        await anyio.to_thread.run_sync(_load_sdk)
        async with anyio.create_task_group() as group:
            self._running = group
            for server in self._enabled():
                self._begin(server)
            try:
                await anyio.sleep_forever()
            finally:
                self._running = None

    def _begin(self, server: McpServer) -> None:
        if self._running is not None and server not in self._lives:
            life = self._lives[server] = anyio.CancelScope()
            self._running.start_soon(_live, server, life)

    def states(self) -> list[Mapping[str, object]]:
        """For `mcp.status`."""
        return [_shown(each) for each in self.served]


async def _live(server: McpServer, life: anyio.CancelScope) -> None:
    # Ended in the task it lives in: the SDK wants no other.
    with life:
        await server.run()


def configured(configs: Mapping[str, McpServerConfig]) -> list[Mapping[str, object]]:
    """As `states`, where no daemon runs."""
    return [
        {
            "name": name,
            "transport": config.way,
            "state": "stopped" if config.enabled else "disabled",
            "tools": [],
        }
        for name, config in sorted(configs.items())
    ]


def _shown(each: Served) -> Mapping[str, object]:
    state, names = each.server.state, each.names()
    return {
        "name": each.server.name,
        "transport": each.config.way,
        "state": state.condition,
        "reason": state.reason,
        "since": iso(state.since),
        "server": state.greeting.identity,
        "protocol": state.greeting.protocol,
        "agents": None if each.agents is None else sorted(each.agents),
        "tools": sorted(names.values()),
        "leftOut": [{"tool": left.tool, "reason": left.why} for left in state.listing.left_out],
    }


def _load_sdk() -> None:
    """Blocks for half a second, the first time."""
    importlib.import_module("mcp")
    # What goes wrong in a transport reaches us as an exception; with a traceback at every attempt the log is no help.
    logging.getLogger("mcp.client").setLevel(logging.CRITICAL)
    logging.getLogger("client").setLevel(logging.ERROR)


# -- from the config to a transport ---------------------------------------------------------------------------


def _plan(name: str, config: McpServerConfig, parts: McpParts, tempo: Tempo) -> ServerPlan:
    async def open_transport(fresh: bool) -> Open:
        if config.command is not None:
            return await _stdio(name, config, parts, fresh=fresh)
        return await _remote(config, parts, fresh=fresh)

    wanted = ToolFilter(config.tool_filter.include, config.tool_filter.exclude)
    at_once = SIDE_BY_SIDE if config.supports_parallel_tool_calls else 1
    limits = Limits(
        config.connection_timeout_ms / 1000, config.request_timeout_ms / 1000, at_once, tempo.ping_seconds
    )
    return ServerPlan(name, config.enabled, open_transport, wanted, limits, parts.clean)


async def _stdio(name: str, config: McpServerConfig, parts: McpParts, *, fresh: bool) -> Open:
    own = await _revealed(config.env, parts.resolver, fresh=fresh)
    env = environment(parts.environ, own)
    cwd = config.cwd or env.get("HOME") or "/"
    launch = Launch(config.command or "", config.args, env, cwd)

    def transport(lost: Callable[[str], None]) -> "AbstractAsyncContextManager[TransportStreams]":
        return stdio_transport(launch, StandardError(f"MCP server {name}", parts.clean), lost)

    return transport


async def _remote(config: McpServerConfig, parts: McpParts, *, fresh: bool) -> Open:
    headers = await _revealed(config.headers, parts.resolver, fresh=fresh)
    remote = Remote(
        config.url or "",
        headers,
        config.way == "sse",
        config.connection_timeout_ms / 1000,
        config.request_timeout_ms / 1000,
    )
    return lambda _: remote_transport(remote)


async def _revealed(values: Mapping[str, SecretRef], resolver: Resolver, *, fresh: bool) -> dict[str, str]:
    """Raises SecretError.

    What the resolver has seen counts as a secret everywhere, so that the plain words of a harmless variable, a folder
    for instance, are not shown to it.
    """
    found: dict[str, str] = {}
    for name, reference in values.items():
        if reference.is_plain and not _SECRETIVE.search(name):
            found[name] = reference.text
            continue
        found[name] = (await resolver.resolve(reference, fresh=fresh)).reveal()
        if scheme := _SCHEME.fullmatch(found[name]):
            # The key is one without the word before it, too.
            await resolver.resolve(SecretRef(scheme[1]))
    return found
