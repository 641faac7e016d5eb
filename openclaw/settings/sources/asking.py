"""An `exec` provider: a program of the owner's that is asked for a secret by its name, in JSON. Blocks."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openclaw.settings.sources.config import SecretProvider
from openclaw.settings.sources.programs import Order, passed, printed
from openclaw.types.errors import SecretError

VERSION = 1


def asked(provider: SecretProvider, name: str, item: str, environ: Mapping[str, str]) -> str:
    """What the provider called `name` has under `item`. Raises SecretError."""
    reference = f"exec:{name}/{item}"
    command = _trusted(provider, f"secrets.providers.{name}.command", reference)
    given = {**passed(environ), **{each: environ[each] for each in provider.pass_env if each in environ}}
    question = {"protocolVersion": VERSION, "provider": name, "ids": [item]}
    text = printed(
        Order(
            [command, *provider.args], reference, {**given, **provider.env}, json.dumps(question).encode() + b"\n",
            provider.seconds, provider.max_output_bytes,
        )
    )  # fmt: skip
    return _answer(text, item, reference, raw=not provider.json_only)


def _trusted(provider: SecretProvider, key: str, reference: str) -> str:
    """Whoever may change the program has every secret that it is asked for."""
    if provider.command is None:
        raise SecretError(f"{reference}: {key} is not set. Set it to the full path of the program.")
    path = Path(provider.command)
    try:
        if path.is_symlink() and not provider.allow_symlink_command:
            raise SecretError(
                f"{reference}: {path} is a symbolic link. Name the program itself, or set allowSymlinkCommand."
            )
        path = path.resolve(strict=True)
        found = path.stat()
    except OSError as error:
        raise SecretError(f"{reference}: {path} cannot be started ({error.strerror}). Mend {key}.") from error
    folders = [Path(folder).resolve() for folder in provider.trusted_dirs]
    if folders and not any(path.is_relative_to(folder) for folder in folders):
        raise SecretError(f"{reference}: {path} lies in none of trustedDirs. Move it, or mend {key}.")
    if stat.S_IMODE(found.st_mode) & 0o022 or found.st_uid not in (0, os.getuid()):
        raise SecretError(
            f"{reference}: others may change {path}. Run: chmod go-w {path}, and see whose it is."
        )
    return str(path)


def _answer(text: str, item: str, reference: str, *, raw: bool) -> str:
    """What is printed is never quoted: it may hold the secret."""
    answer: Any
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        if raw:
            return text
        raise SecretError(f"{reference}: what the program printed is no JSON object. Try it by hand.")
    values, errors = answer.get("values"), answer.get("errors")
    value = values.get(item) if isinstance(values, dict) else None
    if isinstance(value, str) and value:
        return value
    told = errors.get(item) if isinstance(errors, dict) else None
    said = told.get("message") if isinstance(told, dict) else None
    why = str(said)[:200] if isinstance(said, str) and said else "it has no such item"
    raise SecretError(f"{reference}: {why}. Check the id.", state="missing")
