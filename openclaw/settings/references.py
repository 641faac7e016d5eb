"""`${VAR}` and secret references in the texts of the config.

Reading a reference blocks for up to five seconds: before the loop, or in a thread.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openclaw.settings.problems import Key, Problem, dotted, part_of
from openclaw.settings.shape import Shape
from openclaw.types.errors import SecretError

SECONDS = 5.0
MAX_BYTES = 64 * 1024

_PLACEHOLDER = re.compile(r"(\$?)\$\{([A-Z_][A-Z0-9_]*)\}")
_REFERENCE = re.compile(r"env:[A-Za-z_]\w*|file:(/|~/).+|op://[^/]+/[^/]+/.+|keychain:[^/]+/.+")

_PASSED = re.compile(r"(PATH|HOME|USER|LOGNAME|LANG|TMPDIR|DBUS_SESSION_BUS_ADDRESS|XDG_\w+|OP_\w+)$")
"""The programs' own variables; the others may be secrets that are no business of theirs."""


def is_reference(text: str) -> bool:
    """Whether a text in any field is a reference; stricter than for a secret's field, where `env:` alone says it."""
    return _REFERENCE.fullmatch(text) is not None


def read_reference(text: str, environ: Mapping[str, str]) -> str:
    """The value behind a reference; a plain text is its own value. Raises SecretError."""
    scheme, _, rest = text.partition(":")
    match scheme:
        case "env":
            return _variable(rest, environ)
        case "file":
            return _file(rest, environ)
        case "op" if rest.startswith("//"):
            return _run(["op", "read", "--no-newline", text], text, environ)
        case "keychain":
            service, _, account = rest.partition("/")
            return _run(
                ["security", "find-generic-password", "-s", service, "-a", account, "-w"], text, environ
            )
        case _:
            return text


def _variable(name: str, environ: Mapping[str, str]) -> str:
    if value := environ.get(name):
        return value
    raise SecretError(f"env:{name}: the variable is not set. Set it where the daemon is started.")


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
        raise SecretError(f"file:{path}: {why}. Check the path and who may read it.") from error
    if len(data) > MAX_BYTES:
        raise SecretError(f"file:{path}: it is larger than {MAX_BYTES // 1024} KiB. Name the right file.")
    value = _at(text, pointer, path) if pointer else text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretError(f"file:{rest}: there is nothing in it. Write the secret into it.")
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
        raise SecretError(f"file:{path}: there is no text at {pointer}. Check the file and the pointer.")
    return value


def _run(command: Sequence[str], reference: str, environ: Mapping[str, str]) -> str:
    try:
        # In a group of its own: what the program has started must not outlive its time.
        process = subprocess.Popen(  # noqa: S603 - the program's name is fixed, the reference is one argument
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in environ.items() if _PASSED.match(name)},
            start_new_session=True,
        )
    except OSError as error:
        raise SecretError(
            f"{reference}: the program {command[0]!r} cannot be started ({error.strerror}). Install it."
        ) from error
    with process:
        try:
            output, complaint = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise SecretError(
                f"{reference}: {command[0]!r} did not answer within {SECONDS:.0f} s. Is it unlocked?"
            ) from error
    return _printed(command[0], reference, process.returncode, output, complaint)


def _printed(program: str, reference: str, code: int, output: bytes, complaint: bytes) -> str:
    if code != 0:
        said = complaint.decode(errors="replace").strip().splitlines() or ["it says nothing"]
        raise SecretError(f"{reference}: {program!r} failed ({said[-1][:200]}). Try it by hand.")
    value = output.decode(errors="replace").removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretError(f"{reference}: {program!r} printed nothing. Check the item and its field.")
    return value


@dataclass(slots=True)
class Expansion:
    environ: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    """The original's file providers: the name in a SecretRef object → the `file:` reference it stands for."""
    problems: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """What references outside the secrets' own fields stood for: known now, so never to be logged."""
    failed: list[Key] = field(default_factory=list)

    def expanded(self, value: Any, shape: Shape | None, key: Key = ()) -> Any:
        """A copy. What could not be read stays as it was, and its key is in `failed`."""
        if shape is None:
            return value
        if isinstance(value, dict):
            return self._object(value, shape, key)
        if isinstance(value, list):
            return [self.expanded(item, shape.child(at), (*key, at)) for at, item in enumerate(value)]
        return self._text(value, shape, key) if isinstance(value, str) else value

    def _object(self, value: dict[str, Any], shape: Shape, key: Key) -> Any:
        if _is_original_reference(value) and not shape.models and not shape.values:
            return self._original(value, shape, key)
        return {name: self.expanded(item, shape.child(name), (*key, name)) for name, item in value.items()}

    def _original(self, value: dict[str, Any], shape: Shape, key: Key) -> Any:
        source, provider, name = value["source"], value.get("provider", "default"), str(value["id"])
        if source == "env":
            return self._text(f"env:{name}", shape, key)
        if source == "file" and provider in self.files:
            return self._text(f"{self.files[provider]}{'' if name == 'value' else f'#{name}'}", shape, key)
        why = (
            f"secrets.providers.{provider} names no file"
            if source == "file"
            else f"{source!r} is not read here"
        )
        return self._fail(value, key, why, "Use env:, file:, op:// or keychain:.")

    def _text(self, text: str, shape: Shape, key: Key) -> Any:
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
            value = read_reference(text, self.environ)
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


def _is_original_reference(value: Mapping[str, Any]) -> bool:
    return {"source", "id"} <= value.keys() <= {"source", "id", "provider"}


def file_providers(raw: Mapping[str, Any]) -> dict[str, str]:
    """`secrets.providers.<name> = {source: "file", path}` of the original, as references."""
    secrets = raw.get("secrets")
    providers = secrets.get("providers") if isinstance(secrets, dict) else None
    return {
        name: f"file:{provider['path']}"
        for name, provider in (providers.items() if isinstance(providers, dict) else ())
        if isinstance(provider, dict)
        and provider.get("source") == "file"
        and isinstance(provider.get("path"), str)
    }
