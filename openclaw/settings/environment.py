"""What the environment says about the config."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyjson5

from openclaw.settings.checking.unknown import nearest
from openclaw.settings.problems import Key, Problem, Raw, at, placed
from openclaw.types.secrets import SecretRef

if TYPE_CHECKING:
    from openclaw.settings.shape import Shape

PREFIX = "OPENCLAW__"

_OURS: tuple[tuple[str, Key, bool], ...] = (
    ("OPENCLAW_GATEWAY_PORT", ("gateway", "port"), False),
    ("OPENCLAW_GATEWAY_TOKEN", ("gateway", "auth", "token"), True),
)
"""Variable, key, and whether the config gets a reference to the variable or its value."""

_PROVIDERS: tuple[tuple[str, Key, bool], ...] = (
    ("ANTHROPIC_API_KEY", ("models", "providers", "anthropic", "apiKey"), True),
    ("ANTHROPIC_BASE_URL", ("models", "providers", "anthropic", "baseUrl"), False),
    ("OPENAI_API_KEY", ("models", "providers", "openai", "apiKey"), True),
    ("OPENROUTER_API_KEY", ("models", "providers", "openrouter", "apiKey"), True),
    ("TELEGRAM_BOT_TOKEN", ("channels", "telegram", "botToken"), True),
    ("TWILIO_ACCOUNT_SID", ("channels", "sms", "accountSid"), False),
    ("TWILIO_AUTH_TOKEN", ("channels", "sms", "authToken"), True),
    ("TWILIO_PHONE_NUMBER", ("channels", "sms", "fromNumber"), False),
    ("WHATSAPP_TOKEN", ("channels", "whatsapp", "accessToken"), True),
    ("WHATSAPP_APP_SECRET", ("channels", "whatsapp", "appSecret"), True),
    ("BRAVE_API_KEY", ("tools", "web", "search", "apiKey"), True),
)
"""Used where the file does not set the key."""

_INSTEAD: Mapping[Key, Key] = {("channels", "telegram", "botToken"): ("channels", "telegram", "tokenFile")}
"""The file may set the same thing by another key."""

_RAW_NAMES = ("geocodingBaseUrl", "forecastBaseUrl")
"""Names inside the maps that no model describes; the environment cannot spell their capitals."""


def process_environment() -> Mapping[str, str]:
    """The one place where it is read."""
    return dict(os.environ)  # noqa: TID251


def with_file(environ: Mapping[str, str], path: Path) -> Mapping[str, str]:
    """Adds the variables of a `.env` file which the process does not have."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return environ
    return {**dict(_assignments(lines)), **environ}


def _assignments(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier():
            continue
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        yield name, value[1:-1] if quoted else value.partition(" #")[0].rstrip()


def with_config(environ: Mapping[str, str], raw: Raw) -> Mapping[str, str]:
    """Adds the variables of the config's own `env`, which the process does not have; our own are not set there."""
    section = raw.get("env")
    if not isinstance(section, dict):
        return environ
    extra = section.get("vars")
    stated = {**section, **(extra if isinstance(extra, dict) else {})}
    texts = {name: value for name, value in stated.items() if isinstance(value, str) and value}
    return {**{name: text for name, text in texts.items() if not name.startswith("OPENCLAW_")}, **environ}


@dataclass(slots=True)
class Overlay:
    """The config with the environment laid over it."""

    raw: Raw
    variables: dict[Key, str] = field(default_factory=dict)
    """Which variable set a key."""
    problems: list[Problem] = field(default_factory=list)

    def set_from(self, variable: str, key: Key, value: object) -> None:
        self.raw = placed(self.raw, key, value)
        self.variables[key] = variable


def overlay(raw: Raw, shape: "Shape", environ: Mapping[str, str]) -> Overlay:
    result = Overlay(raw)
    for variable, key, secret in _PROVIDERS:
        if environ.get(variable) and _known(key, shape) and not _set_in_file(raw, key):
            result.set_from(variable, key, f"env:{variable}" if secret else environ[variable])
    for variable, key, secret in _OURS:
        if environ.get(variable):
            result.set_from(variable, key, f"env:{variable}" if secret else _number(environ[variable]))
    for variable in sorted(environ):
        if variable.startswith(PREFIX):
            _override(result, shape, variable, environ[variable])
    return result


def _known(key: Key, shape: "Shape | None") -> bool:
    for step in key:
        if shape is None or shape.raw or (shape.open() and step not in shape.fields()):
            return False
        shape = shape.child(step)
    return shape is not None


def _set_in_file(raw: Raw, key: Key) -> bool:
    other = _INSTEAD.get(key)
    # `channels: 5` is for the check to complain of, not for us to replace.
    blocked = any(not isinstance(at(raw, key[:n]), dict | None) for n in range(1, len(key)))
    return blocked or at(raw, key) is not None or (other is not None and at(raw, other) is not None)


def _override(result: Overlay, shape: "Shape", variable: str, text: str) -> None:
    found = _find(variable.removeprefix(PREFIX).split("__"), result.raw, shape)
    if isinstance(found, Problem):
        result.problems.append(found)
        return
    key, leaf = found
    value = value_of(text, leaf)
    if leaf.secret and isinstance(value, str) and SecretRef(value).is_plain:
        value = f"env:{variable}"
    result.set_from(variable, key, value)


def _find(names: list[str], raw: object, shape: "Shape") -> "tuple[Key, Shape] | Problem":
    key: Key = ()
    for name in names:
        step = _step(name, at(raw, key), shape)
        below = None if step is None else shape.child(step)
        if step is None or below is None:
            return _no_such_key(names, name, shape)
        key, shape = (*key, step), below
    return key, shape


def _step(name: str, present: object, shape: "Shape") -> str | int | None:
    """The key that a part of a variable's name stands for, among those there are and those there may be."""
    if name.isdigit() and (shape.items or isinstance(present, list)):
        count = len(present) if isinstance(present, list) else 0
        return int(name) if int(name) <= count else None
    choices = [
        *shape.fields(),
        *(present if isinstance(present, dict) else ()),
        *(_RAW_NAMES if _is_free(shape) else ()),
    ]
    folded = _folded(name)
    for choice in choices:
        if isinstance(choice, str) and _folded(choice) == folded:
            return choice
    if not name or (shape.values is None and not shape.open()):
        return None
    return _new_name(name, shape)


def _new_name(name: str, shape: "Shape") -> str:
    if name != name.upper():
        return name
    if _is_free(shape):
        first, *others = name.lower().split("_")
        return first + "".join(word.capitalize() for word in others)
    return name.lower()


def _is_free(shape: "Shape") -> bool:
    """A map that no model describes: its names are somebody's own."""
    return shape.raw or (shape.values is not None and shape.values.raw)


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _no_such_key(names: list[str], name: str, shape: "Shape") -> Problem:
    variable = PREFIX + "__".join(names)
    likely = nearest(name.replace("_", ""), shape.fields())
    mend = f"Did you mean {likely} for {name}?" if likely else "Check its name, or take it out."
    return Problem(
        variable, "warning", f"there is no such key ({name or 'an empty name'}); it is ignored", mend
    )


def value_of(text: str, leaf: "Shape") -> Any:
    """JSON5 where it is JSON5, else the text. A number for a field of texts stays the text that was written."""
    try:
        value = pyjson5.decode(text)
    except pyjson5.Json5DecoderException:
        return text
    if isinstance(value, int | float | bool) and leaf.text and not leaf.number:
        return text
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return text
    return value


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text
