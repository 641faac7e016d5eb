"""What a directive changes in a session, and what its sender is told. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from openclaw.gateway.command_book import Known
from openclaw.gateway.directives import Order
from openclaw.gateway.queueing import QueueRules, mode_named
from openclaw.llm.selection import Found, Menu, choosable, find_model
from openclaw.llm.thinking import LEVELS

Changes = Mapping[str, object]
"""Fields of the session's entry; None takes a field away."""


class Shelf(Protocol):
    """The models there are; `llm.models.Models` is one."""

    menu: Menu

    def default_name(self, ref: str | None = None) -> str: ...


@dataclass(frozen=True, slots=True)
class Situation:
    """Of the session that a directive is for."""

    entry: Mapping[str, Any]
    models: Shelf
    model: str
    """`provider/model` that answers now."""
    default: str | None
    """The owner's choice for all."""
    queue: QueueRules
    pin: str | None = None
    """The owner's choice for this agent, which nobody outranks."""


@dataclass(frozen=True, slots=True)
class Followed:
    text: str
    changes: Changes = field(default_factory=dict)


def follow(order: Order, situation: Situation) -> Followed:
    return _FOLLOWED[order.known.name](order, situation)


def _words(field_name: str, title: str, words: Mapping[str, str], bare: str = "") -> "_Follow":
    """A directive that takes one of these words. `bare`: what it means without one."""

    def followed(order: Order, situation: Situation) -> Followed:
        said = (order.arguments or bare).strip().lower()
        if not said:
            return Followed(f"{title}: {situation.entry.get(field_name, 'default')}. {_usage(order.known)}")
        if said in {"default", "reset", "inherit"}:
            return Followed(f"{title}: default.", {field_name: None})
        if (value := words.get(said)) is None:
            return Followed(f"{said!r} is not known. {_usage(order.known)}")
        return Followed(f"{title}: {value}.", {field_name: value})

    return followed


def _usage(known: Known) -> str:
    return f"/{known.name} {known.usage}"


# -- the model --------------------------------------------------------------------------------------------


def _model(order: Order, situation: Situation) -> Followed:
    said = order.arguments.strip()
    match said.lower():
        case "" | "status":
            return Followed(model_line(situation))
        case "list":
            return Followed(model_list(situation))
        case "default" | "reset":
            return _chosen(None, situation)
        case _:
            return _named(said, situation)


def _named(said: str, situation: Situation) -> Followed:
    choices = choosable(situation.models.menu)
    if said.isdecimal():
        place = int(said)
        if not 1 <= place <= len(choices):
            return Followed(f"There is no model {place}; choose 1 to {len(choices)}. /models lists them.")
        return _chosen(Found(choices[place - 1]), situation)
    found = find_model(said, situation.models.menu)
    return _chosen(found, situation) if isinstance(found, Found) else Followed(unknown(said, found.nearest))


def _chosen(found: Found | None, situation: Situation) -> Followed:
    changes = chosen_model(found)
    if situation.pin is not None:
        name = situation.models.default_name(situation.pin)
        return Followed(
            f"My owner has pinned this agent to {name} (agents.list[].model), and that stands above /model."
        )
    if found is None:
        return Followed(f"Model: {situation.models.default_name(situation.default)} (the default).", changes)
    with_key = f", with the key {found.profile}" if found.profile else ""
    return Followed(f"Model: {found.ref}{with_key}, for this conversation.", changes)


def chosen_model(found: Found | None) -> Changes:
    return {
        "modelOverride": found.ref.model if found else None,
        "providerOverride": found.ref.provider if found else None,
        "authProfileOverride": found.profile if found else None,
        "authProfileOverrideSource": "user" if found and found.profile else None,
    }


def unknown(said: str, nearest: Sequence[str]) -> str:
    hint = f" Nearest: {', '.join(nearest)}." if nearest else ""
    return f"I know no model {said!r} that may be chosen.{hint} /models lists them."


def model_line(situation: Situation) -> str:
    if situation.pin is not None:
        return f"Model: {situation.model} (pinned by my owner)."
    why = "chosen for this conversation" if situation.entry.get("modelOverride") else "the default"
    return f"Model: {situation.model} ({why})."


def model_list(situation: Situation) -> str:
    menu = situation.models.menu
    lines = []
    for number, ref in enumerate(choosable(menu), 1):
        alias = menu.alias(ref)
        mark = " ← now" if str(ref) == situation.model else ""
        lines.append(f"{number}. {ref}{f' ({alias})' if alias else ''}{mark}")
    return "\n".join([*lines, "", "Choose with /model and its number or name."])


