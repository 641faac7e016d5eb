"""The doors to the outside: the public listeners over whatever channels and hooks there are now."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from socket import socket

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from starlette.types import ASGIApp, Receive, Scope, Send

from openclaw.gateway.jobs.desk import JobDesk
from openclaw.store.webhooks import AuditRow as AuditRecord
from openclaw.types.channel import Channel, Deliver, WebhookRoute
from openclaw.web.hooks.desk import Hooks
from openclaw.web.listeners import HttpListener
from openclaw.web.ports import PortBusyError, bind, bind_hosts
from openclaw.web.webhooks import AuditRow, webhook_app
from openclaw.wiring.foundation import Core

logger = logging.getLogger(__name__)

Routes = Mapping[str, list[WebhookRoute]]
"""By channel."""


class HookDoors:
    """The owner's hooks, where a token is set; others where the config is another one."""

    def __init__(self, core: Core, jobs: JobDesk) -> None:
        self._core = core
        self._jobs = jobs
        self._made_of: object = None
        self._changed = anyio.Event()
        self.present: tuple[Hooks, ...] = ()
        self.adopt()

    def adopt(self) -> None:
        core, config = self._core, self._core.loaded.settings.hooks
        made_of = (config, core.agents[0].id)
        if made_of == self._made_of:
            return
        self._made_of = made_of
        served = config.enabled and config.token is not None
        self.present = (self._hooks(),) if served else ()
        self._changed.set()

    def _hooks(self) -> Hooks:
        core, config = self._core, self._core.loaded.settings.hooks
        assert config.token is not None
        return Hooks(config, config.token, core.resolver, self._jobs, core.clock, core.agents[0].id)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed = anyio.Event()
            async with anyio.create_task_group() as group:
                for hooks in self.present:
                    group.start_soon(hooks.run)
                await self._changed.wait()
                group.cancel_scope.cancel()


class _Switch:
    """What answers now. A request under way is answered by what it came to."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Door:
    listener: HttpListener
    switch: _Switch


@dataclass(frozen=True, slots=True)
class DoorParts:
    core: Core
    channels: Mapping[tuple[str, str], Channel]
    hooks: HookDoors
    deliver: Deliver
    refused: Callable[[str, str, str], Awaitable[None]]
    """Told of each request that was refused: its channel, path and the reason's class."""


class PublicDoors:
    """The webhooks' own ports, each only where a channel has a webhook there."""

    def __init__(self, parts: DoorParts) -> None:
        """Takes the ports. Raises PortBusyError, ConfigError."""
        self._parts = parts
        self._group: TaskGroup | None = None
        routes = self._routes()
        self._doors = {port: self._door(self._bound(port), served) for port, served in routes.items()}

    async def open(self, group: TaskGroup) -> None:
        """Serve in `group`, from its next step until `close`."""
        self._group = group
        for door in self._doors.values():
            await self._serve(door, group)

    def close(self) -> None:
        """They end by themselves: cancelling uvicorn leaves its sockets open."""
        for door in self._doors.values():
            door.listener.stop()

    async def renew(self) -> None:
        """Other channels: other routes, and other ports where they have their own."""
        routes = self._routes()
        for port in [port for port in self._doors if port not in routes]:
            self._doors.pop(port).listener.stop()
        for port, served in routes.items():
            if (door := self._doors.get(port)) is not None:
                door.switch.app = self._app(served)
                continue
            try:
                sockets = await anyio.to_thread.run_sync(self._bound, port)
            except PortBusyError as error:
                logger.error("%s; no webhook is served there", error)
                continue
            door = self._doors[port] = self._door(sockets, served)
            if self._group is not None:
                await self._serve(door, self._group)

    async def _serve(self, door: _Door, group: TaskGroup) -> None:
        group.start_soon(door.listener.run)
        await door.listener.wait_listening()

    def _bound(self, port: int) -> list[socket]:
        """Blocks where somebody else has the port, until he is found."""
        hosts = bind_hosts(self._parts.core.loaded.settings.webhooks, "webhooks")
        return [bind(host, port) for host in hosts]

    def _door(self, sockets: Sequence[socket], routes: Routes) -> _Door:
        switch = _Switch(self._app(routes))
        return _Door(HttpListener(switch, sockets), switch)

    def _app(self, routes: Routes) -> ASGIApp:
        config = self._parts.core.loaded.settings.webhooks
        return webhook_app(routes, self._audit, max_body=config.max_body_bytes)

    async def _audit(self, row: AuditRow) -> None:
        record = AuditRecord(row.channel or "", row.path, row.outcome, row.reason, row.event_key, row.headers)
        await self._parts.core.ledger.audit_webhook(record)
        if row.outcome == "refused" and row.channel is not None:
            await self._parts.refused(row.channel, row.path, row.reason)

    def _routes(self) -> dict[int, Routes]:
        """By port."""
        parts, settings = self._parts, self._parts.core.loaded.settings
        served = [(channel.name, channel.routes(parts.deliver)) for channel in parts.channels.values()]
        served += [(hooks.name, hooks.routes(parts.deliver)) for hooks in parts.hooks.present]
        found: dict[int, dict[str, list[WebhookRoute]]] = {}
        for name, routes in served:
            if routes:
                own = getattr(getattr(settings.channels, name, None), "webhook_port", None)
                found.setdefault(own or settings.webhooks.port, {}).setdefault(name, []).extend(routes)
        return dict(found)
