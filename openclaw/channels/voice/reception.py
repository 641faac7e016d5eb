"""Twilio's requests about calls, answered within five seconds whatever happens."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import anyio

from openclaw.channels.twilio.bases import Bases
from openclaw.channels.twilio.signature import Credentials, form, refusal
from openclaw.channels.voice import parse, talk
from openclaw.channels.voice.config import VoiceConfig
from openclaw.channels.voice.logbook import Logbook
from openclaw.channels.voice.parse import Report, read_report
from openclaw.channels.voice.speaking import twiml
from openclaw.channels.voice.speaking.script import Stage, Voice, farewell, response, script
from openclaw.channels.voice.steps import Step, query_of, read_step, step_key
from openclaw.channels.voice.switchboard import Line, Switchboard
from openclaw.channels.voice.talk import Call, Move, Plan
from openclaw.types.channel import Deliver, Noted, WebhookRequest, WebhookResponse
from openclaw.types.clock import Clock
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.types.phone import PhoneLedger

logger = logging.getLogger(__name__)
WAIT_SECONDS = 4.0
"""How long one request waits for the assistant's words."""
ANSWER_SECONDS = 4.7
"""Twilio gives up after fifteen; a caller hears nothing meanwhile."""
_PAUSE_SECONDS = 1

Errand = Callable[[], Coroutine[Any, Any, None]]


class Errands(Protocol):
    """Work that a request begins and does not wait for."""

    async def begin(self, errand: Errand) -> None: ...

    async def record(self, sid: str, base: str) -> None:
        """Have a call recorded. Its failures are told in the log."""


@dataclass(frozen=True, slots=True)
class ReceptionParts:
    config: VoiceConfig
    bases: Bases
    board: Switchboard
    logbook: Logbook
    phone: PhoneLedger
    clock: Clock
    errands: Errands
    credentials: Callable[[], Credentials]
    """Only asked once there are any: before, no request is authentic."""


