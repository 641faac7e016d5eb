"""One server of the config: kept connected by one task, called from any."""

import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import anyio

from openclaw.agent.tools.base import ToolError, unheard
from openclaw.agent.tools.mcp.connection import MAY_HAVE_HAPPENED, Call, Connection, Greeting, Limits, Open
from openclaw.agent.tools.mcp.listing import Listing, ToolFilter
from openclaw.agent.tools.mcp.reasons import is_of_the_world, reason
from openclaw.types.clock import Clock

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp_types import CallToolResult

logger = logging.getLogger(__name__)

Condition = Literal["disabled", "stopped", "starting", "connected", "failing"]
WAITING_CALLS = 32
NOTHING_YET, UNKNOWN = Listing(), Greeting("", "")
LATE_SECONDS = 5.0
"""What a call may take beyond its own time, until it is clear how it ended."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Of the attempts to connect, and of the looks whether a server still answers."""

    first_seconds: float = 1.0
    most_seconds: float = 60.0
    jitter: float = 0.25
    healthy_seconds: float = 60.0
    """Connected for so long, it begins with the first wait again."""
    nudged_seconds: float = 5.0
    """Once somebody has wanted to call it, the next attempt comes after so long at the latest."""
    ping_seconds: float = 60.0

    def wait(self, failures: int) -> float:
        seconds = min(self.most_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))
        return seconds * (1 + self.jitter * random.random())  # noqa: S311 - spreads load, keeps no secret


@dataclass(frozen=True, slots=True)
class ServerPlan:
    name: str
    enabled: bool
    open: Callable[[bool], Awaitable[Open]]
    """Reads the secrets, afresh when asked to. Raises SecretError."""
    wanted: ToolFilter
    limits: Limits
    clean: Callable[[str], str]
    """Takes known secrets out of a text."""


@dataclass(frozen=True, slots=True)
class ServerState:
    condition: Condition
    reason: str = ""
    since: int = 0
    """Milliseconds since 1970."""
    listing: Listing = NOTHING_YET
    """The last one; it stays while the connection is down, so that the conversation's tools do."""
    greeting: Greeting = UNKNOWN


class McpServer:
    def __init__(self, plan: ServerPlan, clock: Clock, tempo: Tempo, on_change: Callable[[], None]) -> None:
        self._plan = plan
        self._clock = clock
        self._tempo = tempo
        self._on_change = on_change
        self._state = ServerState("stopped" if plan.enabled else "disabled", since=clock.now_ms())
        self._posting: MemoryObjectSendStream[Call] | None = None
        self._wanted = anyio.Event()
        self._connected_at: float | None = None

    @property
    def name(self) -> str:
        return self._plan.name

    @property
    def state(self) -> ServerState:
        return self._state

    @property
    def timeout_seconds(self) -> float:
        """Of a call, until the caller knows how it ended."""
        return self._plan.limits.request_seconds + 2 * LATE_SECONDS

    # -- called from any task ---------------------------------------------------------------------------------

    async def call(
        self, tool: str, arguments: Mapping[str, object], tell: Callable[[str], None] = unheard
    ) -> "CallToolResult":
        """Raises ToolError, at once where there is no connection."""
        seconds = self._plan.limits.request_seconds
        call = Call(tool, arguments, anyio.CancelScope(deadline=anyio.current_time() + seconds), tell)
        self._post(call)
        try:
            with anyio.move_on_after(seconds + LATE_SECONDS):
                await call.ended.wait()
        finally:
            # When the caller is cancelled, the server is told; for a call that has ended it changes nothing.
            call.scope.cancel()
        if call.result is not None:
            return call.result
        if call.failure:
            raise ToolError(f"the MCP server {self.name} failed: {self._plan.clean(call.failure)}")
        raise ToolError(f"the MCP server {self.name} did not answer within {seconds:g} s{MAY_HAVE_HAPPENED}")

    def _post(self, call: Call) -> None:
        if self._posting is None:
            self._wanted.set()
            why = self._state.reason or f"it is {self._state.condition}"
            raise ToolError(
                f"the MCP server {self.name} cannot be reached now: {why}. It is tried again by itself."
            )
        try:
            self._posting.send_nowait(call)
        except anyio.WouldBlock:
            raise ToolError(
                f"the MCP server {self.name} has {WAITING_CALLS} calls waiting; try again later"
            ) from None

    # -- the task that owns it --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep it connected until cancelled."""
        self._note("starting")
        failures, legacy = 0, False
        try:
            while True:
                why = await self._live(fresh=failures > 0, legacy=legacy)
                lived, self._connected_at = self._connected_at, None
                # A server that never came so far may be one that cannot bear the newest greeting.
                legacy = not legacy if lived is None else legacy
                if lived is not None and self._clock.monotonic() - lived >= self._tempo.healthy_seconds:
                    failures = 0
                failures += 1
                self._note("failing", why)
                await self._pause(self._tempo.wait(failures))
        finally:
            self._note("stopped")

    async def _pause(self, seconds: float) -> None:
        self._wanted = anyio.Event()
        least = min(seconds, self._tempo.nudged_seconds)
        await anyio.sleep(least)
        with anyio.move_on_after(seconds - least):
            await self._wanted.wait()

    async def _live(self, *, fresh: bool, legacy: bool) -> str:
        """One connection. Returns why it ended."""
        posting, calls = anyio.create_memory_object_stream[Call](WAITING_CALLS)
        try:
            connection = Connection(
                self.name,
                await self._plan.open(fresh),
                self._plan.wanted,
                self._plan.limits,
                lambda found, greeting: self._listed(found, greeting, posting),
            )
            await connection.run(calls, legacy=legacy)
        except Exception as error:
            if not is_of_the_world(error):
                logger.exception("MCP server %s failed unexpectedly and is connected again", self.name)
            return self._plan.clean(reason(error))
        finally:
            self._posting = None
            _refuse_waiting(calls)
            posting.close()
            calls.close()
        return "it ended by itself"

    def _listed(self, found: Listing, greeting: Greeting, posting: "MemoryObjectSendStream[Call]") -> None:
        self._posting = posting
        if self._connected_at is None:
            self._connected_at = self._clock.monotonic()
        # The same object as long as nothing has changed: what is made of it is kept by identity.
        changed = found != self._state.listing
        kept = found if changed else self._state.listing
        self._state = replace(self._state, greeting=greeting, listing=kept)
        if changed:
            for left in found.left_out:
                logger.warning("MCP server %s: its tool %s is left out: %s", self.name, left.tool, left.why)
        self._note("connected")
        if changed:
            self._on_change()

    def _note(self, condition: Condition, why: str = "") -> None:
        before = self._state
        if (before.condition, before.reason) == (condition, why):
            return
        since = before.since if before.condition == condition else self._clock.now_ms()
        self._state = replace(before, condition=condition, reason=why, since=since)
        if condition == "connected":
            logger.info("MCP server %s is connected (%d tools)", self.name, len(before.listing.offered))
        elif condition == "failing":
            level = logging.INFO if before.condition == "failing" else logging.WARNING
            logger.log(level, "MCP server %s: %s", self.name, why)


def _refuse_waiting(calls: "MemoryObjectReceiveStream[Call]") -> None:
    while True:
        try:
            call = calls.receive_nowait()
        except (anyio.WouldBlock, anyio.EndOfStream):
            return
        call.failure = "the connection ended before it was asked"
        call.ended.set()
