"""The config file over the control plane: shown without its secrets, changed where that can do no harm."""

from collections.abc import Iterator, Mapping
from typing import Any

import anyio.to_thread
import pyjson5

from openclaw import __version__
from openclaw.settings.editing.edits import Edit, Put, Take, applied
from openclaw.settings.editing.owner import CHANGEABLE, is_changeable, refers
from openclaw.settings.editing.showing import shown
from openclaw.settings.editing.veil import unveiled, veiled
from openclaw.settings.editing.writing import NotWrittenError, Written, rewrite_config
from openclaw.settings.file import UnreadableError, fingerprint, parse
from openclaw.settings.loading import tried
from openclaw.settings.model import ROOT, Settings
from openclaw.settings.paths import Paths
from openclaw.settings.problems import Key, dotted
from openclaw.settings.shape import Shape
from openclaw.types.errors import OpenClawError

Json = Mapping[str, object]
DEEPEST_HINT = 6


class RemoteConfig:
    """Satisfies `web.office.desk.ConfigDesk`. Whatever it refuses is still the owner's to write into the file."""

    def __init__(self, environ: Mapping[str, str], paths: Paths) -> None:
        self._environ = environ
        self._paths = paths

    async def file(self) -> Json:
        return await anyio.to_thread.run_sync(self._file)

    async def replace(self, raw: str, base: str | None) -> Json:
        """The whole text; where it still has `***`, the secret stays. Raises NotWrittenError."""
        return await anyio.to_thread.run_sync(self._replace, raw, base)

    async def patch(self, raw: str, base: str | None) -> Json:
        """A JSON merge patch. Raises NotWrittenError."""
        return await anyio.to_thread.run_sync(self._patch, raw, base)

    async def schema(self) -> Json:
        return await anyio.to_thread.run_sync(_schema)

    def _file(self) -> Json:
        data = self._data()
        if data is None:
            return {"exists": False, "raw": None, "parsed": {}, "fileHash": fingerprint(b"")}
        try:
            loaded = tried(self._environ, self._paths, data)
            text = veiled(data.decode(), loaded.resolved)
        except (UnreadableError, UnicodeError):
            # What cannot be parsed cannot be told from a secret either.
            return {"exists": True, "raw": None, "parsed": None, "fileHash": fingerprint(data)}
        parsed = parse(text.encode())
        return {"exists": True, "raw": text, "parsed": parsed, "fileHash": fingerprint(data)}

    def _replace(self, raw: str, base: str | None) -> Json:
        def work(old: str) -> str:
            loaded = tried(self._environ, self._paths, old.encode())
            new = unveiled(raw, old, loaded.resolved)
            _refuse_protected(parse(old.encode()), parse(new.encode()))
            return new

        return _told(rewrite_config(self._environ, self._paths, work, base=base))

    def _patch(self, raw: str, base: str | None) -> Json:
        try:
            patch = pyjson5.decode(raw)
        except pyjson5.Json5DecoderException:
            raise NotWrittenError("raw is no JSON5. Nothing was written.") from None
        if not isinstance(patch, dict):
            raise NotWrittenError("a patch is an object: {agents: {defaults: {…}}}. Nothing was written.")

        def work(old: str) -> str:
            tree = parse(old.encode())
            edits: list[Edit] = [
                Take(key) if value is None else Put(key, value)
                for key, value in merges(patch, tree)
                if value is not None or _stands(tree, key)
            ]
            new = applied(old, edits)
            _refuse_protected(tree, parse(new.encode()))
            return new

        return _told(rewrite_config(self._environ, self._paths, work, base=base))

    def _data(self) -> bytes | None:
        try:
            return self._paths.config.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OpenClawError(f"{self._paths.config} cannot be read: {error.strerror or error}") from error


def _told(written: Written) -> Json:
    return {
        "ok": True,
        "path": str(written.after.paths.config),
        "changed": written.changed,
        "hash": written.after.fingerprint,
        "config": shown(written.after),
        "warnings": [{"path": each.key, "message": f"{each.text}. {each.mend}"} for each in written.warnings],
        "restartRequired": written.changed,
    }


def merges(patch: object, tree: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Pure. The places that a JSON merge patch sets; None takes one away."""
    if not isinstance(patch, dict) or (key and not isinstance(tree, dict)):
        yield key, patch
        return
    for name, value in patch.items():
        yield from merges(value, tree.get(name) if isinstance(tree, dict) else None, (*key, name))


def _stands(tree: object, key: Key) -> bool:
    here = tree
    for step in key:
        if not isinstance(here, dict) or step not in here:
            return False
        here = here[step]
    return True


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


def _refuse_protected(before: object, after: object) -> None:
    found = list(changes(before, after))
    protected = [dotted(key) or "the whole" for key, _ in found if not is_changeable(key)]
    if protected:
        raise NotWrittenError(
            f"{', '.join(protected[:8])}: changed only on the machine itself, in the file or with "
            "`openclaw config set`. Nothing was written."
        )
    for key, value in found:
        if refers(value):
            raise NotWrittenError(
                f"{dotted(key)}: a value that stands for a variable, a file or a secret is set on the machine "
                "itself. Nothing was written."
            )


def _schema() -> Json:
    hints = {dotted(key): hint for key, shape in _places(ROOT) if (hint := _hint(key, shape))}
    return {"schema": Settings.model_json_schema(by_alias=True), "uiHints": hints, "version": __version__}


def _places(shape: Shape, key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    if key:
        yield key, shape
    if len(key) >= DEEPEST_HINT:
        return
    for name, below in shape.fields().items():
        yield from _places(below, (*key, name))
    if (each := shape.values or shape.items) is not None:
        yield from _places(each, (*key, "*"))


def _hint(key: tuple[str, ...], shape: Shape) -> dict[str, Any]:
    hint: dict[str, Any] = {}
    if shape.secret:
        hint["sensitive"] = True
    if any(len(key) >= len(place) and key[: len(place)] == place for place in CHANGEABLE):
        hint["editable"] = True
    return hint
