"""`backup`: one file of all that the assistant knows, made while it runs, and put back when it does not."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openclaw.cli.tables import print_json, print_table, printable
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.ops.backup.contents import Premises
    from openclaw.ops.backup.restoring import Restored
    from openclaw.ops.backup.verifying import Verified
    from openclaw.settings.loading import Loaded

_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
COLUMNS = {"made": "at", "size": "shown", "what": "kind", "name": "name", "note": "note"}
SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Shelf:
    loaded: "Loaded"
    premises: "Premises"
    folder: Path


def _shelf() -> _Shelf:
    from openclaw.cli.house import load_settings
    from openclaw.ops.backup.premises import premises_of

    loaded = load_settings()
    said = loaded.settings.backup.folder
    folder = Path(said).expanduser() if said else loaded.paths.state / "backups"
    return _Shelf(loaded, premises_of(loaded), folder)


def _now() -> int:
    from openclaw.types.clock import SystemClock

    return SystemClock().now_ms()


@click.group()
def backup() -> None:
    """One file of everything, and back again."""


@backup.command(short_help="Make one, also while it runs.")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="Another file than one in the usual folder."
)
@click.option(
    "--with-secrets", is_flag=True, help="Keys, tokens and .env too; whoever has the file has them."
)
@click.option("--without-media", is_flag=True, help="Leave out received files and recordings.")
@_JSON
def create(target: Path | None, *, with_secrets: bool, without_media: bool, as_json: bool) -> None:
    """Make one, beside a running assistant or without one; then read it back and look at everything in it."""
    from openclaw.ops.backup.creating import Wish, place_for
    from openclaw.ops.backup.creating import create as make

    shelf = _shelf()
    wish = Wish(with_secrets, not without_media, shelf.loaded.resolved)
    place = target.absolute() if target is not None else place_for(shelf.folder, _now())
    if target is not None and place.exists():
        raise OpenClawError(f"{place} is there already; name another file")
    keep = shelf.loaded.settings.backup.keep if target is None else None
    if sys.stderr.isatty():
        click.echo("making it, then reading it back …", err=True)
    made = make(shelf.premises, place, wish, _now, keep=keep)
    if as_json:
        print_json(_as_object(made))
        return
    click.echo(f"wrote {made.path}: {_size(place.stat().st_size)}, {_files(made)}; read back, and whole")
    for line in _left_out(made):
        click.echo(printable(line))


@backup.command("list", short_help="What there is.")
@_JSON
def list_(*, as_json: bool) -> None:
    """What there is: backups, and the copies of the ledger that the assistant makes by itself."""
    from openclaw.ops.backup.shelf import shelved

    shelf = _shelf()
    rows = [
        {
            "name": each.path.name, "path": str(each.path), "at": each.at, "size": each.size, "kind": each.kind,
            "ledgerVersion": each.ledger_version, "withSecrets": each.with_secrets, "note": each.note,
        }
        for each in shelved(shelf.folder, shelf.premises.ledger)
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    shown = [
        {
            **row,
            "shown": _size(int(str(row["size"]))),
            "note": _note(row["note"], secrets=bool(row["withSecrets"])),
        }
        for row in rows
    ]
    print_table(shown, COLUMNS, empty="There is none yet; make one with: openclaw backup create")


def _note(note: object, *, secrets: bool) -> str:
    return ", ".join(each for each in ("with secrets" if secrets else "", str(note)) if each)


@backup.command(short_help="Look at one from end to end.")
@click.argument("name", default="latest")
@_JSON
def verify(name: str, *, as_json: bool) -> None:
    """Read NAME, by default the newest, from end to end: hashes, ledger, conversations."""
    from openclaw.ops.backup.shelf import find
    from openclaw.ops.backup.verifying import verify as look

    shelf = _shelf()
    found = find(name, shelf.folder, shelf.premises.ledger)
    if found.suffix == ".sqlite":
        _verify_copy(found, as_json=as_json)
        return
    verified = look(found)
    if as_json:
        print_json(_as_object(verified))
        return
    click.echo(f"{verified.path} is whole: {_files(verified)}, {_size(verified.size)} unpacked")
    click.echo(f"made {verified.head.created_at} by openclaw {verified.head.program} on {verified.head.host}")
    for line in _left_out(verified):
        click.echo(printable(line))


def _verify_copy(path: Path, *, as_json: bool) -> None:
    from openclaw.store import copies

    if fault := copies.faults(path):
        raise OpenClawError(f"{path} is damaged: {fault}")
    if as_json:
        print_json({"path": str(path), "ok": True, "ledgerVersion": copies.version_of(path)})
    else:
        click.echo(f"{path} is whole: a ledger of version {copies.version_of(path)}")


@backup.command(short_help="Put one in the place of what is there.")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would be replaced, change nothing.")
@_JSON
def restore(name: str, *, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Put NAME in the place of what is there: a file, a name that `list` shows, or `latest`.

    It is looked at from end to end before anything is touched. What is there now is put aside, never deleted. A copy of
    the ledger (.sqlite) replaces the ledger alone.
    """
    from openclaw.ops.backup.shelf import find
    from openclaw.ops.state_lock import holder

    shelf = _shelf()
    if not dry_run and (pid := holder(shelf.premises.state)) is not None:
        raise OpenClawError(
            f"the assistant runs (pid {pid}), and is not replaced while it does: stop it first, with `{_stop()}` where"
            " it is a service, or Ctrl-C where you have started it"
        )
    found = find(name, shelf.folder, shelf.premises.ledger)
    rows, go_on = _prepared(shelf, found)
    if not as_json:
        print_table(rows, {"what": "name", "now": "now", "in the backup": "then"}, empty="Nothing is in it.")
        click.echo(
            "Secrets that the backup does not hold stay as they are; everything else is put aside, not deleted."
        )
    if dry_run:
        if as_json:
            print_json(rows)
        return
    _ask(shelf.premises.state, yes=yes)
    done = go_on()
    if as_json:
        print_json(_done(done))
        return
    for line in told(done, something_aside=done.aside.exists()):
        click.echo(printable(line))


