"""The config file over the control plane: shown without its secrets, changed where that can do no harm."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import anyio.to_thread
import pyjson5

from openclaw import __version__, bundled
from openclaw.settings.editing.documented import remarks
from openclaw.settings.editing.edits import Edit, EditError, Put, Take, applied
from openclaw.settings.editing.owner import CHANGEABLE, is_changeable, refers
from openclaw.settings.editing.rehearsal import NOTHING_WRITTEN, Finding, finding, fresh, placed, unreadable
from openclaw.settings.editing.showing import shown
from openclaw.settings.editing.veil import unveiled, veiled
from openclaw.settings.editing.writing import EMPTY, NotWrittenError, Written, refuse_worse, rewrite_config
from openclaw.settings.file import UnreadableError, fingerprint, parse
from openclaw.settings.life.effects import waiting_keys
from openclaw.settings.loading import Loaded, tried
from openclaw.settings.model import ROOT, Settings
from openclaw.settings.paths import Paths
from openclaw.settings.problems import Key, changes, dotted
from openclaw.settings.shape import Shape
from openclaw.types.errors import OpenClawError

Json = Mapping[str, object]
DEEPEST_HINT = 6
PROTECTED = "changed only on the machine itself, in the file or with `openclaw config set`."
REFERENCE = "a value that stands for a variable, a file or a secret is set on the machine itself."


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

    async def check(self, raw: str | None, patch: str | None) -> Json:
        """`{ok, raw, changed, restartKeys, problems}`: what `replace` or `patch` would do and say; nothing is written.

        A problem is `{path, severity, message, line, column}`, placed in the text that was handed in, or in `raw`.
        """
        return await anyio.to_thread.run_sync(self._check, raw, patch)

    async def schema(self) -> Json:
        return await anyio.to_thread.run_sync(described)

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
        return self._written(lambda old: self._replaced(raw, old), base)

    def _patch(self, raw: str, base: str | None) -> Json:
        patch = _patch_of(raw)
        return self._written(lambda old: _patched(patch, old), base)

    def _written(self, work: Callable[[str], str], base: str | None) -> Json:
        def permitted(old: str) -> str:
            new = work(old)
            _refuse_protected(parse(old.encode()), parse(new.encode()))
            return new

        return _told(rewrite_config(self._environ, self._paths, permitted, base=base))

    def _replaced(self, raw: str, old: str) -> str:
        loaded = tried(self._environ, self._paths, old.encode())
        return unveiled(raw, old, loaded.resolved)

    def _check(self, raw: str | None, patch: str | None) -> Json:
        old = (self._data() or EMPTY.encode()).decode()
        try:
            new = self._replaced(raw, old) if raw is not None else _patched(_patch_of(patch or "{}"), old)
            before, after = (tried(self._environ, self._paths, text.encode()) for text in (old, new))
            seen = veiled(new, before.resolved | after.resolved)
        except (UnreadableError, EditError, NotWrittenError, UnicodeError) as error:
            findings = placed([unreadable(str(error))], raw or "")
            shown_findings = [each.shown() for each in findings]
            return {"ok": False, "raw": None, "changed": [], "restartKeys": [], "problems": shown_findings}
        trees = parse(old.encode()), parse(new.encode())
        troubles = list(_troubles(before, after))
        known = {each.path for each in troubles}
        refusals = [each for each in _refusals(*trees) if each.path not in known]
        findings = placed([*troubles, *refusals], raw if raw is not None else seen)
        return {
            "ok": not any(each.severity == "error" for each in findings),
            "raw": seen,
            "changed": [dotted(key) for key, _ in changes(*trees)],
            "restartKeys": [dotted(key) for key in waiting_keys(before.raw, after.raw)],
            "problems": [each.shown() for each in findings],
        }

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
        "restartRequired": bool(waiting := waiting_keys(written.before.raw, written.after.raw)),
        "restartKeys": [dotted(key) for key in waiting],
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


def _refuse_protected(before: object, after: object) -> None:
    found = list(changes(before, after))
    protected = [dotted(key) or "the whole" for key, _ in found if not is_changeable(key)]
    if protected:
        raise NotWrittenError(f"{', '.join(protected[:8])}: {PROTECTED}{NOTHING_WRITTEN}")
    for key, value in found:
        if refers(value):
            raise NotWrittenError(f"{dotted(key)}: {REFERENCE}{NOTHING_WRITTEN}")


def _refusals(before: object, after: object) -> Iterator[Finding]:
    for key, value in changes(before, after):
        if not is_changeable(key):
            yield Finding("error", f"This is {PROTECTED}", dotted(key))
        elif refers(value):
            yield Finding("error", f"{REFERENCE[:1].upper()}{REFERENCE[1:]}", dotted(key))


def _troubles(before: Loaded, after: Loaded) -> Iterator[Finding]:
    found = [finding(problem) for problem in fresh(before, after)]
    yield from found
    try:
        refuse_worse(before, after)
    except NotWrittenError as error:
        if not any(each.severity == "error" for each in found):
            yield Finding("error", str(error).removesuffix(NOTHING_WRITTEN))


def _patch_of(raw: str) -> dict[str, Any]:
    try:
        patch = pyjson5.decode(raw)
    except pyjson5.Json5DecoderException:
        raise NotWrittenError(f"raw is no JSON5.{NOTHING_WRITTEN}") from None
    if not isinstance(patch, dict):
        raise NotWrittenError(f"a patch is an object: {{agents: {{defaults: {{…}}}}}}.{NOTHING_WRITTEN}")
    return patch


def _patched(patch: dict[str, Any], old: str) -> str:
    tree = parse(old.encode())
    edits: list[Edit] = [
        Take(key) if value is None else Put(key, value)
        for key, value in merges(patch, tree)
        if value is not None or _stands(tree, key)
    ]
    return applied(old, edits)


def described() -> Json:
    """The config's schema, and what a form should know of each key. Blocks."""
    said = remarks((bundled.config_folder() / "openclaw.json5").read_text(), ROOT)
    hints = {dotted(key): hint for key, shape in _places(ROOT) if (hint := _hint(key, shape, said))}
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


def _hint(key: tuple[str, ...], shape: Shape, said: Mapping[str, str]) -> dict[str, Any]:
    words = said.get(dotted(key), "")
    hint: dict[str, Any] = {"help": words} if words else {}
    if shape.secret:
        hint["sensitive"] = True
    if any(len(key) >= len(place) and key[: len(place)] == place for place in CHANGEABLE):
        hint["editable"] = True
    return hint
