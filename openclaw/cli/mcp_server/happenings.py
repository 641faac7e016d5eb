"""What has happened in the house lately, for clients that ask from time to time."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio

KEPT = 1_000
RUNS_KEPT = 200
TEXT_CHARACTERS = 20_000
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    number: int
    session_key: str
    facts: Payload


@dataclass(frozen=True, slots=True)
class Ended:
    """A run, as its last event told it."""

    text: str = ""
    error: str = ""


class Happenings:
    """Bounded: who asks too seldom is told how many were missed."""

    def __init__(self) -> None:
        self._kept: deque[Happening] = deque(maxlen=KEPT)
        self._ends: OrderedDict[str, Ended] = OrderedDict()
        self._number = 0
        self._more = anyio.Event()

    def see(self, name: str, payload: Payload) -> None:
        """An event of the gateway."""
        if (facts := _told(name, payload)) is None:
            return
        if facts["type"] in {"reply", "failed"}:
            self._ends[str(payload.get("runId"))] = Ended(facts.get("text", ""), facts.get("error", ""))
            if len(self._ends) > RUNS_KEPT:
                self._ends.popitem(last=False)
        self._number += 1
        key = str(payload.get("sessionKey") or "")
        self._kept.append(Happening(self._number, key, {"cursor": self._number, **facts, **_place(payload)}))
        self._more.set()
        self._more = anyio.Event()

    def end_of(self, run_id: str) -> Ended | None:
        return self._ends.get(run_id)

    def after(self, cursor: int, session_key: str | None, limit: int) -> Payload:
        """`nextCursor` is what to ask with next time."""
        if cursor > self._number:
            # This process was started anew, and counts from one again.
            return {**self.after(0, session_key, limit), "restarted": True}
        found = [
            happening
            for happening in self._kept
            if happening.number > cursor and session_key in {None, happening.session_key}
        ]
        shown = found[:limit]
        oldest = self._kept[0].number if self._kept else self._number + 1
        answer: dict[str, object] = {
            "events": [happening.facts for happening in shown],
            "nextCursor": shown[-1].number if len(found) > limit else max(cursor, self._number),
        }
        if cursor and oldest > cursor + 1:
            answer["missed"] = oldest - cursor - 1
        return answer

    async def wait_after(self, cursor: int, session_key: str | None, limit: int, seconds: float) -> Payload:
        """As `after`; where there is nothing yet, the first that comes within this time."""
        found = self.after(cursor, session_key, limit)
        with anyio.move_on_after(seconds):
            while not found["events"]:
                await self._more.wait()
                found = self.after(cursor, session_key, limit)
        return found


def _place(payload: Payload) -> Payload:
    return {key: payload[key] for key in ("sessionKey", "agentId", "runId") if payload.get(key)}


def _told(name: str, payload: Payload) -> dict[str, Any] | None:
    """None for what only paints a picture of the moment: deltas, ticks, health."""
    match name, payload.get("stream") or payload.get("state"):
        case "chat", "final":
            return {"type": "reply", "text": _text(payload.get("message"))}
        case "chat", "error":
            return {"type": "failed", "error": str(payload.get("errorMessage") or "the run failed")}
        case "agent", "lifecycle":
            phase = payload["data"].get("phase")
            return (
                {"type": "started" if phase == "start" else "paused"}
                if phase in {"start", "paused"}
                else None
            )
        case "agent", "tool":
            data = payload["data"]
            return {"type": "tool", "name": data.get("name"), "phase": data.get("phase")}
        case "sessions.changed", _:
            return {"type": "conversation", "reason": payload.get("reason")}
        case "exec.approval.requested" | "exec.approval.resolved", _:
            return {"type": name.removeprefix("exec."), "approval": payload}
        case _:
            return None


def _text(message: object) -> str:
    blocks = message.get("content", []) if isinstance(message, Mapping) else []
    return "".join(block.get("text", "") for block in blocks)[:TEXT_CHARACTERS]
