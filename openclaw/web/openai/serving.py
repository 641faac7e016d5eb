"""From a request to its run and back: one turn like any other, told whole or while it is written."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import anyio
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from openclaw.bus import Gap, Subscription
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError
from openclaw.types.events import Event, ReplyWithdrawn, TextDelta, ToolStarted, TurnFinished
from openclaw.web.desk import House, Question, RunState, UnknownKeyError
from openclaw.web.openai.faults import ApiError, fault_of
from openclaw.web.openai.telling import Telling

DEPTH = 1024
"""Events that wait while a client reads slowly; one that lags further is told the end alone."""
ALIVE_SECONDS = 10.0
ALIVE = b": the answer is being worked on\n\n"
_STREAM_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


class Rendering(Protocol):
    """One answer in the form of one API."""

    def whole(self, state: RunState) -> Mapping[str, object]: ...

    def opening(self) -> Iterable[bytes]: ...

    def piece(self, text: str) -> Iterable[bytes]: ...

    def closing(self, state: RunState) -> Iterable[bytes]: ...

    def failing(self, fault: ApiError) -> Iterable[bytes]:
        """For a stream that has begun: its status can no more be changed."""


@dataclass(slots=True)
class _Stream:
    """Server-sent events. Begun with the first words, so that a refusal before them still has its status."""

    send: Send
    rendering: Rendering
    begun: bool = False

    async def write(self, pieces: Iterable[bytes]) -> None:
        if body := b"".join([*self._beginning(), *pieces]):
            if not self.begun:
                self.begun = True
                head = {"type": "http.response.start", "status": 200, "headers": list(_STREAM_HEADERS)}
                await self.send(head)
            await self.send({"type": "http.response.body", "body": body, "more_body": True})

    def _beginning(self) -> Iterator[bytes]:
        if not self.begun:
            yield from self.rendering.opening()

    async def end(self) -> None:
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass(slots=True)
class _Run:
    """A question's run, watched from before its beginning."""

    house: House
    run_id: str
    events: Subscription
    telling: Telling = field(default_factory=Telling)

    async def end(self, stream: _Stream | None, alive_seconds: float) -> RunState:
        """Raises ApiError for what ends without an answer, or will not for long."""
        while True:
            event: Event | Gap | None = None
            with anyio.move_on_after(alive_seconds):
                event = await self.events.next()
            if event is None:
                if stream is not None:
                    await stream.write([ALIVE])
                continue
            if not isinstance(event, Gap) and getattr(event, "run_id", None) != self.run_id:
                continue
            if (ended := self._ended(event)) is not None:
                return ended
            piece = self.telling.tell(event)
            if piece and stream is not None:
                await stream.write(stream.rendering.piece(piece))

    def _ended(self, event: Event | Gap) -> RunState | None:
        if isinstance(event, TurnFinished) and event.outcome == "paused":
            raise ApiError(
                503, event.text or "the assistant is being stopped; ask again later", code="paused"
            )
        if not isinstance(event, TurnFinished | Gap):
            return None
        state = self.house.desk.run(self.run_id)
        if state is None or state.status == "in_flight":
            return None
        if (fault := fault_of(state)) is not None:
            raise fault
        return state


class RunResponse(Response):
    """Whoever goes away before the end has the run stopped: nobody else will read its answer."""

    alive_seconds = ALIVE_SECONDS

    def __init__(self, house: House, question: Question, rendering: Rendering, *, stream: bool) -> None:
        super().__init__()
        self._house = house
        self._question = question
        self._rendering = rendering
        self._streams = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = _Stream(send, self._rendering) if self._streams else None
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
            try:
                async with self._asked() as run:
                    state = await run.end(stream, self.alive_seconds)
                if stream is None:
                    answer = JSONResponse(self._rendering.whole(state), headers={"cache-control": "no-store"})
                    await answer(scope, receive, send)
                else:
                    await self._close(stream, run, state)
            except ApiError as fault:
                if stream is None or not stream.begun:
                    await fault.response()(scope, receive, send)
                else:
                    await stream.write(self._rendering.failing(fault))
                    await stream.end()
            group.cancel_scope.cancel()

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[_Run]:
        desk, run_id = self._house.desk, self._question.run_id
        kinds = (TextDelta, ReplyWithdrawn, ToolStarted, TurnFinished)
        with self._house.bus.subscribe(*kinds, depth=DEPTH, lossless=False) as events:
            try:
                await desk.ask(self._question)
                yield _Run(self._house, run_id, events)
            except UnknownKeyError as error:
                raise ApiError(404, str(error.args[0]), code="not_found") from None
            except (StorageFullError, StorageBusyError) as error:
                raise ApiError(503, str(error), code="storage") from None
            except OpenClawError as error:
                raise ApiError(500, str(error)) from None
            finally:
                desk.leave(run_id)  # nothing happens to one that has ended

    async def _close(self, stream: _Stream, run: _Run, state: RunState) -> None:
        if rest := run.telling.finish(state.text):
            await stream.write(self._rendering.piece(rest))
        await stream.write(self._rendering.closing(state))
        await stream.end()


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
