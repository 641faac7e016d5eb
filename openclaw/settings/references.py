"""`${VAR}` and secret references in the texts of the config.

Reading a reference blocks for up to five seconds: before the loop, or in a thread.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openclaw.settings.problems import Key, Problem, dotted, part_of
from openclaw.types.errors import SecretError

if TYPE_CHECKING:
    # A short command that only reads its token does without the models.
    from openclaw.settings.shape import Shape
    from openclaw.settings.sources.config import SecretsConfig

MAX_BYTES = 64 * 1024

_PLACEHOLDER = re.compile(r"(\$?)\$\{([A-Z_][A-Z0-9_]*)\}")
_REFERENCE = re.compile(
    r"env:[A-Za-z_]\w*|file:(/|~/).+|op://[^/]+/[^/]+/.+|keychain:[^/]+/.+|exec:[a-z][a-z0-9_-]{0,63}/[A-Za-z0-9].*"
)


def is_reference(text: str) -> bool:
    """Whether a text in any field is a reference; stricter than for a secret's field, where `env:` alone says it."""
    return _REFERENCE.fullmatch(text) is not None


def read_reference(text: str, environ: Mapping[str, str], secrets: "SecretsConfig | None" = None) -> str:
    """The value behind a reference; a plain text is its own value. Raises SecretError."""
    scheme, _, rest = text.partition(":")
    match scheme:
        case "env":
            return _variable(rest, environ)
        case "file":
            return _file(rest, environ)
        case "op" if rest.startswith("//"):
            return _shown(["op", "read", "--no-newline", text], text, environ)
        case "keychain":
            return _shown(keychain_command(rest), text, environ)
        case "exec":
            return _of_provider(rest, environ, secrets)
        case _:
            return text


def _of_provider(rest: str, environ: Mapping[str, str], secrets: "SecretsConfig | None") -> str:
    from openclaw.settings.sources.asking import asked

    name, _, item = rest.partition("/")
    provider = secrets.providers.get(name) if secrets is not None else None
    if provider is None or provider.source != "exec":
        raise SecretError(
            f"exec:{rest}: secrets.providers.{name} names no program. Set it, with source exec and a command."
        )
    return asked(provider, name, item, environ)


def keychain_command(place: str, platform: str = sys.platform) -> list[str]:
    """Pure. Asks macOS's keychain, or elsewhere the desktop's secret service; `place` is `service/account`."""
    service, _, account = place.partition("/")
    if platform == "darwin":
        return ["security", "find-generic-password", "-s", service, "-a", account, "-w"]
    return ["secret-tool", "lookup", "service", service, "account", account]


def _shown(command: list[str], reference: str, environ: Mapping[str, str]) -> str:
    from openclaw.settings.sources.programs import Order, passed, printed

    return printed(Order(command, reference, passed(environ), quoted=True))


def _variable(name: str, environ: Mapping[str, str]) -> str:
    if value := environ.get(name):
        return value
    raise SecretError(
        f"env:{name}: the variable is not set. Set it where the daemon is started.", state="missing"
    )


def file_of(text: str, environ: Mapping[str, str]) -> Path:
    """The file of a `file:` reference."""
    name = text.removeprefix("file:").partition("#")[0]
    return Path(environ.get("HOME") or Path.home()) / name[2:] if name.startswith("~/") else Path(name)


def _file(rest: str, environ: Mapping[str, str]) -> str:
    """`/path` is the whole file; `/path#/a/b` a place in a JSON file, as the original has it."""
    path, pointer = file_of(rest, environ), rest.partition("#")[2]
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SecretError(
            f"file:{path}: {why}. Check the path and who may read it.",
            state="missing" if isinstance(error, FileNotFoundError) else "unreadable",
        ) from error
    if len(data) > MAX_BYTES:
        raise SecretError(f"file:{path}: it is larger than {MAX_BYTES // 1024} KiB. Name the right file.")
    value = _at(text, pointer, path) if pointer else text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretError(f"file:{rest}: there is nothing in it. Write the secret into it.", state="missing")
    return value


