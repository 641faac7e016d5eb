"""The assistant's look at what its owner wants to be looked after. Nothing is spent while there is nothing."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Protocol

import anyio.to_thread

from openclaw.agent.config import AgentsConfig, HeartbeatConfig
from openclaw.agent.profile import agent_id
from openclaw.agent.taint import ordered
from openclaw.gateway import quiet
from openclaw.gateway.jobs.errand import LIGHT, last_address, owner_address, owner_on
from openclaw.gateway.jobs.moments import duration_ms, named_zone
from openclaw.gateway.jobs.runs import JobParts, JobRuns
from openclaw.sessions.keys import expand, main_key
from openclaw.store.inbox import InboxRow
from openclaw.store.jobs import Begun, SystemEventRow
from openclaw.types.conversation import Provenance
from openclaw.types.messages import Address, Inbound, Sender

logger = logging.getLogger(__name__)

FILE = "HEARTBEAT.md"
FILE_CHARACTERS = 20_000
PROMPT = (
    "This is a heartbeat: nobody has just written. Look after what stands below, and only after that; do not take up "
    "old tasks again. What you answer is told to your owner, so say only what is worth a message. When there is "
    f"nothing to tell, answer {quiet.NOTHING_DUE} and nothing else."
)
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
_NOTHING = re.compile(r"#{1,6}(\s.*)?|[-*+]|[-*+] \[[ xX]?\]|(\*{3,}|-{3,}|_{3,})")


@dataclass(frozen=True, slots=True)
class Pulse:
    """One agent's rule."""

    agent: str
    every_ms: int
    config: HeartbeatConfig
    zone: tzinfo

    def next_after(self, now: int) -> int:
        """The same times over every restart."""
        return (now // self.every_ms + 1) * self.every_ms

    def is_awake(self, now: int) -> bool:
        hours = self.config.active_hours
        start, end = _minutes(hours.start), _minutes(hours.end)
        moment = datetime.fromtimestamp(now / 1000, self.zone)
        minute = moment.hour * 60 + moment.minute
        return start <= minute < end if start <= end else minute >= start or minute < end


def pulses(config: AgentsConfig, agents: Sequence[str], zone: tzinfo) -> dict[str, Pulse]:
    """`agents`: the default one first. Without an agent that asks for one, it is the default agent's."""
    own = {agent_id(each.id): each.heartbeat for each in config.list if each.heartbeat is not None}
    found: dict[str, Pulse] = {}
    for agent in [name for name in agents if name in own] or list(agents[:1]):
        merged = _merged(config.defaults.heartbeat, own.get(agent))
        every = _interval_ms(merged.every)
        if every:
            found[agent] = Pulse(agent, every, merged, _zone(merged.active_hours.timezone, zone))
    return found


def _merged(defaults: HeartbeatConfig, own: HeartbeatConfig | None) -> HeartbeatConfig:
    if own is None:
        return defaults
    said = {name: getattr(own, name) for name in own.model_fields_set}
    return defaults.model_copy(update=said)


def _interval_ms(text: str) -> int:
    length = duration_ms(text if text[-1].isalpha() else f"{text}m")
    return max(length, 1_000) if length else 0


def _zone(name: str, zone: tzinfo) -> tzinfo:
    if name.strip().lower() in {"user", "local"}:
        return zone
    try:
        return named_zone(name, zone)
    except ValueError as error:
        logger.warning("agents.defaults.heartbeat.activeHours.timezone: %s; the owner's is used", error)
        return zone


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def is_blank(text: str) -> bool:
    """Whether nothing stands there but headings, comments, rules and empty items."""
    lines = (line.strip() for line in _COMMENT.sub("", text).splitlines())
    return all(not line or _NOTHING.fullmatch(line) for line in lines)


def words(pulse: Pulse, file: str, events: Sequence[SystemEventRow]) -> str:
    parts = [pulse.config.prompt or PROMPT]
    if not is_blank(file):
        parts.append(f"# {FILE}\n{file.strip()[:FILE_CHARACTERS]}")
    if events:
        parts.append("# What has come up\n" + "\n".join(f"- {event.text}" for event in events))
    return "\n\n".join(parts)


class Waiting(Protocol):
    async def waiting(self, session_key: str, limit: int = 32) -> list[InboxRow]: ...


@dataclass(slots=True)
class Heartbeats:
    pulses: Mapping[str, Pulse]
    parts: JobParts
    runs: JobRuns
    lane: Waiting
    _next: dict[str, int] = field(default_factory=dict)

    def adopt(self, pulses: Mapping[str, Pulse]) -> None:
        self.pulses = pulses
        self._next = {agent: due for agent, due in self._next.items() if agent in pulses}

    async def next_beat(self, now: int, carry_out: Callable[[Begun], None]) -> int | None:
        """Begin what is due; returns when the next one is. One that was missed is missed."""
        for agent, pulse in self.pulses.items():
            due = self._next.get(agent)
            # A clock that was put back must not silence it for as long.
            self._next[agent] = pulse.next_after(now)
            if due is None or due > now:
                continue
            begun = await self.claim(pulse, due)
            if isinstance(begun, Begun):
                carry_out(begun)
            else:
                logger.debug("no heartbeat of %s: %s", agent, begun)
        return min(self._next.values(), default=None)

    async def claim(self, pulse: Pulse, due: int) -> Begun | str:
        """In words why there is none."""
        now, ledger = self.parts.clock.now_ms(), self.parts.ledger
        if not pulse.is_awake(now):
            return "outside activeHours"
        events = await ledger.waiting_events(pulse.agent)
        text = await anyio.to_thread.run_sync(_read, self.parts.agents[pulse.agent] / FILE)
        if is_blank(text) and not events:
            return f"nothing stands in {FILE}"
        key = self._session(pulse)
        if await self.lane.waiting(main_key(pulse.agent), 1) or await self.lane.waiting(key, 1):
            return "the conversation is busy"
        event = self._event(pulse, words(pulse, text, events), events, due)
        begun = Begun(event.run_id, f"{quiet.HEARTBEAT}:{pulse.agent}", due, key, event)
        claimed = await self.runs.claim_beat(begun, [each.seq for each in events])
        return begun if claimed else "it has been"

    def _session(self, pulse: Pulse) -> str:
        base = expand(pulse.config.session, pulse.agent)
        return f"{base}:{quiet.HEARTBEAT}" if pulse.config.isolated_session else base

    def _event(self, pulse: Pulse, text: str, events: Sequence[SystemEventRow], due: int) -> Inbound:
        config = pulse.config
        settings: dict[str, object] = {"queueMode": "followup", "ackMaxChars": config.ack_max_chars}
        if config.model:
            settings |= {"modelOverride": config.model, "providerOverride": None}
        if config.light_context:
            settings["contextMode"] = LIGHT
        whose: list[Provenance] = ["owner", *(event.provenance for event in events)]
        return Inbound(
            quiet.HEARTBEAT,
            Sender(pulse.agent),
            text,
            self.parts.clock.now_ms(),
            reply_to=self._address(pulse),
            session_key=self._session(pulse),
            agent=pulse.agent,
            run_id=f"{quiet.HEARTBEAT}:{pulse.agent}:{due}",
            settings=settings,
            role="owner",
            provenance=ordered(whose)[-1],
        )

    def _address(self, pulse: Pulse) -> Address | None:
        config, find, owners = pulse.config, self.parts.sessions.find, self.parts.owners
        match config.target:
            case "none":
                return None
            case "owner":
                return owner_address(pulse.agent, find, owners)
            case "last":
                return last_address(find(main_key(pulse.agent)))
            case channel if config.to:
                return Address(channel, config.to, config.account_id or "default")
            case channel:
                return owner_on(channel, owners)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""
