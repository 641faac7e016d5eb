"""The daemon's life: take the state directory and the ports, serve, and stop in order."""

import gc
import logging
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress

import anyio
from anyio.abc import TaskGroup
from starlette.routing import BaseRoute

from openclaw.app import House, build
from openclaw.logs import Redactor, logging_to
from openclaw.ops import drift, registration
from openclaw.ops.ledger import begin
from openclaw.ops.ledger.hourly import keep_copies
from openclaw.ops.notifier import Notifier, watchdog_seconds
from openclaw.ops.state_lock import StateLock
from openclaw.ops.watchdog import Proof, Watchdog
from openclaw.settings.checking.plaintext import plaintext_problem
from openclaw.settings.loading import Loaded
from openclaw.store.database import LedgerError
from openclaw.store.ledger import Ledger
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError
from openclaw.types.events import Stopping
from openclaw.types.secrets import Secret, SecretRef
from openclaw.web.api.books import book_routes
from openclaw.web.api.phone import phone_routes
from openclaw.web.api.recordings import recording_routes
from openclaw.web.api.sessions import session_routes
from openclaw.web.api.streams import stream_routes
from openclaw.web.api.tools import tool_routes
from openclaw.web.control import control_app, make_control
from openclaw.web.enclosed.showing import media_routes
from openclaw.web.health import Readiness
from openclaw.web.listeners import HttpListener
from openclaw.web.openai.routes import openai_routes
from openclaw.web.ports import bind, bind_hosts
from openclaw.wiring.doors import DoorParts, PublicDoors
from openclaw.wiring.foundation import Core
from openclaw.wiring.life import ConfigLife

logger = logging.getLogger(__name__)

ASKED_TWICE = 130
"""The exit code after a second Ctrl-C: what is under way is taken up at the next start."""
STUCK_MS = 60_000
"""A message that nobody has looked at for so long: the house does not get on."""


