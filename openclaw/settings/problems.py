"""What is wrong with a config, and what is switched off for it: that part alone, never towards less security."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openclaw.types.unreadable import UNREADABLE

Key = tuple[str | int, ...]
"""Where something stands in the config: names of objects, numbers of lists."""

Raw = dict[str, Any]
"""The config as it was read."""

Severity = Literal["warning", "error"]


@dataclass(frozen=True, slots=True)
class Problem:
    """`error`: a part is switched off or has lost its value; `warning`: everything still works as written."""

    key: str
    severity: Severity
    text: str
    mend: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}. {self.mend}"


def dotted(key: Iterable[str | int]) -> str:
    """`agents.list[0].model`."""
    words = ""
    for step in key:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    return words


_SECRETIVE = re.compile(r"(?i)token|secret|key|passw|authoriz|credential")


def sounds_secret(name: str | int) -> bool:
    """Whether a value of this name is better not shown, whatever the models say of it."""
    return _SECRETIVE.search(str(name)) is not None


@dataclass(frozen=True, slots=True)
class Part:
    key: Key
    consequence: str
    """A sentence for the owner."""
    value: Any = None
    """What stands there instead; None: nothing, so the default."""


_WITHOUT_CONDITION = (
    "Until it is mended a rule that denies holds without this condition, and one that allows does not hold."
)
_PARTS: Sequence[tuple[tuple[str, ...], str]] = (
    (("channels", "*", "accounts", "*"), "This account is off until it is mended."),
    (("channels", "*"), "This channel is off until it is mended."),
    (("agents", "list", "*"), "This agent is left out until it is mended."),
    (("bindings", "*"), "This binding is left out until it is mended."),
    (("models", "providers", "*", "models", "*"), "This model is left out until it is mended."),
    (("models", "providers", "*"), "This provider is off until it is mended."),
    (("auth", "profiles", "*"), "This profile is left out until it is mended."),
    (("skills", "entries", "*"), "This skill is off until it is mended."),
    (("mcp", "servers", "*"), "This server is off until it is mended."),
    (("session", "identityLinks", "*"), "These identities are apart until it is mended."),
    *(
        ((*policy, "rules", "*", *rest), consequence)
        for policy in (("sendPolicy",), ("session", "sendPolicy"))
        for rest, consequence in (
            (("match", "*"), _WITHOUT_CONDITION),
            (("match",), _WITHOUT_CONDITION),
            (("action",), "Until it is mended this rule denies."),
            (("reply",), "Until it is mended who is refused hears nothing."),
            ((), "This rule is off until it is mended."),
        )
    ),
)
_STRICTEST: Sequence[tuple[tuple[str, ...], object, str]] = (
    *(
        ((*policy, "rules", "*", *rest), value, "")
        for policy in (("sendPolicy",), ("session", "sendPolicy"))
        for rest, value in (
            (("match", "*"), UNREADABLE),
            (("match",), {"channel": UNREADABLE}),
            (("action",), "deny"),
            # It stays in its place and allows nobody: the numbers of the others are those of the file.
            ((), {"action": "allow", "match": {"channel": UNREADABLE}}),
        )
    ),
    (("sendPolicy",), {"rules": [{"action": "deny"}]}, "Until it is mended nobody is answered on a channel."),
    (
        ("session", "sendPolicy", "default"),
        "deny",
        "Until it is mended nobody is answered unless a rule allows.",
    ),
    (("session", "sendPolicy", "rules"), [{"action": "deny"}], "Until it is mended nobody is answered."),
    (("session", "sendPolicy"), {"default": "deny"}, "Until it is mended nobody is answered."),
    (("budgets", "*"), 0, "Until it is mended nothing may be spent."),
    (("budgets",), {"perDay": 0}, "Until it is mended nothing may be spent."),
    (("skills", "entries", "*"), {"enabled": False}, ""),
    (("tools", "profile"), "minimal", "Until it is mended only the minimal tools are there."),
    (("tools", "allow"), ["-"], "Until it is mended no tool is allowed."),
    (("tools", "deny"), ["*"], "Until it is mended every tool is denied."),
    *(
        ((*rules, "*"), {"deny": ["*"]}, "Until it is mended nobody it is about has any tool.")
        for rules in (("tools", "byProvider"), ("tools", "byChannel"), ("tools", "toolsBySender"))
    ),
    (("tools", "toolsBySender"), {"*": {"deny": ["*"]}}, "Until it is mended nobody has any tool."),
    (("tools", "subagents"), {"tools": {"deny": ["*"]}}, "Until it is mended subagents have no tools."),
    (("commands", "ownerAllowFrom"), ["-"], "Until it is mended nobody is the owner on a channel."),
)
"""Where nothing at all would allow more than what the owner meant."""


def part_of(key: Key) -> Part:
    """The smallest part that can be switched off for something wrong at `key`."""
    for pattern, consequence in _PARTS:
        if _matches(pattern, key):
            whole = key[: len(pattern)]
            return Part(whole, consequence, _strictest(whole))
    for pattern, value, consequence in _STRICTEST:
        if _matches(pattern, key):
            return Part(key[: len(pattern)], consequence, value)
    return Part(key, "Until it is mended its default is used.")


def _strictest(key: Key) -> object:
    """Of exactly this part: what is strict for the whole says nothing of its pieces."""
    exact = (value for pattern, value, _ in _STRICTEST if len(pattern) == len(key) and _matches(pattern, key))
    return next(exact, None)


def _matches(pattern: tuple[str, ...], key: Key) -> bool:
    return len(key) >= len(pattern) and all(
        want in ("*", step) for want, step in zip(pattern, key, strict=False)
    )


def switch_off(raw: Raw, parts: Iterable[Part]) -> Raw:
    """Pure. From the end, so that the numbers of a list's other items stay true."""
    for part in sorted({part.key: part for part in parts}.values(), key=_order, reverse=True):
        if part.value is not None or stands(at(raw, part.key[:-1]), part.key[-1]):
            raw = placed(raw, part.key, part.value)
    return raw


