"""Runs checks side by side. One that hangs or fails becomes a finding of its own and hurts no other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

import anyio

from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Premises

logger = logging.getLogger(__name__)

T = TypeVar("T")
Look = Callable[[Premises], Awaitable[Iterable[Finding]]]

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    """What is looked at, in plain words that finish the sentence “… could not be looked at”."""
    look: Look
    seconds: float = SECONDS
    last: bool = False
    """It looks at what the others have heard."""


async def examine(checks: Sequence[Check], premises: Premises) -> list[Finding]:
    """In the order of the checks, whichever is ready first; at least one of each."""
    found: dict[str, list[Finding]] = {}

    async def run(check: Check) -> None:
        found[check.name] = await _looked(check, premises)

    for last in (False, True):
        async with anyio.create_task_group() as group:
            for check in checks:
                if check.last == last:
                    group.start_soon(run, check)
    return [finding for check in checks for finding in found[check.name] or [well(check)]]


def well(check: Check) -> Finding:
    """Nothing was found there, which whoever asks for everything is told."""
    return Finding("checked", "ok", f"{_begun(check.name)}: well.")


async def _looked(check: Check, premises: Premises) -> list[Finding]:
    try:
        with anyio.fail_after(check.seconds):
            return list(await check.look(premises))
    except TimeoutError:
        what = f"Within {check.seconds:g} s {check.name} could not be looked at."
        why = (
            "Something is very slow or hangs: a disk, a network folder, a program that is asked for a secret."
        )
        return [Finding("doctor.slow", "warn", what, why, "Try it again; if it stays so, look at that part.")]
    except Exception as error:
        logger.exception("%s could not be looked at", check.name)
        what = f"{_begun(check.name)} could not be looked at ({type(error).__name__}: {error})."
        why = "What is wrong there is not known."
        return [Finding("doctor.failed", "warn", what, why, "Please report this with the words above.")]


def _begun(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def blocking(look: Callable[[Premises], Iterable[Finding]]) -> Look:
    """A check that reads files: off the loop, and left behind when it takes too long."""

    async def off_the_loop(premises: Premises) -> Iterable[Finding]:
        return await apart(lambda: list(look(premises)))

    return off_the_loop


async def apart(work: Callable[[], T]) -> T:
    """In a thread that nobody waits for at the end: a folder on a dead server must not keep us."""
    outcome: Future[T] = Future()

    def run() -> None:
        if not outcome.set_running_or_notify_cancel():
            return
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            outcome.set_exception(error)

    Thread(target=run, name="openclaw-doctor", daemon=True).start()
    return await asyncio.wrap_future(outcome)
