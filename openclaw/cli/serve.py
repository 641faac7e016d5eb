"""`serve`, and the original's name for it, `gateway run`."""

import gc
from pathlib import Path

import click

EXIT_HELD = 75

_port = click.option("--port", type=click.IntRange(0, 65535), help="Instead of gateway.port.")
_config = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Instead of openclaw.json in the state directory.",
)


@click.command()
@_port
@_config
def serve(port: int | None, config_path: Path | None) -> int:
    """Run the assistant until it is stopped."""
    return run_daemon(port, config_path)


@click.group()
def gateway() -> None:
    """The original's name for the daemon."""


@gateway.command()
@_port
@_config
def run(port: int | None, config_path: Path | None) -> int:
    """Run the assistant until it is stopped."""
    return run_daemon(port, config_path)


def run_daemon(port: int | None, config_path: Path | None) -> int:
    from openclaw import failpoints

    # Nothing that is loaded now is garbage, neither during the start nor at any later look.
    gc.disable()
    from openclaw.daemon import serve as serve_house

    gc.freeze()
    gc.enable()
    from openclaw.ops.backup import moves
    from openclaw.ops.state_lock import AlreadyRunningError
    from openclaw.settings.environment import process_environment
    from openclaw.settings.loading import load_to_serve
    from openclaw.settings.paths import find_paths

    environ = process_environment()
    failpoints.arm(environ.get("OPENCLAW_FAILPOINT", ""), environ.get("OPENCLAW_FAILPOINT_LOG", ""))
    try:
        # Before the config is read: it may be among what a restore has not put back yet.
        paths = find_paths(environ, config_path)
        moves.take_up(paths.state)
        if not paths.ledger.exists():
            from openclaw.migrate.looking import refuse_home_of_original

            refuse_home_of_original(paths.state, paths.ledger)
        return serve_house(load_to_serve(environ, config_path=config_path, port=port))
    except AlreadyRunningError as error:
        click.echo(f"openclaw: {error}", err=True)
        return EXIT_HELD
