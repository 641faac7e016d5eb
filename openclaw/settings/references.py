"""Reading one secret reference, now. Blocks for up to five seconds: call it before the loop, or in a thread."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from openclaw.types.errors import SecretError

SECONDS = 5.0
MAX_BYTES = 64 * 1024

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
