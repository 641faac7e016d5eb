"""Plain text out of the config: put away first, then a reference in its place. Blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openclaw.ops.safekeeping.keeping import Keeper
from openclaw.settings.checking.plaintext import MADE_HERE, Stated, stated_secrets
from openclaw.settings.editing.edits import Put
from openclaw.settings.editing.writing import write_config
from openclaw.settings.file import UnreadableError, parse, read_config
from openclaw.settings.paths import Paths
from openclaw.settings.problems import Key, at
from openclaw.settings.references import read_reference
from openclaw.types.errors import OpenClawError


@dataclass(frozen=True, slots=True)
class Moved:
    key: str
    reference: str


@dataclass(frozen=True, slots=True)
class Plan:
    movable: tuple[Stated, ...]
    elsewhere: tuple[str, ...]
    """Keys whose text stands in an included file: the owner's to change."""


def plan_move(paths: Paths, only: Sequence[str] = ()) -> Plan:
    """`only`: these keys, the gateway's own token among them if it is named. Raises OpenClawError."""
    try:
        whole, main = read_config(paths.config).tree, parse(paths.config.read_bytes())
    except (FileNotFoundError, UnreadableError) as error:
        raise OpenClawError(f"{paths.config}: {error}. Mend it first.") from None
    plain = {each.name: each for each in stated_secrets(whole) if each.is_plain}
    for name in only:
        if name not in plain:
            raise OpenClawError(f"{name}: no secret stands there as text. Look with: openclaw secrets list")
    chosen = [each for name, each in plain.items() if name in only or not (only or each.key in MADE_HERE)]
    here = tuple(each for each in chosen if at(main, each.key) == each.text)
    return Plan(here, tuple(each.name for each in chosen if each not in here))


def move(environ: Mapping[str, str], paths: Paths, plan: Plan, keeper: Keeper) -> list[Moved]:
    """All of them or none: the file is changed once, when every secret has been read back. Raises OpenClawError.

    No copy of the old text stays: it would be the very plain text that is to go. What was moved lies where the
    reference says.
    """
    moved: list[tuple[Key, Moved]] = []
    for stated in plan.movable:
        reference = keeper.keep(stated.name, stated.text)
        if read_reference(reference, environ) != stated.text:
            raise OpenClawError(f"{stated.name}: {reference} gives back something else. Nothing was moved.")
        moved.append((stated.key, Moved(stated.name, reference)))
    if moved:
        write_config(environ, paths, [Put(key, each.reference) for key, each in moved])
    return [each for _, each in moved]
