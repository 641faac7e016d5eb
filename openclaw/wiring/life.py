"""The config while the daemon runs: a changed file holds without a restart, and a bad edit changes nothing."""

import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup, TaskStatus

from openclaw.agent.config import roster
from openclaw.settings.checking.safety import insecurities, revealing
from openclaw.settings.file import UnreadableError, fingerprint
from openclaw.settings.life.effects import Taken, in_force
from openclaw.settings.life.watching import Watch, mark_of
from openclaw.settings.loading import Loaded, reload
from openclaw.settings.problems import Problem, dotted
from openclaw.settings.starter import furnish_empty, keep_last_good
from openclaw.types.channel import Channel
from openclaw.types.events import ConfigChanged
from openclaw.wiring.doors import PublicDoors
from openclaw.wiring.renewal import Renewal

logger = logging.getLogger(__name__)

MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Pace:
    look_seconds: float = 1.0
    patience_seconds: float = 1.0
    """A file that cannot be read may be half written."""
    retirement_seconds: float = 120.0
    """Longer than anything is sent: then a channel that was replaced is closed."""


class ConfigLife:
    def __init__(self, renewal: Renewal, doors: PublicDoors, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._renewal = renewal
        self._doors = doors
        self._core = renewal.core
        self._watch = Watch(
            lambda: self._core.loaded.files,
            lambda: self._core.loaded.settings.gateway.reload.debounce_ms / 1000,
            look_seconds=self._pace.look_seconds,
        )

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. Started when it hears who hangs up."""
        await self._begin()
        async with anyio.create_task_group() as group:
            await group.start(self._hear_hangups)
            task_status.started()
            while True:
                asked = await self._watch.changed()
                if not asked and self._core.loaded.settings.gateway.reload.mode == "off":
                    continue
                try:
                    await self._look(group, asked=asked)
                except Exception:
                    # Whoever waits for an answer is not to suffer for what the config has done to us.
                    logger.exception("the config file could not be taken over; it goes on as it is")

    async def _begin(self) -> None:
        """The file may have changed since it was read, or was not readable even then."""
        loaded = self._core.loaded
        mark = await anyio.to_thread.run_sync(mark_of, loaded.files)
        if await anyio.to_thread.run_sync(_is_unchanged, loaded):
            self._watch.seen = mark
        if loaded.source == loaded.paths.last_good:
            said = next((each.text for each in loaded.problems if each.key == str(loaded.paths.config)), "")
            await self._refuse(said.partition(". The last good")[0] or "it cannot be read")

    async def _hear_hangups(self, *, task_status: TaskStatus[None]) -> None:
        if sys.stdin is not None and sys.stdin.isatty():
            # There it says that the terminal is gone, and the daemon with it.
            task_status.started()
            return
        with anyio.open_signal_receiver(signal.SIGHUP) as signals:
            task_status.started()
            async for _ in signals:
                logger.info("SIGHUP: the config and its secrets are read anew")
                self._watch.nudge(asked=True)

    # -- one look -----------------------------------------------------------------------------------------

    async def _look(self, group: TaskGroup, *, asked: bool) -> None:
        try:
            fresh, data = await self._read()
        except UnreadableError as error:
            await self._refuse(str(error))
            return
        running = self._core.loaded
        if reasons := await anyio.to_thread.run_sync(_reasons_against, running, fresh):
            await self._refuse("; ".join(reasons[:3]))
            return
        taken = in_force(running, fresh)
        # A secret may be another one behind the same reference.
        asked = asked or fresh.environ != running.environ
        if not asked and not taken.is_news and taken.waiting == self._core.condition.waiting:
            self._core.loaded = taken.loaded
            await self._sound_again()
            return
        await anyio.to_thread.run_sync(_furnish, taken.loaded)
        retired = await self._renewal.renew(taken)
        await self._doors.renew()
        group.start_soon(self._close_later, retired)
        await anyio.to_thread.run_sync(keep_last_good, fresh.paths, data)
        await self._tell(taken, [each for each in fresh.problems if each not in running.problems])

    async def _read(self) -> tuple[Loaded, bytes]:
        try:
            return await anyio.to_thread.run_sync(reload, self._core.loaded)
        except UnreadableError:
            await anyio.sleep(self._pace.patience_seconds)
            return await anyio.to_thread.run_sync(reload, self._core.loaded)

    async def _close_later(self, retired: Sequence[Channel]) -> None:
        if not retired:
            return
        await anyio.sleep(self._pace.retirement_seconds)
        for channel in retired:
            self._renewal.accounts.retired.remove(channel)
            try:
                await channel.aclose()
            except Exception:
                logger.exception(
                    "%s/%s, which was replaced, could not be closed", channel.name, channel.account
                )

    # -- what is told -------------------------------------------------------------------------------------

    async def _refuse(self, fault: str) -> None:
        """Each fault once: in the log, to whoever watches, and to the owner."""
        if fault == self._core.condition.fault:
            return
        self._core.condition.fault = fault
        file = self._core.loaded.paths.config
        words = f"{file} is not taken over: {fault}. What held before holds on. Mend it; see: openclaw config check"
        logger.error("%s", words)
        await self._core.bus.publish(ConfigChanged(fault=fault))
        await self._renewal.accounts.alerts.alert(f"config:{fingerprint(fault.encode())[:8]}", words)

    async def _sound_again(self) -> None:
        if self._core.condition.fault:
            self._core.condition.fault = ""
            logger.info("the config file can be used again")

    async def _tell(self, taken: Taken, problems: Sequence[Problem]) -> None:
        await self._sound_again()
        is_known, self._core.condition.waiting = taken.waiting == self._core.condition.waiting, taken.waiting
        live, waiting = _names([*taken.live, *taken.channels]), _names(taken.waiting)
        for problem in problems:
            logger.warning("%s", problem)
        logger.info("the config was read anew: %s", _shortly(live) or "nothing else holds")
        if waiting and not is_known:
            logger.warning("after a restart: %s", _shortly(waiting))
        await self._core.bus.publish(ConfigChanged(tuple(live), tuple(waiting)))


def _furnish(loaded: Loaded) -> None:
    """Agents that are new begin with a workspace, as at a start. Blocks."""
    furnish_empty(profile.workspace for profile in roster(loaded.settings.agents, loaded.paths.state))


def _is_unchanged(loaded: Loaded) -> bool:
    """Whether the file is still what was read. Blocks."""
    try:
        return fingerprint(loaded.paths.config.read_bytes()) == loaded.fingerprint
    except OSError:
        return loaded.source is None


def _reasons_against(running: Loaded, fresh: Loaded) -> list[str]:
    """A part that would be switched off, or something unsafe. Blocks: it reads secrets."""
    known = {str(each) for each in running.problems}
    found = [str(each) for each in fresh.problems if each.severity == "error" and str(each) not in known]
    reveal = revealing(fresh.environ, fresh.settings.secrets)
    return [*found, *(str(each) for each in insecurities(fresh.settings, reveal))]


def _names(keys: Sequence[tuple[str | int, ...]]) -> list[str]:
    return [dotted(key) for key in keys]


def _shortly(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