def _at(text: str, pointer: str, path: Path) -> str:
    try:
        value = json.loads(text)
        for step in pointer.strip("/").split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            value = value[int(name)] if isinstance(value, list) else value[name]
    except (ValueError, KeyError, IndexError, TypeError):
        value = None
    if not isinstance(value, str):
        raise SecretError(
            f"file:{path}: there is no text at {pointer}. Check the file and the pointer.", state="missing"
        )
    return value


@dataclass(slots=True)
class Expansion:
    environ: Mapping[str, str]
    sources: "SecretsConfig | None" = None
    """What the original's reference objects name."""
    problems: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """What references outside the secrets' own fields stood for: known now, so never to be logged."""
    failed: list[Key] = field(default_factory=list)

    def expanded(self, value: Any, shape: "Shape | None", key: Key = ()) -> Any:
        """A copy. What could not be read stays as it was, and its key is in `failed`."""
        if shape is None:
            return value
        if isinstance(value, dict):
            return self._object(value, shape, key)
        if isinstance(value, list):
            return [self.expanded(item, shape.child(at), (*key, at)) for at, item in enumerate(value)]
        return self._text(value, shape, key) if isinstance(value, str) else value

    def _object(self, value: dict[str, Any], shape: "Shape", key: Key) -> Any:
        if is_original_reference(value) and not shape.models and not shape.values:
            return self._original(value, shape, key)
        return {name: self.expanded(item, shape.child(name), (*key, name)) for name, item in value.items()}

    def _original(self, value: dict[str, Any], shape: "Shape", key: Key) -> Any:
        named, why = original_reference(value, self.sources)
        if named is None:
            return self._fail(value, key, why, "Use env:, file:, op://, keychain: or exec:.")
        return self._text(named, shape, key)

    def _text(self, text: str, shape: "Shape", key: Key) -> Any:
        whole = _PLACEHOLDER.fullmatch(text)
        missing = [
            name for escape, name in _PLACEHOLDER.findall(text) if not escape and not self.environ.get(name)
        ]
        if missing:
            why = f"the variable {missing[0]} is not set"
            return self._fail(text, key, why, f"Set {missing[0]} where the daemon is started.")
        if shape.secret:
            # As a reference it stays out of the settings, and a new value is seen when it is asked for afresh.
            return f"env:{whole[2]}" if whole and not whole[1] else self._filled(text)
        return self._read(self._filled(text), key)

    def _filled(self, text: str) -> str:
        return _PLACEHOLDER.sub(
            lambda found: found[0][1:] if found[1] else self.environ[found[2]],
            text,
        )

    def _read(self, text: str, key: Key) -> str:
        if not is_reference(text):
            return text
        try:
            value = read_reference(text, self.environ, self.sources)
        except SecretError as error:
            what, _, mend = str(error).partition(". ")
            self._fail(text, key, what, mend)
            return text
        self.secrets.add(value)
        return value

    def _fail(self, value: Any, key: Key, why: str, mend: str) -> Any:
        consequence = part_of(key).consequence
        self.problems.append(Problem(dotted(key), "error", f"{why}. {consequence.rstrip('.')}", mend))
        self.failed.append(key)
        return value


def is_original_reference(value: Mapping[str, Any]) -> bool:
    return {"source", "id"} <= value.keys() <= {"source", "id", "provider"}


def original_reference(value: Mapping[str, Any], sources: "SecretsConfig | None") -> tuple[str | None, str]:
    """Pure. `{source, provider, id}` as a text of ours, or why it is none."""
    source, name = str(value["source"]), str(value["id"])
    called, provider = value.get("provider") or "default", None
    if sources is not None:
        called, provider = sources.provider(source, value.get("provider"))
    match source:
        case "env" if provider is not None and provider.allowlist and name not in provider.allowlist:
            return None, f"secrets.providers.{called}.allowlist does not name {name}"
        case "env":
            return f"env:{name}", ""
        case "file" if provider is not None and provider.path is not None:
            whole = name == "value" or provider.mode == "singleValue"
            return f"file:{provider.path}{'' if whole else f'#{name}'}", ""
        case "file":
            return None, f"secrets.providers.{called} names no file"
        case "exec" if provider is not None:
            return f"exec:{called}/{name}", ""
        case "exec":
            return None, f"secrets.providers.{called} names no program"
        case _:
            return None, f"{source!r} is not read here"
