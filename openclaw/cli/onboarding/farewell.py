"""The first answered message, and the link to the page: through the running assistant, else from here. Blocks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openclaw.cli.chat import ask, ask_here
from openclaw.cli.house import line, load_settings
from openclaw.cli.rpc import GatewayDownError, Line, RefusedError
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.settings.loading import Loaded

QUESTION = {"sessionKey": "main"}
START_SECONDS = 20.0
READ_SECONDS = 4.0
_PAUSE_SECONDS = 0.2

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Met:
    running: bool
    """The assistant is at work, and stays there."""
    link: str = ""
    """Empty where the page is switched off."""
    trouble: str = ""
    """Why the message was not answered."""
    is_behind: bool = False
    """It still works with the configuration of before."""


def greeting(name: str) -> str:
    who = f"I am {name}" if name else "it is me, your owner"
    return f"Hello, {who}. You have just been set up. Greet me in two sentences, and say how we go on."


def meet(message: str, *, started: bool) -> Met:
    """`message`: empty for none. `started`: a service is just starting and worth waiting for.

    Where nobody is at work and nobody is about to be, the house is opened in this process, and closed again.
    """
    loaded = load_settings()
    try:
        with _reached(loaded, START_SECONDS if started else 0.0) as connected:
            is_behind = not _has_read(connected, loaded.fingerprint)
            trouble = _tried(lambda text: ask(connected, text, QUESTION, False), message)
            link = ""
            with suppress(RefusedError):
                link = _link(loaded, str(connected.call("dashboard.link", {})["path"]))
            return Met(True, link, trouble, is_behind)
    except GatewayDownError:
        if started:
            # Whoever opened the house here would keep the service out of it, for good.
            return Met(False)
    try:
        return _meet_here(loaded, message)
    except OpenClawError as error:
        return Met(False, trouble=str(error))


@contextmanager
def _reached(loaded: "Loaded", patience: float) -> Iterator[Line]:
    """Raises GatewayDownError when nobody answers in that time."""
    until = time.monotonic() + patience
    while True:
        try:
            connection = line(loaded)
            connected = connection.__enter__()
        except GatewayDownError:
            if time.monotonic() >= until:
                raise
            threading.Event().wait(_PAUSE_SECONDS)
            continue
        try:
            yield connected
        finally:
            connection.__exit__(None, None, None)
        return


def _has_read(connected: Line, fingerprint: str) -> bool:
    """Whether the assistant at work goes by the file as it is now: it looks at it every so often."""
    until = time.monotonic() + READ_SECONDS
    while True:
        known = connected.call("config.get", {}).get("runningHash", "")
        if known in ("", fingerprint):
            return True
        if time.monotonic() >= until:
            return False
        threading.Event().wait(_PAUSE_SECONDS)


def _meet_here(loaded: "Loaded", message: str) -> Met:
    from anyio.from_thread import start_blocking_portal

    from openclaw.app import open_house

    broken_off: KeyboardInterrupt | None = None
    met = Met(False)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(open_house(loaded)) as house:
        # Raised only after the house is closed: on the way out its task groups would wrap it.
        try:
            trouble = _tried(lambda text: portal.call(ask_here, house, text, QUESTION, False), message)
            code = portal.call(house.logins.offer_for_later).code.reveal()
            met = Met(False, _link(loaded, f"/#code={code}"), trouble)
        except KeyboardInterrupt as error:
            broken_off = error
    if broken_off is not None:
        raise broken_off
    return met


def _tried(say: Say, message: str) -> str:
    """Why it was not answered; empty when it was, or when nothing was to be said."""
    try:
        if message:
            say(message)
    except OpenClawError as error:
        return str(error)
    return ""


def _link(loaded: "Loaded", path: str) -> str:
    gateway = loaded.settings.gateway
    return f"http://127.0.0.1:{gateway.port}{path}" if gateway.control_ui.enabled else ""
