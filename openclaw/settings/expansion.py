"""`${VAR}` and secret references in every text of the config."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw.settings.parts import part_of
from openclaw.settings.problems import Key, Problem, dotted
from openclaw.settings.references import is_reference, read_reference
from openclaw.settings.shape import Shape
from openclaw.types.errors import SecretError

_VARIABLE = re.compile(r"(\$?)\$\{([A-Z_][A-Z0-9_]*)\}")


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
        whole = _VARIABLE.fullmatch(text)
        missing = [
            name for escape, name in _VARIABLE.findall(text) if not escape and not self.environ.get(name)
        ]
        if missing:
            why = f"the variable {missing[0]} is not set"
            return self._fail(text, key, why, f"Set {missing[0]} where the daemon is started.")
        if shape.secret:
            # As a reference it stays out of the settings, and a new value is seen when it is asked for afresh.
            return f"env:{whole[2]}" if whole and not whole[1] else self._filled(text)
        return self._read(self._filled(text), key)

    def _filled(self, text: str) -> str:
        return _VARIABLE.sub(
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