class Reception:
    def __init__(self, parts: ReceptionParts) -> None:
        config = parts.config
        self._parts = parts
        self._plan = Plan(config.inbound_greeting, config.max_duration_seconds, config.record)
        self._voice = Voice(config.language, config.voice)

    async def talk(self, request: WebhookRequest, deliver: Deliver) -> WebhookResponse:
        """The call itself: its beginning, and each turn of it. Contract: never raises."""
        try:
            with anyio.move_on_after(ANSWER_SECONDS):
                return response(await self._talk(request, deliver))
            # A repeat that waits for the first one's answer, or a ledger that does not get on.
            again = f"{self._base(request)}{request.path}"
            again += f"?{request.query_string}" if request.query_string else ""
            return response(twiml.document([twiml.pause(_PAUSE_SECONDS), twiml.redirect(again)]))
        except Exception:
            logger.exception("a call could not be answered")
            return response(farewell(talk.FAILED))

    # -- the call -------------------------------------------------------------------------------------

    async def _talk(self, request: WebhookRequest, deliver: Deliver) -> bytes:
        report = read_report(dict(form(request)))
        if report is None:
            return twiml.document([twiml.hang_up()])
        board, sid = self._parts.board, report.sid
        step = read_step(request.query, sid, self._key())
        if report.status in parse.ENDED and not report.dial_status:
            return await self._end(report, step, request.body, deliver)
        if step is None and "step" in request.query:
            logger.warning("a request for the call %s names a step that is not its own", sid)
            return twiml.document([twiml.hang_up()])
        line = board.find(sid)
        if step is None:
            return await self._begin(request, report, line, deliver)
        if line is None:
            # We were restarted in the middle of it; the address that we gave out knows the rest.
            line = board.open(_call(report, step.began_at, step.turn))
            line.ask()
            line.owed = step.name == "wait"
        line.seen_at = self._parts.clock.monotonic()
        if step.name == "forwarded" and report.dial_sid:
            await self._parts.errands.begin(partial(self._parts.logbook.forwarded, report))
        async with line.lock:
            if step.turn < line.call.turn:
                return line.answer_to(step.turn) or twiml.document([twiml.hang_up()])
            if step.name == "heard" and report.words:
                await self._take_in(report, step, line, request.body, deliver)
            elif step.name == "wait" and line.call.asked_at is not None:
                await line.wait_for_news(WAIT_SECONDS)
            return self._settle(request, line, step.turn, self._move(report, step, line))

    async def _end(self, report: Report, step: Step | None, raw: bytes, deliver: Deliver) -> bytes:
        """What somebody says while hanging up is heard all the same."""
        line = self._parts.board.find(report.sid)
        if step is not None and step.name == "heard" and report.words:
            line = line or Line(_call(report, step.began_at, step.turn), self._parts.clock)
            if step.turn >= line.call.turn:
                line.call = replace(line.call, turn=step.turn + 1)
                await self._parts.errands.begin(partial(self._hand_in, report, step, line, raw, deliver))
        self._parts.board.end(report.sid)
        return twiml.NOTHING

    async def _begin(
        self, request: WebhookRequest, report: Report, line: Line | None, deliver: Deliver
    ) -> bytes:
        parts = self._parts
        if line is None:
            if not report.outbound and not parts.config.takes(report.peer):
                await parts.errands.begin(partial(parts.logbook.refused, report, request.body, deliver))
                return twiml.document([twiml.reject()])
            line = parts.board.open(_call(report, parts.clock.now_ms() // 1000, 0))
            await parts.errands.begin(partial(self._note_begun, report, request, deliver))
        if (said := line.answer_to(0)) is None:
            said = self._settle(request, line, 0, talk.begun(line.call, self._plan))
        return said

    async def _take_in(self, report: Report, step: Step, line: Line, raw: bytes, deliver: Deliver) -> None:
        """The caller's words into the house, and a while for its answer."""
        line.ask()
        line.call = talk.heard(line.call, self._parts.clock.monotonic())
        await self._parts.errands.begin(partial(self._hand_in, report, step, line, raw, deliver))
        await line.wait_for_news(WAIT_SECONDS)

    async def _hand_in(self, report: Report, step: Step, line: Line, raw: bytes, deliver: Deliver) -> None:
        try:
            # Stopping must not lose what the caller has said already.
            with anyio.CancelScope(shield=True):
                # Who calls knows why; whom we have called answers what he was told.
                told = "" if line.introduced else await self._parts.phone.said_in(report.sid)
                now = self._parts.clock.now_ms()
                await deliver([parse.utterance(report, step.turn, raw, now, answers=told)])
                line.introduced = True
        except (StorageFullError, StorageBusyError) as error:
            logger.error("words of the call %s could not be recorded: %s", report.sid, error)
            line.fail(talk.NO_ROOM)
        except Exception:
            logger.exception("words of the call %s could not be taken in", report.sid)
            line.fail(talk.FAILED)

    def _move(self, report: Report, step: Step, line: Line) -> Move:
        call, now = line.call, self._parts.clock.monotonic()
        match step.name:
            case "heard" if report.words:
                return talk.answered(call, line.take(), now)
            case "heard":
                return talk.silent(call, line.take())
            case "wait" if call.asked_at is None:
                return talk.resumed(call, now)
            case "wait":
                return talk.answered(call, line.take(), now)
            case "forwarded":
                return talk.forwarded(call, report.dial_status)

    def _settle(self, request: WebhookRequest, line: Line, turn: int, move: Move) -> bytes:
        """Nothing is awaited here: what is said is also kept, for a request that comes again."""
        move = talk.limited(move, self._plan, self._parts.clock.now_ms() // 1000)
        line.call = replace(move.call, turn=turn + 1)
        place = f"{self._base(request)}{request.path}"

        def url(step: Step) -> str:
            return f"{place}?{query_of(step, line.call.sid, self._key())}"

        stage = Stage(self._voice, self._parts.config.forward_to, url)
        answer = script(replace(move, call=line.call), stage)
        line.keep_answer(turn, answer)
        if move.then == "hang_up":
            line.end()
        return answer

    def _base(self, request: WebhookRequest) -> str:
        """The public base that this request came by: another one may be out of reach just now."""
        bases, known = self._parts.bases, (self._parts.credentials(),)
        came_by = (base for base in bases.prefixes if refusal(request, known, Bases((base,))) is None)
        return next(came_by, bases.prefixes[0]) if len(bases.prefixes) > 1 else bases.prefixes[0]

    def _key(self) -> bytes:
        return step_key(self._parts.credentials().auth_token.reveal())

    async def _note_begun(self, report: Report, request: WebhookRequest, deliver: Deliver) -> None:
        await self._parts.logbook.begun(report, request.body, deliver)
        if self._parts.config.record and not report.outbound:
            await self._parts.errands.record(report.sid, self._base(request))


def noted_talk(request: WebhookRequest) -> Noted:
    """The call and its turn, for the audit."""
    report = read_report(dict(form(request)))
    return Noted(reason="no-call") if report is None else Noted(parse.noted_turn(report.sid, request.query))


def _call(report: Report, began_at: int, turn: int) -> Call:
    return Call(report.sid, report.peer, report.ours, report.outbound, began_at, turn)


APOLOGY = response(farewell(talk.NO_ROOM))
"""Twilio asks once: a caller must not hear an error instead."""
