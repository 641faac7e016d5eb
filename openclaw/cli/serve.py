"""`serve`, and the original's name for it, `gateway run`."""

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
    from openclaw.daemon import serve as serve_house
    from openclaw.ops.state_lock import AlreadyRunningError
    from openclaw.settings.environment import process_environment
    from openclaw.settings.loading import load_to_serve

    environ = process_environment()
    failpoints.arm(environ.get("OPENCLAW_FAILPOINT", ""), environ.get("OPENCLAW_FAILPOINT_LOG", ""))
    loaded = load_to_serve(environ, config_path=config_path, port=port)
    try:
        return serve_house(loaded)
    except AlreadyRunningError as error:
        click.echo(f"openclaw: {error}", err=True)
        return EXIT_HELD
