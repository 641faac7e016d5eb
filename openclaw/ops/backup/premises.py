"""What a backup has to know of a house, read off its settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from openclaw.agent.config import roster
from openclaw.ops.backup.contents import Premises
from openclaw.settings.file import UnreadableError, parse
from openclaw.settings.loading import Loaded, tried
from openclaw.settings.model import Settings


def premises_of(loaded: Loaded) -> Premises:
    state = loaded.paths.state
    return Premises(state, loaded.paths.config, outside(loaded.settings, state), _secret_files(loaded))


def outside(settings: Settings, state: Path) -> Mapping[str, Path]:
    """The workspaces that do not lie in the state directory, by agent; where a link leads out of it, its end."""
    real = state.resolve()
    found = {profile.id: profile.workspace.absolute() for profile in roster(settings.agents, state)}
    return {
        agent: place.resolve() if place.is_relative_to(state) else place
        for agent, place in found.items()
        if not place.resolve().is_relative_to(real)
    }


def places_by(loaded: Loaded, text: bytes) -> Mapping[str, Path]:
    """Every agent's workspace by another config; only below the owner's home, since a backup may be a stranger's."""
    try:
        settings = tried(loaded.environ, loaded.paths, text).settings
    except UnreadableError:
        return {}
    state = loaded.paths.state
    home = Path(loaded.environ.get("HOME") or Path.home()).resolve()
    found = {profile.id: profile.workspace.absolute() for profile in roster(settings.agents, state)}
    return {agent: place for agent, place in found.items() if place.parent == state or _is_below(home, place)}


def _is_below(home: Path, place: Path) -> bool:
    real = place.resolve()
    return real.is_relative_to(home) and real != home


def _secret_files(loaded: Loaded) -> frozenset[Path]:
    try:
        tree = parse(loaded.paths.config.read_bytes())
    except (OSError, UnreadableError):
        return frozenset()
    base = loaded.paths.config.parent
    return frozenset(base / Path(name).expanduser() for name in named_files(tree))


def named_files(tree: object, key: str = "") -> Iterator[str]:
    """Pure. Files that the config says a secret lies in."""
    if isinstance(tree, dict):
        for name, item in tree.items():
            yield from named_files(item, str(name))
    elif isinstance(tree, list):
        for item in tree:
            yield from named_files(item, key)
    elif isinstance(tree, str) and tree.startswith("file:"):
        yield tree.removeprefix("file:")
    elif isinstance(tree, str) and key.endswith("File"):
        yield tree