def stands(above: object, step: str | int) -> bool:
    """Whether there is anything at that step, be it null."""
    if isinstance(above, list):
        return isinstance(step, int) and step < len(above)
    return isinstance(above, dict) and step in above


def _order(part: Part) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (0, step) for step in part.key]


def at(raw: object, key: Key) -> object:
    """What stands at a key, or None."""
    for step in key:
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, list) and isinstance(step, int) and step < len(raw):
            raw = raw[step]
        else:
            return None
    return raw


def placed(raw: Raw, key: Key, value: object) -> Raw:
    """Pure. `value` at `key`, with the objects on the way to it; None takes the key away."""
    result = _placed(raw, key, value)
    assert isinstance(result, dict)
    return result


def _placed(raw: object, key: Key, value: object) -> object:
    step, rest = key[0], key[1:]
    if isinstance(step, int):
        items = list(raw) if isinstance(raw, list) else []
        items += [{}] * (step + 1 - len(items))
        kept = [] if value is None and not rest else [_placed(items[step], rest, value) if rest else value]
        return items[:step] + kept + items[step + 1 :]
    entries = dict(raw) if isinstance(raw, dict) else {}
    if value is None and not rest:
        entries.pop(step, None)
    else:
        entries[step] = _placed(entries.get(step), rest, value) if rest else value
    return entries


def changes(before: object, after: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Pure. The smallest places where two trees differ, and what stands there afterwards."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from changes(before.get(name), after.get(name), (*key, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, two) in enumerate(zip(before, after, strict=True)):
            yield from changes(one, two, (*key, place))
    elif isinstance(after, dict) and before is None:
        for name, value in after.items():
            yield from changes(None, value, (*key, name))
    elif isinstance(before, dict) and after is None:
        for name, value in before.items():
            yield from changes(value, None, (*key, name))
    elif before != after or type(before) is not type(after):
        yield key, after