def _stop() -> str:
    launchd = "launchctl bootout gui/$(id -u)/ai.openclaw.gateway"
    return launchd if sys.platform == "darwin" else "systemctl --user stop openclaw"


def _prepared(shelf: _Shelf, found: Path) -> "tuple[list[dict[str, object]], Callable[[], Restored]]":
    """What would be replaced, and the doing."""
    from openclaw.ops.backup.premises import places_by
    from openclaw.ops.backup.preview import preview, preview_ledger
    from openclaw.ops.backup.restoring import restore as put
    from openclaw.ops.backup.restoring import restore_ledger
    from openclaw.ops.backup.verifying import verify as look

    if found.suffix == ".sqlite":
        rows = preview_ledger(found, shelf.premises)
        return _shown(rows), lambda: restore_ledger(found, shelf.premises, _now())
    verified = look(found)
    rows = preview(verified, shelf.premises)
    return _shown(rows), lambda: put(
        verified, shelf.premises, lambda text: places_by(shelf.loaded, text), _now()
    )


def _shown(rows: "list[tuple[str, tuple[int, int], tuple[int, int]]]") -> list[dict[str, object]]:
    return [{"name": name, "now": _amount(now), "then": _amount(then)} for name, now, then in rows]


def _amount(found: tuple[int, int]) -> str:
    files, size = found
    return f"{files:,} file{'s' * (files != 1)}, {_size(size)}" if files else "nothing"


def _ask(state: Path, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("say --yes: there is nobody to ask whether this may be replaced")
    click.confirm(f"Replace this in {state}? What is there now is kept beside it", abort=True)


def told(done: "Restored", *, something_aside: bool) -> list[str]:
    """Pure."""
    lines = [f"restored; what was there is kept in {done.aside}" if something_aside else "restored"]
    if done.settled.answered:
        lines.append(
            f"{done.settled.answered} of its open messages had been answered since, and are not again"
        )
    if done.settled.doubtful:
        lines.append(
            f"{done.settled.doubtful} of its messages may have been sent since: delivery.onAmbiguous decides;"
            " openclaw outbox list shows them"
        )
    if done.missing_keys:
        lines.append(f"secrets that are nowhere: {', '.join(done.missing_keys)}")
        lines.append(f"set each with: openclaw config set {done.missing_keys[0]} -")
    lines += [
        f"the workspace of {agent} is in the state directory now; say where it belongs in agents.list[].workspace"
        for agent in done.moved_workspaces
    ]
    return [
        *lines,
        "look it over with: openclaw doctor",
        "start it with: openclaw service restart, or: openclaw serve",
    ]


def _done(done: "Restored") -> dict[str, object]:
    return {
        "aside": str(done.aside), "missingKeys": list(done.missing_keys), "answered": done.settled.answered,
        "doubtful": done.settled.doubtful, "movedWorkspaces": list(done.moved_workspaces),
    }  # fmt: skip


def _as_object(found: "Verified") -> dict[str, object]:
    head, manifest = found.head, found.manifest
    return {
        "path": str(found.path), "ok": True, "at": head.created_at, "program": head.program, "host": head.host,
        "files": len(manifest.files), "bytes": found.size, "ledgerVersion": head.ledger_version,
        "withSecrets": head.with_secrets, "withMedia": head.with_media, "unreadableLines": found.unreadable,
        "leftOut": list(manifest.left_out), "keysLeftOut": list(manifest.keys_left_out),
    }  # fmt: skip


def _files(found: "Verified") -> str:
    count = len(found.manifest.files)
    return f"{count:,} file{'s' * (count != 1)}"


def _left_out(found: "Verified") -> list[str]:
    lines = []
    if found.head.with_secrets:
        lines.append("it holds your keys and tokens in plain: keep it where nobody else reads")
    out = [*found.manifest.keys_left_out, *found.manifest.left_out]
    if out:
        more = f" and {len(out) - SHOWN} more" if len(out) > SHOWN else ""
        lines.append(f"not in it: {', '.join(out[:SHOWN])}{more}")
    if found.unreadable:
        lines.append(
            f"{found.unreadable} lines of conversations could not be read before either; see: openclaw doctor"
        )
    return lines


def _size(count: int) -> str:
    for size, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
