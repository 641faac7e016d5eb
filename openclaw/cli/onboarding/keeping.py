"""What was answered is written: secrets first, then the config in one piece, then the workspace. Blocks."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from openclaw.cli.onboarding.answers import Answers, Key, Offline, Present, Stated
from openclaw.cli.onboarding.reading import short, with_name
from openclaw.settings.editing.edits import Edit, Put
from openclaw.settings.paths import Paths
from openclaw.settings.problems import Key as Place
from openclaw.settings.problems import dotted

OFFLINE_MODEL = "offline/offline"
_BOT: Place = ("channels", "telegram", "botToken")
_OWNERS: Place = ("channels", "telegram", "allowFrom")
_WORKSPACE: Place = ("agents", "defaults", "workspace")


def keep(answers: Answers, present: Present, environ: Mapping[str, str], paths: Paths) -> list[str]:
    """Where it went, a line each. Raises OpenClawError; what was there counts then.

    Meanwhile no Ctrl-C is heard: before there is nothing of it, after it all.
    """
    from openclaw.settings.editing.writing import write_config
    from openclaw.settings.starter import prepare_state

    with _undisturbed():
        is_new = not paths.config.exists()
        prepare_state(paths)
        references = _put_away(answers, environ, paths)
        changes = edits(answers, present, references)
        if changes:
            write_config(environ, paths, changes)
        home = Path(environ.get("HOME") or Path.home())
        new = [f"{short(paths.config, home)} (new)"] if is_new else []
        return [*new, *(_told(each, home) for each in changes), *_keep_workspace(answers, present, home)]


def _put_away(answers: Answers, environ: Mapping[str, str], paths: Paths) -> dict[Place, str]:
    """The reference to each secret; one that was typed is kept first."""
    from openclaw.ops.safekeeping.keeping import keeper

    safe = keeper(None, paths, environ)
    return {
        place: stated.reference or safe.keep(dotted(place), stated.value.reveal())
        for place, stated in _secrets(answers)
    }


def _secrets(answers: Answers) -> Iterator[tuple[Place, Stated]]:
    if isinstance(answers.key, Key):
        yield key_place(answers.key.provider), answers.key.stated
    if answers.bot is not None:
        yield _BOT, answers.bot.stated


def key_place(provider: str) -> Place:
    return ("models", "providers", provider, "apiKey")


def edits(answers: Answers, present: Present, references: Mapping[Place, str]) -> list[Edit]:
    """Pure. Only what was answered, and what would not count without it."""
    made: list[Edit] = [Put(place, reference) for place, reference in references.items()]
    if (model := answers.model or _model(answers.key, present)) is not None:
        within = ("primary",) if present.has_fallbacks else ()
        made.append(Put(("agents", "defaults", "model", *within), model))
    if answers.owner is not None and answers.owner not in present.owners:
        made.append(Put(_OWNERS, [*present.owners, answers.owner]))
    if answers.workspace is not None and answers.workspace != present.workspace:
        made.append(Put(_WORKSPACE, str(answers.workspace)))
    return made


def _model(key: Key | Offline | None, present: Present) -> str | None:
    """What the file must name so that this key is the one that answers; None: it does already."""
    match key:
        case Key(model=model) if model != (present.model or "anthropic/claude-opus-4-6"):
            return model
        case Offline() if present.provider:
            return OFFLINE_MODEL
        case _:
            return None


def _told(edit: Edit, home: Path) -> str:
    """A secret's reference names its file and a place in it; where it is put away is enough to know."""
    assert isinstance(edit, Put)
    key, value = dotted(edit.path), edit.value
    if isinstance(value, str) and value.startswith("file:"):
        return f"{key}: put away in {short(Path(value.removeprefix('file:').partition('#')[0]), home)}"
    return f"{key} = {', '.join(value) if isinstance(value, list) else value}"


def _keep_workspace(answers: Answers, present: Present, home: Path) -> list[str]:
    from openclaw.files import write_atomically
    from openclaw.settings.starter import furnish

    workspace, told = answers.workspace or present.workspace, []
    if not workspace.is_dir() or not any(workspace.iterdir()):
        furnish(workspace)
        told.append(f"{short(workspace, home)} (new)")
    page = workspace / "USER.md"
    before = page.read_text() if page.exists() else ""
    after = with_name(before, answers.name) if answers.name is not None else before
    if after != before:
        write_atomically(page, after.encode())
        told.append(f"your name in {short(page, home)}")
    return told


@contextmanager
def _undisturbed() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
