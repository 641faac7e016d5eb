"""When a changed key counts. Pure.

For others: `effect_of(key)` says it of one key, `in_force(running, fresh)` what a running daemon takes over of another
config, and `hint(keys)` puts it into words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from openclaw.settings.checking.repair import usable
from openclaw.settings.loading import Loaded, with_token
from openclaw.settings.problems import Key, Raw, at, changes, dotted, placed

Effect = Literal["live", "channel", "restart"]
"""`live`: for what begins from now on. `channel`: the channel's accounts that it is about begin anew. `restart`: when
the daemon starts again."""

EFFECTS: Sequence[tuple[Effect, str]] = (
    # What listens listens where it does, and who has come in is in.
    (
        "restart",
        "gateway.mode gateway.port gateway.bind gateway.customBindHost gateway.auth gateway.controlUi",
    ),
    ("restart", "gateway.http gateway.trustedProxies webhooks"),
    ("live", "gateway.auth.token gateway.tools gateway.reload"),
    ("channel", "channels"),
    ("live", "channels.modelByChannel"),
    (
        "live",
        "models auth llm agents bindings session sendPolicy budgets commands tools skills mcp cron messages",
    ),
    ("live", "delivery compliance traces hooks ops secrets logging"),
    # The times of day of what is under way were reckoned by it.
    ("restart", "agents.defaults.userTimezone session.cacheMegabytes commands.native"),
    ("restart", "logging.file logging.consoleStyle backup"),
)


def _table() -> dict[tuple[str, ...], Effect]:
    return {tuple(key.split(".")): effect for effect, keys in EFFECTS for key in keys.split()}


_TABLE = _table()


def effect_of(key: Key) -> Effect | None:
    """What the longest pattern says that the key lies in; None for a key that nobody has thought of."""
    found = [pattern for pattern in _TABLE if _holds(pattern, key)]
    return _TABLE[max(found, key=len)] if found else None


def _holds(pattern: tuple[str, ...], key: Key) -> bool:
    return len(key) >= len(pattern) and all(
        want in ("*", str(step)) for want, step in zip(pattern, key, strict=False)
    )


def changed_keys(old: Raw, new: Raw) -> list[Key]:
    """The smallest places that differ."""
    return [key for key, _ in changes(old, new)]


def waiting_keys(old: Raw, new: Raw) -> list[Key]:
    """Of those, what needs a restart."""
    return [key for key in changed_keys(old, new) if (effect_of(key) or "restart") == "restart"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a running daemon makes of a changed file."""

    loaded: Loaded
    """As it holds from now on: what needs a restart is as before."""
    live: tuple[Key, ...]
    channels: tuple[Key, ...]
    """These begin anew."""
    waiting: tuple[Key, ...]
    """For a restart."""
    is_news: bool
    """Whether anything holds that did not before."""


def in_force(running: Loaded, fresh: Loaded) -> Taken:
    """`running`: what holds now; its keys that wait for a restart are as the daemon began with them."""
    sorted_out: dict[Effect, list[Key]] = {"live": [], "channel": [], "restart": []}
    raw = fresh.raw
    for key in changed_keys(running.raw, fresh.raw):
        sorted_out[effect_of(key) or "restart"].append(key)
    for key in sorted_out["restart"]:
        raw = placed(raw, key, at(running.raw, key))
    settings = fresh.settings
    if sorted_out["restart"]:
        settings, _ = usable(raw, {})
        settings = with_token(settings, fresh.paths)
    return Taken(
        replace(fresh, settings=settings, raw=raw),
        tuple(sorted_out["live"]),
        tuple(sorted_out["channel"]),
        tuple(sorted_out["restart"]),
        settings != running.settings,
    )


def hint(keys: Iterable[Key], *, watched: bool = True) -> str:
    """One sentence for whoever has changed them. `watched`: whether a running assistant looks by itself."""
    named = [(key, effect_of(key) or "restart") for key in keys]
    waiting = [dotted(key) for key, effect in named if effect == "restart"]
    anew = sorted({str(key[1]) for key, effect in named if effect == "channel" and len(key) > 1})
    if waiting:
        names = "It" if len(named) == 1 else ", ".join(waiting[:4])
        return f"{names} {'counts' if len(waiting) == 1 else 'count'} after a restart."
    if not watched:
        return "A running assistant takes it at SIGHUP, as gateway.reload.mode is off."
    if anew:
        return f"A running assistant takes it at once; {', '.join(anew)} begins anew for it."
    return "A running assistant takes it at once."
