"""Asking the assistant over the WebSocket, and waiting for the end of a run."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import anyio

from openclaw.bus import Gap
from openclaw.types.events import TurnFinished
from openclaw.web.desk import House, Json, RunState
from openclaw.web.rpc.attachments import keep_attachments
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import AgentAsk, ChatAbort, ChatSend
from openclaw.web.rpc.questions import agent_question, chat_question


@dataclass(frozen=True, slots=True)
class Accepted:
    """Two answers to one request: this one at once, and that of `finish` when the run has ended."""

    payload: Json
    finish: Callable[[], Awaitable[Json]]


async def chat_send(house: House, params: ChatSend, caller: Caller) -> Json:
    _refuse_unusable(params.message, params.attachments)
    known = house.desk.run(params.idempotency_key)
    question = chat_question(params, caller)
    if not params.attachments and (stopped := await house.desk.stop(question)) is not None:
        return _stopped(stopped)
    if params.attachments and known is None:
        question = replace(question, files=await keep_attachments(house, params.attachments, question.run_id))
    state = await house.desk.ask(question)
    if state.status == "in_flight":
        return {"runId": state.run_id, "status": "in_flight" if known else "started"}
    return outcome(state.run_id, state)


async def chat_abort(house: House, params: ChatAbort, _: Caller) -> Json:
    return _stopped(await house.desk.abort(params.session_key, params.run_id))


def _stopped(run_ids: Sequence[str]) -> Json:
    return {"ok": True, "aborted": bool(run_ids), "runIds": run_ids}


async def ask_agent(house: House, params: AgentAsk, caller: Caller) -> Json | Accepted:
    _refuse_unusable(params.message, params.attachments)
    question = await agent_question(house, params, caller)
    if params.attachments and house.desk.run(question.run_id) is None:
        question = replace(question, files=await keep_attachments(house, params.attachments, question.run_id))
    state = await house.desk.ask(question)
    if state.status != "in_flight":
        return _final(state)

    async def finish() -> Json:
        # 0 is how the original's clients say "wait as long as it takes".
        return _final(await end_of(house, state.run_id, params.timeout or None), run_id=state.run_id)

    accepted: dict[str, object] = {
        "runId": state.run_id,
        "sessionKey": state.session_key,
        "status": "accepted",
        "acceptedAt": time.time_ns() // 1_000_000,
    }
    return Accepted(accepted, finish)


async def end_of(house: House, run_id: str, seconds: float | None) -> RunState | None:
    """The run when it has ended; None when it has not within this time."""
    with anyio.move_on_after(seconds):
        # Subscribed before the first look, so that an end between the two is not missed.
        with house.bus.subscribe(TurnFinished, depth=64, lossless=False) as ends:
            state = await _look_up(house, run_id)
            while state is None or state.status == "in_flight":
                event = await ends.next()
                if isinstance(event, Gap) or (isinstance(event, TurnFinished) and event.run_id == run_id):
                    state = await _look_up(house, run_id)
            return state
    return None


async def _look_up(house: House, run_id: str) -> RunState | None:
    # What nobody here asked for, or ended before the house was started, stands in the ledger only.
    return house.desk.run(run_id) or await house.desk.old_run(run_id)


def outcome(run_id: str, state: RunState | None) -> Json:
    if state is None or state.status == "in_flight":
        return {"runId": run_id, "status": "timeout"}
    ended: dict[str, object] = {"runId": run_id, "status": state.status}
    if state.ended_at:
        ended |= {"startedAt": state.started_at, "endedAt": state.ended_at}
    return ended | ({"error": state.error} if state.error else {})


def _final(state: RunState | None, run_id: str = "") -> Json:
    if state is None:
        raise RpcError(
            "AGENT_TIMEOUT",
            "the run goes on, but the time to wait for it is over; ask agent.wait for its end",
            payload={"runId": run_id, "status": "timeout", "summary": "timeout"},
        )
    if state.status == "error":
        failed = {"runId": state.run_id, "status": "error", "summary": state.error or "failed"}
        raise RpcError("UNAVAILABLE", state.error or state.text or "the run failed", payload=failed)
    duration = max(0, state.ended_at - state.started_at)
    return {
        "runId": state.run_id,
        "status": "ok",
        "summary": "completed",
        "result": {
            "payloads": [{"text": state.text, "mediaUrl": None}] if state.text else [],
            "meta": {"durationMs": duration, "agentMeta": {"sessionKey": state.session_key}},
        },
    }


def _refuse_unusable(message: str, attachments: list[dict[str, object]] | None) -> None:
    if not message.strip() and not attachments:
        raise RpcError("INVALID_REQUEST", "message or attachment required")
