"""Commands that only tell."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from openclaw import __version__
from openclaw.gateway.command_book import BOOK, Known
from openclaw.gateway.commands.parts import CommandParts, Weights
from openclaw.gateway.commands.settings import model_line, queue_line
from openclaw.gateway.costs import costs
from openclaw.store.inbox import InboxRow
from openclaw.types.calendar import day_of
from openclaw.types.messages import Role
from openclaw.types.money import usd

CHARS_PER_TOKEN = 4
LARGEST = 20


def help_text(role: Role) -> str:
    """Pure."""
    names = " ".join(f"/{known.name}" for known in BOOK if role == "owner" or not known.owner)
    return (
        "Write to me as you would to a person. These words do something by themselves:\n"
        f"{names}\n\n"
        "/commands explains each. /stop, or just “stop”, ends what I am doing."
    )


def commands_text(role: Role) -> str:
    """Pure."""
    return "\n".join(_line(known) for known in BOOK if role == "owner" or not known.owner)


def _line(known: Known) -> str:
    names = ", ".join(f"/{name}" for name in (known.name, *known.aliases))
    usage = f" {known.usage}" if known.usage else ""
    return f"{names}{usage} – {known.summary}"


def whoami_text(row: InboxRow) -> str:
    """Pure."""
    sender = row.event.sender
    name = f" ({sender.name})" if sender.name else ""
    return f"You are {row.channel}:{sender.id}{name}, my {row.role}. This conversation: {row.session_key}"


async def status_text(row: InboxRow, parts: CommandParts) -> str:
    now = parts.situation(row)
    entry = now.entry
    waiting = sum(other.seq < row.seq for other in await parts.ledger.waiting(row.session_key))
    lines = [
        f"OpenClaw {__version__}, up {duration(parts.clock.now_ms() - parts.started_at)}",
        model_line(now),
        _levels(entry),
        _context(entry),
        *await _costs(row, entry, parts),
        f"{queue_line(now.queue)} {waiting} waiting or under way.",
        f"Conversation: {row.session_key}",
    ]
    return "\n".join(lines)


async def _costs(row: InboxRow, entry: Mapping[str, Any], parts: CommandParts) -> list[str]:
    """What others cost is the owner's business alone."""
    here = f"Cost: {usd(entry.get('cost', 0.0))} for this conversation"
    if row.role != "owner":
        return [f"{here}."]
    today, _ = day_of(parts.clock.now_ms(), parts.zone)
    spent = await parts.ledger.cost_since(today)
    return [f"{here}, {usd(spent)} today.", *_budgets(parts.budgets.state())]


def _levels(entry: Mapping[str, Any]) -> str:
    levels = {
        "Thinking": "thinkingLevel",
        "Verbose": "verboseLevel",
        "Reasoning": "reasoningLevel",
    }
    told = [f"{title}: {entry.get(name, 'default')}" for title, name in levels.items()]
    return ", ".join([*told, "Elevated: off"])


def _context(entry: Mapping[str, Any]) -> str:
    used, window = int(entry.get("totalTokens") or 0), int(entry.get("contextTokens") or 0)
    share = f" of {window:,} tokens ({100 * used // window} %)" if window else " tokens"
    return f"Context: {used:,}{share}. Compactions: {entry.get('compactionCount', 0)}"


def _budgets(caps: Sequence[Mapping[str, object]]) -> list[str]:
    told = []
    for cap in caps:
        spent = f"{usd(float(str(cap['spent'])))} of " if "spent" in cap else ""
        told.append(f"{cap['cap']} {spent}{usd(float(str(cap['limit'])))}")
    return [f"Budgets: {', '.join(told)}"] if told else []


def duration(ms: int) -> str:
    """Pure: `2 d 3 h`, `5 h 12 min`, `40 s`."""
    seconds = ms // 1000
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


async def cost_text(row: InboxRow, parts: CommandParts) -> str:
    entry, now = parts.sessions.find(row.session_key) or {}, parts.clock.now_ms()
    lines = [
        f"This conversation: {usd(entry.get('cost', 0.0))}, {entry.get('inputTokens', 0):,} tokens in, "
        f"{entry.get('outputTokens', 0):,} out, {entry.get('cacheRead', 0):,} from the cache.",
    ]
    if row.role == "owner":
        today, _ = day_of(now, parts.zone)
        lines.append(f"Today: {usd(await parts.ledger.cost_since(today))}.")
        by_model = await costs(parts.ledger, "model", 30, now, parts.zone)
        lines += [f"30 days, {each['key']}: {usd(float(str(each['cost'])))}" for each in by_model]
    return "\n".join(lines)


def context_text(weights: Weights, words: str) -> str:
    """Pure. Characters are counted; tokens are about a quarter of them."""
    sums = {kind: sum(names.values()) for kind, names in weights.items()}
    match words.strip().lower():
        case "json":
            return orjson.dumps({"characters": weights, "sums": sums}, option=orjson.OPT_INDENT_2).decode()
        case "detail":
            every = [
                (size, f"{kind} {name}") for kind, names in weights.items() for name, size in names.items()
            ]
            lines = [f"{name}: {_size(size)}" for size, name in sorted(every, reverse=True)[:LARGEST]]
        case _:
            lines = [f"{kind}: {_size(size)}, {len(weights[kind])} parts" for kind, size in sums.items()]
    return "\n".join(
        ["What stands before each conversation:", *lines, f"Together: {_size(sum(sums.values()))}"]
    )


def _size(characters: int) -> str:
    return f"{characters:,} characters, about {characters // CHARS_PER_TOKEN:,} tokens"
