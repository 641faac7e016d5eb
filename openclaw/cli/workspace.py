"""`workspace`: the files that an agent works on."""

from typing import TYPE_CHECKING

import click

from openclaw.cli.house import load_settings
from openclaw.cli.tables import print_json, printable_text
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.agent.tools.files.undo.restore import UndoneTurn


@click.group()
def workspace() -> None:
    """The files that an agent works on."""


@workspace.command()
@click.option("--agent", help="Whose workspace; without it the default agent's.")
@click.option("--session", help="Only turns of this conversation.")
@click.option("--force", is_flag=True, help="Also files that somebody else has changed since.")
@click.option("--dry-run", is_flag=True, help="Tell what would be taken back, change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def undo(agent: str | None, session: str | None, force: bool, dry_run: bool, as_json: bool) -> int:
    """Take back the file changes of the last turn that made any.

    The undo journal has a lock of its own, so this works beside a running daemon and without one.
    """
    from openclaw.agent.config import roster
    from openclaw.agent.profile import agent_id
    from openclaw.agent.tools.files.undo.book import UndoBook
    from openclaw.agent.tools.files.undo.restore import FINAL, told, undo_last
    from openclaw.types.clock import SystemClock

    loaded = load_settings()
    profiles = roster(loaded.settings.agents, loaded.paths.state)
    names = [profile.id for profile in profiles]
    chosen = next((each for each in profiles if agent is None or each.id == agent_id(agent)), None)
    if chosen is None:
        raise OpenClawError(f"there is no agent {agent!r}; there is {', '.join(names)}")
    journal = UndoBook(loaded.paths.state, SystemClock()).of(chosen.workspace)
    turn = undo_last(journal, session, force=force, dry_run=dry_run)
    if as_json:
        print_json(_as_object(turn))
    else:
        click.echo(printable_text(told(turn, dry_run=dry_run)))
    return 0 if turn is None or all(each.outcome in FINAL for each in turn.files) else 1


def _as_object(turn: "UndoneTurn | None") -> dict[str, object]:
    if turn is None:
        return {"files": []}
    files = [{"path": each.path, "outcome": each.outcome, "detail": each.detail} for each in turn.files]
    return {"run": turn.run_id, "session": turn.session_key, "at": turn.at, "files": files}
