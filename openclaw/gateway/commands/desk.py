"""Where commands, directives and shortcuts are carried out, and by whom they may be given."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw.gateway.commands import info
from openclaw.gateway.commands.approve import answers_approval, approve
from openclaw.gateway.commands.owner import activation, config_answer, config_refused, restart_refused, send
from openclaw.gateway.commands.parts import CommandParts
from openclaw.gateway.commands.settings import Changes, Followed, Situation, changed, follow, model_list
from openclaw.gateway.commands.stop import Stopper, told
from openclaw.gateway.config import CommandsConfig
from openclaw.gateway.directives import Order, Parsed, is_stop, parse
from openclaw.gateway.send_policy import override_of
from openclaw.sessions.config import SendAction
from openclaw.sessions.freshness import reset_asked
from openclaw.sessions.transcript import TranscriptError
from openclaw.store.inbox import InboxRow
from openclaw.store.outbox import Draft
from openclaw.store.sessions import SessionRow
from openclaw.types.channel import Reacting
from openclaw.types.events import SessionChanged, TurnFinished
from openclaw.types.messages import Inbound, Role

logger = logging.getLogger(__name__)

LASTING = "model"
"""A model is chosen for the conversation, also inside a text; all else then holds for that message."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a message asked of the house, done."""

    names: tuple[str, ...]
    text: str = ""
    """For the sender."""
    changes: Changes = field(default_factory=dict)
    """Of the session, to be kept with the message's end."""
    settings: Changes = field(default_factory=dict)
    """For this message alone."""
    rest: str | None = None
    """What goes on to the model; None: nothing does."""
    waits: str = ""
    """A command that is carried out in the session's lane; `rest` are its words."""
    after: Callable[[], None] | None = None
    """To be called once the end is in the ledger."""