def serve(loaded: Loaded) -> int:
    """Run the daemon until it is asked to stop. Raises AlreadyRunningError, PortBusyError."""
    os.umask(0o077)  # the ledger's own files too
    redactor = Redactor()
    color = "NO_COLOR" not in loaded.environ
    with StateLock(loaded.paths.state):
        is_first = not loaded.paths.ledger.exists()
        with logging_to(loaded.settings.logging, loaded.paths.log_file, redactor, color=color):
            if (plain := plaintext_problem(loaded.written)) is not None:
                logger.warning("%s", plain)
            for problem in loaded.problems:
                logger.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)
            try:
                rescued = begin.look(loaded.paths.ledger, time.time_ns() // 1_000_000)
                anyio.run(_serve, loaded, redactor, is_first, "" if rescued is None else str(rescued))
            except LedgerError:
                begin.suspect(loaded.paths.ledger)
                raise
            except OpenClawError:
                raise
            except KeyboardInterrupt:
                return ASKED_TWICE
            except BaseExceptionGroup as failures:
                # A task group wraps the second Ctrl-C where it met one.
                if failures.subgroup(KeyboardInterrupt) is not None:
                    return ASKED_TWICE
                if failures.subgroup(LedgerError) is not None:
                    begin.suspect(loaded.paths.ledger)
                logger.exception("the daemon ends after a failure")
                return 1
            except Exception:
                logger.exception("the daemon ends after a failure")
                return 1
    # Else the interpreter spends most of a second on taking apart, object by object, what the SDKs have built.
    gc.freeze()
    return 0


async def _serve(loaded: Loaded, redactor: Redactor, is_first: bool, rescued: str) -> None:
    """`rescued`: what the owner has to know of the ledger."""
    gateway = loaded.settings.gateway
    hosts = bind_hosts(gateway, "gateway")
    sockets = [bind(host, gateway.port) for host in hosts]
    async with build(loaded, redactor, with_channels=True) as house:
        readiness = Readiness(starting="the daemon is starting")
        control = make_control(
            gateway, house, lambda: _token(house.core), readiness, bound=hosts, clock=house.core.clock
        )
        app = control_app(control, _routes(house))
        listener, doors = HttpListener(app, sockets), PublicDoors(_door_parts(house))
        async with anyio.create_task_group() as serving:
            serving.start_soon(listener.run)
            await listener.wait_listening()
            await doors.open(serving)
            async with anyio.create_task_group() as beside:
                beside.start_soon(control.board.broadcast.run, house.bus)
                if rescued:
                    beside.start_soon(house.accounts.alerts.alert, "ledger-restored", rescued)
                beside.start_soon(ConfigLife(house.renewal, doors).run)
                await _work(house, readiness, beside, _greeting(house, listener.address[1], is_first))
                beside.cancel_scope.cancel()
            # They end by themselves: cancelling uvicorn leaves its sockets open.
            listener.stop()
            doors.close()


async def _work(house: House, readiness: Readiness, beside: TaskGroup, greeting: str) -> None:
    notifier = Notifier.of(house.core.loaded.environ)
    async with house.working():
        _start_watchdog(beside, house, notifier)
        beside.start_soon(_watch_storage, house.core.ledger, readiness)
        _watch_drift(beside, house)
        _watch_registration(beside, house.core)
        _keep_copies(beside, house)
        beside.start_soon(house.hooks.run)
        async with anyio.create_task_group() as receiving:
            # Before anybody is told that we are here: who knows it may also ask us to stop.
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                readiness.clear("starting")
                notifier.ready("running")
                beside.start_soon(house.hands.mcp.run)
                print(greeting, flush=True)  # noqa: T201 - says that it is ready, to whoever started it
                channels = list(house.channels.values())
                receiving.start_soon(house.runner.receive, channels, house.intake.deliver, house.bus)
                received = await anext(signals)
            # From here on a second signal ends the process at once, as it ends any other.
            readiness.block("draining", "the daemon is stopping")
            notifier.stopping()
            logger.info("%s: stopping; what is under way is finished first", received.name)
            await house.bus.publish(Stopping(received.name))
            receiving.cancel_scope.cancel()


def _routes(house: House) -> list[BaseRoute]:
    desk, phone = house.desk, house.desk.phone()
    own = [*phone_routes(phone), *recording_routes(house.office.telephone), *stream_routes(phone)]
    own += [*book_routes(desk), *session_routes(desk), *media_routes(house.core.loaded.paths.state)]
    endpoints = house.core.loaded.settings.gateway.http.endpoints
    return [*own, *tool_routes(house.invoking), *openai_routes(house, endpoints)]


def _door_parts(house: House) -> DoorParts:
    deliver = house.runner.noting(house.intake.deliver_webhook)
    return DoorParts(house.core, house.channels, house.hooks, deliver, house.accounts.alerts.refused)


async def _token(core: Core) -> Secret:
    """Asked at every attempt, so that a changed token counts at once."""
    reference = core.loaded.settings.gateway.auth.token
    return await core.resolver.resolve(reference if reference is not None else SecretRef(""))


def _start_watchdog(group: TaskGroup, house: House, notifier: Notifier) -> None:
    seconds = watchdog_seconds(house.core.loaded.environ)
    if seconds is not None:
        group.start_soon(Watchdog(notifier, seconds, _proofs(house)).run)


def _proofs(house: House) -> Mapping[str, Proof]:
    ledger, clock = house.core.ledger, house.core.clock

    async def ledger_takes_writes() -> bool:
        with suppress(StorageFullError):  # a restart makes no room
            await ledger.probe()
        return True

    async def messages_are_sorted() -> bool:
        oldest = await ledger.accepted(1)
        return not oldest or ledger.is_full or clock.now_ms() - oldest[0].received_at < STUCK_MS

    return {"ledger": ledger_takes_writes, "inbox": messages_are_sorted}


def _watch_drift(group: TaskGroup, house: House) -> None:
    async def look() -> list[drift.Drift]:
        # Another config may hold than at the start.
        settings = house.core.loaded.settings
        return await drift.look(settings, house.core.resolver) if drift.expectations(settings) else []

    group.start_soon(drift.watch, look, house.accounts.alerts.alert)


def _keep_copies(group: TaskGroup, house: House) -> None:
    core = house.core
    copies = core.loaded.settings.backup.ledger
    group.start_soon(keep_copies, core.loaded.paths.ledger, copies, house.accounts.alerts.alert, core.clock)


def _watch_registration(group: TaskGroup, core: Core) -> None:
    for words in registration.advice(core.loaded.settings):
        logger.warning("%s", words)

    async def look() -> None:
        settings = core.loaded.settings
        if any(registration.unstated(settings)):
            await registration.look(settings, core.resolver, core.consents.registered)

    group.start_soon(registration.watch, look)


async def _watch_storage(ledger: Ledger, readiness: Readiness) -> None:
    while True:
        await anyio.sleep(1)
        if not ledger.is_full:
            continue
        readiness.block("storage_full", "the disk of the state directory is full; nothing new is accepted")
        # Whoever waits for room may find it before we do.
        while ledger.is_full:
            with suppress(StorageFullError, StorageBusyError):
                await ledger.probe()
            await anyio.sleep(1)
        logger.info("there is room again; new messages are accepted")
        readiness.clear("storage_full")


def _greeting(house: House, port: int, is_first: bool) -> str:
    channels = ", ".join(sorted({name for name, _ in house.channels})) or "none"
    at, model = f"http://127.0.0.1:{port}", house.desk.nameplate().model
    ready = f"openclaw ready on {at} (channels: {channels}; model: {model})"
    if not is_first or not house.core.loaded.settings.gateway.control_ui.enabled:
        return ready
    code = house.logins.offer().code.reveal()
    return f"{ready}\nopen {at}/#code={code} (once, within ten minutes; `openclaw dashboard` prints another)"
