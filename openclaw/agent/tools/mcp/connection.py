"""One connection to one server, from its beginning to its end, in the task that runs it.

The SDK's client must be entered and left by one and the same task, else it spins for ever: nobody else touches it.
"""

import logging
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from openclaw import __version__
from openclaw.agent.tools.base import unheard
from openclaw.agent.tools.mcp.listing import METHOD_NOT_FOUND, Listing, ToolFilter, listing, tools_of
from openclaw.agent.tools.mcp.reasons import ConnectionLostError, is_ours, reason

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream
    from mcp import Client
    from mcp.client._transport import TransportStreams
    from mcp.client.session import IncomingMessage
    from mcp_types import CallToolResult

logger = logging.getLogger(__name__)

PONG_SECONDS = 10.0
RELIST_SECONDS = 1.0
"""Between two looks at a list that keeps changing."""
LISTEN_AGAIN_SECONDS = 30.0
REASON_SECONDS = 3.0
"""Until it is known why a connection has ended."""
CONNECTION_CLOSED = -32000
MAY_HAVE_HAPPENED = "; what was asked may have happened"


@dataclass(slots=True)
class Call:
    """Posted by whoever calls, ended by the connection. Cancelling the scope withdraws it."""

    tool: str
    arguments: Mapping[str, object]
    scope: anyio.CancelScope
    tell: Callable[[str], None] = unheard
    """How far the server says it is."""
    ended: anyio.Event = field(default_factory=anyio.Event)
    result: "CallToolResult | None" = None
    failure: str = ""

    async def progressed(self, progress: float, total: float | None, message: str | None) -> None:
        so_far = f"{progress:g} of {total:g}" if total else f"{progress:g}"
        self.tell(f"{message.strip()} ({so_far})" if message and message.strip() else so_far)