# -- the queue --------------------------------------------------------------------------------------------


def _queue(order: Order, situation: Situation) -> Followed:
    words = order.arguments.lower().split()
    if not words:
        return Followed(f"{queue_line(situation.queue)} {_usage(order.known)}")
    if words in (["default"], ["reset"]):
        fields = ("queueMode", "queueDebounceMs", "queueCap", "queueDrop")
        return Followed("Queue: default.", dict.fromkeys(fields))
    changes: dict[str, object] = {}
    for word in words:
        name, colon, value = word.partition(":")
        change = _queue_option(name, value) if colon else _queue_mode(word)
        if change is None:
            return Followed(f"{word!r} is not known. {_usage(order.known)}")
        changes |= change
    told = " ".join(str(value) for value in words)
    return Followed(f"Queue: {told}.", changes)


def _queue_mode(word: str) -> dict[str, object] | None:
    mode = mode_named(word)
    return {"queueMode": mode} if mode else None


def _queue_option(name: str, value: str) -> dict[str, object] | None:
    match name:
        case "debounce" if (ms := milliseconds(value)) is not None:
            return {"queueDebounceMs": ms}
        case "cap" if value.isdecimal() and int(value) > 0:
            return {"queueCap": int(value)}
        case "drop" if value in {"old", "new", "summarize"}:
            return {"queueDrop": value}
        case _:
            return None


def milliseconds(text: str) -> int | None:
    """`500`, `500ms`, `2s`, `1.5s` or `1m`."""
    for unit, factor in (("ms", 1), ("s", 1000), ("m", 60_000), ("", 1)):
        number = text.removesuffix(unit)
        if text.endswith(unit) and number.replace(".", "", 1).isdecimal():
            return round(float(number) * factor)
    return None


def queue_line(rules: QueueRules) -> str:
    return f"Queue: {rules.mode}, debounce {rules.debounce_ms} ms, cap {rules.cap}, drop {rules.drop}."


# -- commands on the host -----------------------------------------------------------------------------------

_EXEC = {
    "host": ("execHost", "sandbox", ("gateway", "node", "auto")),
    "security": ("execSecurity", "deny", ("allowlist", "full")),
    "ask": ("execAsk", "always", ("off", "on-miss")),
}
"""The field, what a conversation may narrow it to, and what is for the file alone to say."""
ONLY_THE_FILE = (
    "{what} is not for a chat to say: only the file lets programs do more (tools.exec.host, security and ask). "
    "Nothing was changed."
)


def _exec(order: Order, situation: Situation) -> Followed:
    pairs = [word.partition("=") for word in order.arguments.split()]
    if not pairs:
        now = [f"{name}={situation.entry.get(key, 'default')}" for name, (key, _, _) in _EXEC.items()]
        return Followed(f"Exec: {' '.join(now)}. {_usage(order.known)}")
    changes: dict[str, object] = {}
    for name, _, value in pairs:
        key, narrow, wide = _EXEC.get(name.lower(), ("", "", ()))
        if value in wide:
            return Followed(ONLY_THE_FILE.format(what=f"{name}={value}"))
        if value not in {narrow, "default"} or not key:
            return Followed(f"{name}={value} is not known. {_usage(order.known)}")
        changes[key] = value if value == narrow else None
    return Followed(f"Exec: {order.arguments}.", changes)


def _elevated(order: Order, situation: Situation) -> Followed:
    said = order.arguments.strip().lower()
    if said in {"on", "ask", "full"}:
        return Followed(ONLY_THE_FILE.format(what=f"/elevated {said}"))
    return Followed(f"Elevated: off. {_usage(order.known)}")


_Follow = Callable[[Order, Situation], Followed]
_FOLLOWED: Mapping[str, _Follow] = {
    "think": _words(
        "thinkingLevel",
        "Thinking",
        {
            **{level: level for level in LEVELS},
            "on": "low",
            "min": "minimal",
            "med": "medium",
            "max": "xhigh",
        },
    ),
    "verbose": _words("verboseLevel", "Verbose", {word: word for word in ("on", "full", "off")}, bare="on"),
    "reasoning": _words("reasoningLevel", "Reasoning", {word: word for word in ("on", "off", "stream")}),
    "elevated": _elevated,
    "model": _model,
    "queue": _queue,
    "exec": _exec,
}


def changed(entry: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The entry with these changes."""
    merged = {**entry, **changes}
    return {name: value for name, value in merged.items() if value is not None or name not in changes}
