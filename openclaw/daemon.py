"""The daemon's life: take the state directory and the ports, serve, and stop in order."""

import gc
import logging
import os
import signal
from collections.abc import Mapping
from contextlib import suppress

import anyio
from anyio.abc import TaskGroup

from openclaw.app import Core, House, build
from openclaw.logs import Redactor, logging_to
from openclaw.ops.notifier import Notifier, watchdog_seconds
from openclaw.ops.state_lock import StateLock
from openclaw.ops.watchdog import Proof, Watchdog
from openclaw.settings.loading import Loaded
from openclaw.store.ledger import Ledger
from openclaw.store.webhooks import AuditRow as AuditRecord
from openclaw.types.errors import OpenClawError, StorageBusyError, StorageFullError
from openclaw.types.events import Stopping
from openclaw.types.secrets import Secret, SecretRef
from openclaw.web.control import control_app, make_control
from openclaw.web.health import Readiness
from openclaw.web.listeners import HttpListener
from openclaw.web.ports import bind, bind_hosts
from openclaw.web.webhooks import AuditRow, webhook_app

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
        with logging_to(loaded.settings.logging, loaded.paths.log_file, redactor, color=color):
            for problem in loaded.problems:
                logger.log(logging.ERROR if problem.severity == "error" else logging.WARNING, "%s", problem)
            try:
                anyio.run(_serve, loaded, redactor)
            except OpenClawError:
                raise
            except KeyboardInterrupt:
                return ASKED_TWICE
            except BaseExceptionGroup as failures:
                # A task group wraps the second Ctrl-C where it met one.
                if failures.subgroup(KeyboardInterrupt) is not None:
                    return ASKED_TWICE
                logger.exception("the daemon ends after a failure")
                return 1
            except Exception:
                logger.exception("the daemon ends after a failure")
                return 1
    # Else the interpreter spends most of a second on taking apart, object by object, what the SDKs have built.
    gc.freeze()
    return 0


async def _serve(loaded: Loaded, redactor: Redactor) -> None:
    gateway = loaded.settings.gateway
    hosts = bind_hosts(gateway, "gateway")
    sockets = [bind(host, gateway.port) for host in hosts]
    async with build(loaded, redactor, with_channels=True) as house:
        readiness = Readiness(starting="the daemon is starting")
        control = make_control(
            gateway, house, lambda: _token(house.core), readiness, bound=hosts, clock=house.core.clock
        )
        listeners = [HttpListener(control_app(control), sockets), *_public_listener(house)]
        async with anyio.create_task_group() as serving:
            for listener in listeners:
                serving.start_soon(listener.run)
                await listener.wait_listening()
            async with anyio.create_task_group() as beside:
                beside.start_soon(control.board.broadcast.run, house.bus)
                await _work(house, readiness, beside, listeners[0].address[1])
                beside.cancel_scope.cancel()
            # They end by themselves: cancelling uvicorn leaves its sockets open.
            for listener in listeners:
                listener.stop()


async def _work(house: House, readiness: Readiness, beside: TaskGroup, port: int) -> None:
    notifier = Notifier.of(house.core.loaded.environ)
    async with house.working():
        _start_watchdog(beside, house, notifier)
        beside.start_soon(_watch_storage, house.core.ledger, readiness)
        async with anyio.create_task_group() as receiving:
            # Before anybody is told that we are here: who knows it may also ask us to stop.
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                readiness.clear("starting")
                notifier.ready("running")
                print(_ready_line(house, port), flush=True)  # noqa: T201 - the one line that says it is ready
                channels = list(house.channels.values())
                receiving.start_soon(house.runner.receive, channels, house.intake.deliver, house.bus)
                received = await anext(signals)
            # From here on a second signal ends the process at once, as it ends any other.
            readiness.block("draining", "the daemon is stopping")
            notifier.stopping()
            logger.info("%s: stopping; what is under way is finished first", received.name)
            await house.bus.publish(Stopping(received.name))
            receiving.cancel_scope.cancel()


def _public_listener(house: House) -> list[HttpListener]:
    """The webhooks' own port, only where a channel has a webhook."""
    deliver = house.runner.noting(house.intake.deliver_webhook)
    routes = {channel.name: channel.routes(deliver) for channel in house.channels.values()}
    if not any(routes.values()):
        return []
    config = house.core.loaded.settings.webhooks

    async def audit(row: AuditRow) -> None:
        record = AuditRecord(row.channel or "", row.path, row.outcome, row.reason, row.event_key)
        await house.core.ledger.audit_webhook(record)

    app = webhook_app(routes, audit, max_body=config.max_body_bytes)
    return [HttpListener(app, [bind(host, config.port) for host in bind_hosts(config, "webhooks")])]


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


def _ready_line(house: House, port: int) -> str:
    channels = ", ".join(sorted({name for name, _ in house.channels})) or "none"
    return f"openclaw ready on http://127.0.0.1:{port} (channels: {channels}; model: {house.desk.nameplate().model})"
