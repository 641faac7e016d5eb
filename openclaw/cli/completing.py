"""What the shell offers for a value: read from the state on disk, without the running assistant.

Between two keystrokes there is no time for more, and a completion that fails offers nothing rather than a complaint.
"""

from collections.abc import Callable, Iterable

from openclaw.settings.whereabouts import Whereabouts
from openclaw.types.errors import OpenClawError

MOST = 50
Read = Callable[[Whereabouts], Iterable[str]]


def agents(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return _offered(_agents, incomplete)


def sessions(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return _offered(lambda place: _of_ledger(place, "sessions"), incomplete)


def traces(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return _offered(lambda place: ["last", "list", *_of_ledger(place, "traces")], incomplete)


def jobs(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return _offered(lambda place: _of_ledger(place, "jobs"), incomplete)


def outgoing(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return _offered(lambda place: _of_ledger(place, "outgoing"), incomplete)


def channels(_context: object, _parameter: object, incomplete: str) -> list[str]:
    return _offered(_channels, incomplete)


def _offered(read: Read, incomplete: str) -> list[str]:
    from openclaw.settings.environment import process_environment
    from openclaw.settings.whereabouts import whereabouts

    place = whereabouts(process_environment())
    if place is None:
        return []
    try:
        return [value for value in read(place) if value.startswith(incomplete)][:MOST]
    except OpenClawError:
        return []


def _agents(place: Whereabouts) -> list[str]:
    folders = place.paths.agents.iterdir() if place.paths.agents.is_dir() else ()
    return sorted(folder.name for folder in folders if folder.is_dir()) or ["main"]


def _channels(place: Whereabouts) -> list[str]:
    """Those of the config; without a file those that there are."""
    from openclaw.settings.file import UnreadableError, read_config

    try:
        found = read_config(place.paths.config).tree.get("channels")
    except (FileNotFoundError, UnreadableError):
        return []
    return (
        sorted(name for name, block in found.items() if isinstance(block, dict))
        if isinstance(found, dict)
        else []
    )


def _of_ledger(place: Whereabouts, what: str) -> list[str]:
    from openclaw.store.glance import names

    return names(place.paths.ledger, what, MOST * 4)