class Commands:
    def __init__(self, parts: CommandParts, stopper: Stopper) -> None:
        self._parts = parts
        self._stopper = stopper

    def read(self, message: Inbound) -> Parsed:
        """Pure. The owner's own words for `/new` are known here."""
        if message.brought is not None:
            # A program passes on whatever it is given to read: that commands nobody.
            return Parsed(rest=message.text)
        always = is_stop(message.words) or answers_approval(message.words)
        if not self._parts.config.text and not message.operator and not always:
            return Parsed(rest=message.text)
        parsed = parse(message.words)
        words = reset_asked(message.words, self._parts.reset_triggers)
        if words is None or (parsed.command is not None and parsed.command.known.in_lane):
            return parsed
        return parse(f"/new {words}")

    def may(self, message: Inbound, role: Role) -> bool:
        return may_command(message, role, self._parts.config)

    async def carry_out(self, parsed: Parsed, row: InboxRow) -> Carried | None:
        """`row`: with its session and its sender's role. None: its sender may not."""
        if (order := parsed.command) is None:
            return self._inline(parsed, row, await self._shortcuts(parsed, row))
        if order.known.owner and row.role != "owner":
            return None
        if order.known.in_lane:
            return Carried((order.known.name,), rest=order.arguments, waits=order.known.name)
        return await self._command(order, row)

    async def keep(self, carried: Carried, row: InboxRow) -> SessionRow | None:
        """The session's row, to be committed with the message's end or admission."""
        if not carried.changes:
            return None
        return await self._parts.sessions.change(row.session_key, row.agent, carried.changes)

    def drafts(self, row: InboxRow, text: str, first: int = 0) -> tuple[Draft, ...]:
        return self._parts.drafts(row, text, first)

    def send_override(self, row: InboxRow) -> SendAction | None:
        """What `/send` said in this conversation."""
        return override_of(self._parts.sessions.find(row.session_key) or {})

    def orders(self, message: Inbound) -> bool:
        """Whether it is written as a command: such a one needs no name to be meant. A bare `wait` may be anybody's."""
        return message.text.lstrip()[:1] in {"/", "!"} and not self.read(message).plain

    def entry(self, session_key: str) -> Mapping[str, Any]:
        return self._parts.sessions.find(session_key) or {}

    async def open_session(self, row: InboxRow) -> SessionRow | None:
        """For what is written down before the conversation's first turn; None: there is one."""
        if self._parts.sessions.find(row.session_key) is not None:
            return None
        return await self._parts.sessions.change(row.session_key, row.agent, {})

    async def write_notes(self, session_key: str) -> None:
        try:
            await self._parts.sessions.take_released(session_key)
        except (OSError, TranscriptError):
            logger.exception(
                "the transcript of %s cannot be written; the ledger keeps its lines", session_key
            )

    async def acknowledge(self, row: InboxRow, emoji: str) -> None:
        to = row.event.reply_to
        channel = self._parts.channels.get((row.channel, row.account))
        if to is None or not isinstance(channel, Reacting):
            return
        try:
            await channel.react(to, row.event.message_id, emoji)
        except Exception:
            logger.exception("%s could not mark a message as taken up", row.channel)

    def now(self) -> int:
        return self._parts.clock.now_ms()

    async def announce(self, carried: Carried, row: InboxRow) -> None:
        """Once it is in the ledger."""
        if carried.changes:
            await self._parts.bus.publish(SessionChanged(row.session_key, "settings"))
        if carried.rest is None:
            reason = "command:" + "+".join(carried.names)
            ended = TurnFinished(row.run_id, row.session_key, "answered", carried.text, reason)
            self._parts.runs.finished(ended)
            await self._parts.bus.publish(ended)
        if carried.after is not None:
            carried.after()

    async def _command(self, order: Order, row: InboxRow) -> Carried:
        parts, names = self._parts, (order.known.name,)
        match order.known.name:
            case "stop":
                return Carried(names, told(len(await self._stopper.stop(row.session_key))))
            case "restart":
                refused = restart_refused(parts)
                return Carried(names, refused or "Restarting.", after=None if refused else parts.restart)
            case "send":
                entry = parts.sessions.find(row.session_key) or {}
                done = send(order.arguments, entry)
                return Carried(names, done.text, done.changes)
            case "approve":
                return Carried(names, await approve(order.arguments, row, parts.approvals))
            case "activation":
                entry = parts.sessions.find(row.session_key) or {}
                done = activation(order.arguments, entry, row.event.chat_type)
                return Carried(names, done.text, done.changes)
            case "config":
                if (refused := config_refused(parts, row.event.chat_type)) or parts.config_desk is None:
                    return Carried(names, refused)
                return Carried(names, await config_answer(order.arguments, parts.config_desk))
            case "usage" if order.arguments.lower() in {"off", "tokens", "full"}:
                said = order.arguments.lower()
                changes = {"responseUsage": None if said == "off" else said}
                return Carried(names, f"Usage below each answer: {said}.", changes)
            case _:
                return Carried(names, await self._told(order, row))

    async def _told(self, order: Order, row: InboxRow) -> str:
        match order.known.name:
            case "help":
                return info.help_text(row.role)
            case "commands":
                return info.commands_text(row.role)
            case "whoami":
                return info.whoami_text(row)
            case "status":
                return await info.status_text(row, self._parts)
            case "usage":
                return await info.cost_text(row, self._parts)
            case "models":
                return model_list(self._parts.situation(row))
            case "context":
                return info.context_text(await self._parts.weigh(row.agent), order.arguments)
            case name:
                raise AssertionError(f"/{name} stands in the book and nobody carries it out")

    async def _shortcuts(self, parsed: Parsed, row: InboxRow) -> list[str]:
        return [await self._told(order, row) for order in dict.fromkeys(parsed.shortcuts)]

    def _inline(self, parsed: Parsed, row: InboxRow, answers: list[str]) -> Carried:
        situation = self._parts.situation(row)
        changes: dict[str, object] = {}
        settings: dict[str, object] = {}
        alone = not parsed.rest
        for order in parsed.directives:
            done = self._follow(order, row, situation)
            lasts = alone or order.known.name == LASTING
            (changes if lasts else settings).update(done.changes)
            if lasts or not done.changes:
                answers.append(done.text)
            situation = Situation(
                changed(situation.entry, done.changes), situation.models, situation.model, situation.default,
                situation.queue, situation.pin,
            )  # fmt: skip
        names = tuple(order.known.name for order in (*parsed.directives, *parsed.shortcuts))
        return Carried(names, "\n\n".join(answers), changes, settings, None if alone else parsed.rest)

    def _follow(self, order: Order, row: InboxRow, situation: Situation) -> Followed:
        if order.known.owner and row.role != "owner":
            return Followed(f"Only my owner may change /{order.known.name}.")
        return follow(order, situation)


def may_command(message: Inbound, role: Role, config: CommandsConfig) -> bool:
    """Pure. Whoever proved to be the owner on the machine itself always may."""
    if message.operator:
        return True
    if config.allow_from:
        listed = (*config.allow_from.get(message.channel, ()), *config.allow_from.get("*", ()))
        named = {message.sender.id, f"{message.channel}:{message.sender.id}"}
        return bool(message.sender.id) and ("*" in listed or not named.isdisjoint(listed))
    return role != "stranger" or not config.use_access_groups
