"""The running daemon, or the traces of one: its lock, its ports, and whether it answers."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

from openclaw import __version__
from openclaw.doctor.finding import ClearLock, Finding
from openclaw.doctor.premises import Alive, Mute, Premises
from openclaw.ops.state_lock import LOCK_FILE, holder
from openclaw.settings.model import Settings
from openclaw.types.errors import ConfigError, OpenClawError
from openclaw.web.ports import PortBusyError, bind, bind_hosts

SETTLE_SECONDS = 1.0


def lock(premises: Premises) -> Iterator[Finding]:
    if not premises.exists or premises.is_running:
        return
    if pid := _left(premises.paths.state / LOCK_FILE):
        yield Finding(
            "lock.stale",
            "warn",
            f"The assistant did not end by itself: process {pid} is gone and its name still stands in the lock.",
            "It was killed, or the machine lost power. Nothing is lost; it takes up its work when it starts.",
            "openclaw serve (or only the lock: openclaw doctor --fix)",
            ClearLock(),
        )


def _left(file: Path) -> str:
    try:
        text = file.read_text(errors="replace").strip()
    except OSError:
        return ""
    return text if text.isdigit() else ""


def daemon(premises: Premises) -> Iterator[Finding]:
    match premises.daemon:
        case Mute(why):
            yield _mute(why)
        case Alive() as alive:
            yield from _alive(alive, premises)
        case None if premises.is_running and _still_held(premises):
            yield Finding(
                "daemon.silent",
                "error",
                f"Process {premises.holder} has the state directory, and does not answer on port"
                f" {premises.settings.gateway.port}.",
                "It hangs, it has only just begun, or it runs with another port than the config says now.",
                "Wait a moment; else stop it and start it again: openclaw serve",
            )
        case _:
            pass


def _still_held(premises: Premises) -> bool:
    """Another command may have had it for a moment, and a daemon that has just begun answers soon."""
    Event().wait(SETTLE_SECONDS)
    return holder(premises.paths.state) == premises.holder


def _mute(why: str) -> Finding:
    return Finding(
        "daemon.refuses",
        "error",
        f"The running assistant does not let this program in: {why}.",
        "The token in the config is another one than it was started with, so your commands do not reach it.",
        "Start the assistant again, so that it reads the config anew.",
    )


def _alive(alive: Alive, premises: Premises) -> Iterator[Finding]:
    if alive.state_dir and Path(alive.state_dir) != premises.paths.state:
        yield Finding(
            "daemon.other_home",
            "warn",
            f"The assistant that answers works in {alive.state_dir}, and this program looks at {premises.paths.state}.",
            "What you change here does not reach it.",
            f"Set OPENCLAW_STATE_DIR={alive.state_dir} for this program, or stop that assistant.",
        )
    if alive.version and alive.version != __version__:
        yield Finding(
            "daemon.version",
            "warn",
            f"The running assistant is version {alive.version}, and {__version__} is installed.",
            "It works with the old program until it is started again.",
            "openclaw service restart, or stop it and run: openclaw serve",
        )
    for problem in alive.problems:
        if problem.partition(":")[0] not in _failing(alive):
            yield Finding(
                "daemon.problem",
                "warn",
                f"The running assistant says: {problem.rstrip('.')}.",
                "It is not as its config says, or not whole.",
                "openclaw service restart" if "restart" in problem else "openclaw status",
            )


def _failing(alive: Alive) -> frozenset[str]:
    """Channels whose failure is told with the channels; of several accounts the first word is the channel's."""
    return frozenset(name.partition(":")[0] for name in alive.channels)


# -- ports ------------------------------------------------------------------------------------------------


def ports(premises: Premises) -> Iterator[Finding]:
    wanted = dict(_wanted(premises.settings))
    yield from _shared(wanted)
    if premises.is_running or premises.daemon is not None:
        return
    for key, (host, port) in wanted.items():
        if (who := busy(host, port)) is not None:
            yield Finding(
                "ports.busy",
                "error",
                f"Port {port}, where the assistant wants to listen, is taken by {who or 'another program'}.",
                "The assistant cannot start.",
                f"Stop that program, or choose another port: openclaw config set {key} {port + 2}",
            )


def _wanted(settings: Settings) -> Iterator[tuple[str, tuple[str, int]]]:
    """By the key that names it. The public listener is there only where somebody outside has something to call."""
    with suppress(ConfigError):
        yield "gateway.port", (bind_hosts(settings.gateway, "gateway")[0], settings.gateway.port)
    if _has_webhooks(settings):
        with suppress(ConfigError):
            yield "webhooks.port", (bind_hosts(settings.webhooks, "webhooks")[0], settings.webhooks.port)
    for name, config in _switched_on(settings):
        if port := getattr(config, "webhook_port", None):
            yield f"channels.{name}.webhookPort", ("127.0.0.1", port)


def _has_webhooks(settings: Settings) -> bool:
    telegram = settings.channels.telegram
    others = any(name != "telegram" for name, _ in _switched_on(settings))
    return others or settings.hooks.token is not None or (telegram is not None and bool(telegram.webhook_url))


def _switched_on(settings: Settings) -> Iterator[tuple[str, object]]:
    for name in type(settings.channels).model_fields:
        config = getattr(settings.channels, name)
        if getattr(config, "enabled", False):
            yield name, config


def _shared(wanted: dict[str, tuple[str, int]]) -> Iterator[Finding]:
    control = wanted.get("gateway.port", ("", 0))[1]
    for key, (_, port) in wanted.items():
        if key != "gateway.port" and port and port == control:
            yield Finding(
                "ports.collision",
                "error",
                f"{key} and gateway.port are both {port}.",
                "Two listeners cannot share a port, and the outside must never reach the control plane.",
                f"openclaw config set {key} {port + 4}",
            )


def busy(host: str, port: int) -> str | None:
    """Who has the port, as far as the system tells; None: nobody."""
    if port == 0:
        return None
    try:
        bind(host, port).close()
    except PortBusyError as error:
        return error.holder
    except OpenClawError:
        # An address that this machine does not have now, or a port that only root may take.
        return None
    return None
