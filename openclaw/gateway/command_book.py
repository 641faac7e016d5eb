"""Every command there is: its names, what it takes, and who may give it. Pure."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["command", "directive", "shortcut"]
"""A directive also stands inside a text and then counts for that message; a shortcut is answered there as well."""


@dataclass(frozen=True, slots=True)
class Known:
    name: str
    usage: str
    summary: str
    kind: Kind = "command"
    aliases: tuple[str, ...] = ()
    owner: bool = False
    in_lane: bool = False
    """It changes the conversation itself, so it waits for its turn there."""


BOOK: tuple[Known, ...] = (
    Known("help", "", "what you can ask for", "shortcut"),
    Known("commands", "", "every command", "shortcut"),
    Known("status", "", "model, context, cost, queue", "shortcut"),
    Known("whoami", "", "who you are to me", "shortcut", ("id",)),
    Known("stop", "", "stop what I am doing, and forget what waits"),
    Known("new", "[model] [message]", "begin a new conversation", in_lane=True),
    Known("reset", "[message]", "the same", in_lane=True),
    Known("compact", "[instructions]", "sum up the older part of the conversation", in_lane=True),
    Known("undo", "[show|force]", "take back the last file changes", owner=True, in_lane=True),
    Known("context", "[list|detail|json]", "what fills my prompt"),
    Known("usage", "[off|tokens|full|cost]", "what it costs; tokens or full: below each answer"),
    Known("models", "", "the models to choose from"),
    Known("model", "[name|number|list|status|default]", "which model answers here", "directive"),
    Known("think", "off|minimal|low|medium|high|xhigh|default", "how much the model thinks", "directive",
          ("thinking", "t")),
    Known("verbose", "on|full|off", "name the tools below each answer", "directive", ("v",)),
    Known("reasoning", "on|off|stream", "show the model's reasoning", "directive", ("reason",)),
    Known("queue", "steer|followup|collect|steer-backlog|interrupt [debounce:2s cap:25 drop:summarize] | default",
          "what a message does while I am busy", "directive"),
    Known("elevated", "off", "nothing that is said here lets a program leave the sandbox", "directive",
          ("elev",), owner=True),
    Known("exec", "host=sandbox security=deny ask=always, or =default", "run programs more narrowly than the file says",
          "directive", owner=True),
    Known("send", "on|off|inherit", "whether messages of this conversation are answered", owner=True),
    Known("activation", "mention|always", "in a group: whether I answer only when I am named", owner=True),
    Known("config", "show|get|set|unset [key] [value]", "read and change my configuration", owner=True),
    Known("approve", "[id] [allow|deny]", "answer what I ask you; alone: what waits for your answer", owner=True),
    Known("restart", "", "restart the assistant", owner=True),
)  # fmt: skip

_BY_NAME = {name: known for known in BOOK for name in (known.name, *known.aliases)}


NAMES = frozenset(_BY_NAME)


def menu() -> tuple[tuple[str, str], ...]:
    """For channels that show their users which commands there are."""
    return tuple((known.name, known.summary) for known in BOOK)


def find(name: str) -> Known | None:
    return _BY_NAME.get(name.lower())