@dataclass(frozen=True, slots=True)
class Limits:
    connection_seconds: float
    request_seconds: float
    side_by_side: int
    ping_seconds: float


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server says of itself."""

    identity: str
    protocol: str


Open = Callable[[Callable[[str], None]], AbstractAsyncContextManager["TransportStreams"]]
"""A transport; it tells its argument why it has ended by itself, where it knows."""


class Connection:
    def __init__(
        self,
        server: str,
        open_transport: Open,
        wanted: ToolFilter,
        limits: Limits,
        on_listing: Callable[[Listing, Greeting], None],
    ) -> None:
        self._server = server
        self._open = open_transport
        self._wanted = wanted
        self._limits = limits
        self._on_listing = on_listing
        self._changed = anyio.Event()
        self._doubted = anyio.Event()
        self._lost = anyio.Event()
        self._why = ""
        self._under_way = 0

    async def run(self, calls: "MemoryObjectReceiveStream[Call]", *, legacy: bool) -> None:
        """Raises what ended it; never returns. `legacy`: without asking first for the newest protocol."""
        from mcp import Client
        from mcp_types import Implementation

        # The deadline holds until the tools are known. A scope around the connecting alone would be left before the
        # client is, and theirs lie inside one another.
        with anyio.CancelScope(deadline=anyio.current_time() + self._limits.connection_seconds) as life:
            client = Client(
                self._open(self._lose),
                mode="legacy" if legacy else "auto",
                cache=None,
                message_handler=self._hear,
                client_info=Implementation(name="openclaw", version=__version__),
            )
            try:
                async with client:
                    client.session.validate_tool_result = _unchecked  # type: ignore[method-assign]
                    await self._list(client)
                    life.deadline = math.inf
                    await self._serve(client, calls)
            except Exception as error:
                # What we left it for ourselves comes before how it ended then.
                if self._why and not is_ours(error):
                    raise ConnectionLostError(self._why) from error
                raise
        raise ConnectionLostError(
            self._why or f"it did not answer within {self._limits.connection_seconds:g} s"
        )

    async def _serve(self, client: "Client", calls: "MemoryObjectReceiveStream[Call]") -> None:
        slots = anyio.Semaphore(self._limits.side_by_side)
        async with anyio.create_task_group() as group:
            group.start_soon(self._end_when_lost)
            group.start_soon(self._follow_changes, client)
            group.start_soon(self._listen, client)
            group.start_soon(self._ping, client)
            while True:
                # First the slot: what waits for one waits in the queue, which is bounded.
                await slots.acquire()
                group.start_soon(self._answer, client, await calls.receive(), slots)

    # -- calls ------------------------------------------------------------------------------------------------

    async def _answer(self, client: "Client", call: Call, slots: anyio.Semaphore) -> None:
        from mcp import MCPError
        from pydantic import ValidationError

        self._under_way += 1
        try:
            if not call.scope.cancel_called:
                with call.scope:
                    call.result = await client.call_tool(
                        call.tool, dict(call.arguments), progress_callback=call.progressed
                    )
        except MCPError as error:
            self._doubted.set()
            call.failure = reason(error)
            if error.code == CONNECTION_CLOSED:
                call.failure += MAY_HAVE_HAPPENED
                with anyio.move_on_after(REASON_SECONDS):
                    await self._lost.wait()
                    call.failure = self._why + MAY_HAVE_HAPPENED
        except (ValidationError, RuntimeError, ValueError) as error:
            call.failure = f"what it answered cannot be read: {reason(error)}"
        finally:
            self._under_way -= 1
            if call.scope.cancelled_caught:
                self._doubted.set()
            if call.result is None and not call.failure and not call.scope.cancel_called:
                call.failure = (self._why or "the connection ended") + MAY_HAVE_HAPPENED
            call.ended.set()
            slots.release()

    # -- the list of tools ------------------------------------------------------------------------------------

    async def _list(self, client: "Client") -> None:
        found = listing(await tools_of(client), self._server, self._wanted)
        info = client.server_info
        identity = f"{info.name} {info.version}".strip() if info is not None else ""
        self._on_listing(found, Greeting(identity[:120], client.protocol_version))

    async def _hear(self, message: "IncomingMessage") -> None:
        from mcp_types import ToolListChangedNotification

        if isinstance(message, ToolListChangedNotification):
            self._changed.set()

    async def _follow_changes(self, client: "Client") -> None:
        from mcp import MCPError
        from pydantic import ValidationError

        while True:
            await self._changed.wait()
            self._changed = anyio.Event()
            try:
                await self._list(client)
            except (MCPError, ValidationError) as error:
                logger.warning(
                    "MCP server %s: its changed tools cannot be read: %s", self._server, reason(error)
                )
            await anyio.sleep(RELIST_SECONDS)

    async def _listen(self, client: "Client") -> None:
        """Since 2026-07-28 changes are told only to those who listen for them."""
        from mcp import MCPError
        from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

        tools = client.server_capabilities.tools
        while tools is not None and tools.list_changed:
            try:
                async with client.listen(tools_list_changed=True) as changes:
                    async for _ in changes:
                        self._changed.set()
            except ListenNotSupportedError:
                return
            except (MCPError, SubscriptionLost, TimeoutError) as error:
                logger.debug("MCP server %s: %s", self._server, reason(error))
            await anyio.sleep(LISTEN_AGAIN_SECONDS)
            self._changed.set()

    # -- its end ----------------------------------------------------------------------------------------------

    def _lose(self, why: str) -> None:
        self._why = self._why or why
        self._lost.set()

    async def _end_when_lost(self) -> None:
        await self._lost.wait()
        raise ConnectionLostError(self._why)

    async def _ping(self, client: "Client") -> None:
        """At times, and whenever a call has failed. A server at work may not be able to answer."""
        while True:
            with anyio.move_on_after(self._limits.ping_seconds):
                await self._doubted.wait()
            self._doubted = anyio.Event()
            if self._under_way == 0:
                await self._pinged(client)

    async def _pinged(self, client: "Client") -> None:
        from mcp import MCPError

        try:
            with anyio.fail_after(PONG_SECONDS):
                if client.session.discover_result is None:
                    await client.session.send_ping()
                else:
                    await client.session.send_discover(client.protocol_version)
        except MCPError as error:
            if error.code != METHOD_NOT_FOUND:
                raise ConnectionLostError(f"it does not answer any more: {reason(error)}") from error
        except TimeoutError:
            raise ConnectionLostError("it does not answer any more") from None


async def _unchecked(name: str, result: Any) -> None:
    """Instead of the SDK's check against the server's own schema.

    A schema of others may hold a regular expression that never ends, and the model reads the result as text anyway.
    """
