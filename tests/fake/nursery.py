"""Processes that have loaded our code before they begin: forked instead of started, each a real one of its own.

Loading the program and its SDKs takes most of a short daemon's life. One process of the nursery loads them once, and
every daemon and every command begins as its fork, with a pid, an environment, signals and an end of its own.
"""

import asyncio
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import random
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

SDKS = (
    "anthropic", "anthropic.types", "httpx", "openai", "phonenumbers", "telegram", "telegram.request",
    "twilio.http.async_http_client", "twilio.request_validator", "twilio.rest", "markdown_it",
)  # fmt: skip
GONE = -1
LARGEST = 1 << 18
"""Bytes of a request: arguments and environment."""


class Nursling:
    """As much of `asyncio.subprocess.Process` as tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.ended = asyncio.Event()

    async def wait(self) -> int:
        await self.ended.wait()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


class Nursery:
    """In the process of the tests: asks for forks, and hears of their ends. One event loop at a time."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.fake.nursery", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL
        )
        theirs.close()
        self._socket = ours
        self._alive: dict[int, Nursling] = {}
        self._early: dict[int, int] = {}
        """Ends that were told before the pid."""
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._asking = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def spawn(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        files: tuple[int, int, int],
        *,
        terminal: bool = False,
    ) -> Nursling:
        """`files`: standard input, output and error; they are the caller's to close.

        `terminal`: the standard input is one, and becomes the process's own: what it sends on Ctrl-C arrives there.
        """
        self._listen()
        async with self._asking:
            request = {
                "arguments": list(arguments),
                "env": dict(env),
                "cwd": str(cwd),
                "terminal": terminal,
            }
            socket.send_fds(self._socket, [json.dumps(request).encode()], list(files))
            pid = await self._born.get()
            if pid == GONE:
                raise RuntimeError("the nursery has ended; why stands in its own output")
            born = Nursling(pid)
        if (code := self._early.pop(born.pid, None)) is not None:
            _end(born, code)
        else:
            self._alive[born.pid] = born
        return born

    def close(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        self._socket.close()
        self._process.wait(10)

    def _listen(self) -> None:
        """Each test has a loop of its own."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._asking, self._born = loop, asyncio.Lock(), asyncio.Queue()
            self._alive.clear()
            loop.add_reader(self._socket, self._hear)

    def _hear(self) -> None:
        heard = self._socket.recv(LARGEST)
        if not heard:
            # Our code cannot be imported, for instance.
            asyncio.get_running_loop().remove_reader(self._socket)
            self._born.put_nowait(GONE)
            return
        told: dict[str, int] = json.loads(heard)
        if "born" in told:
            self._born.put_nowait(told["born"])
        elif (child := self._alive.pop(told["ended"], None)) is not None:
            _end(child, told["code"])
        else:
            self._early[told["ended"]] = told["code"]


def _end(child: Nursling, code: int) -> None:
    child.returncode = code
    child.ended.set()


# -- in the process of the nursery ----------------------------------------------------------------------------


def load() -> None:
    import openclaw

    for module in pkgutil.walk_packages(openclaw.__path__, "openclaw."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in SDKS:
        with suppress(ImportError):
            importlib.import_module(name)
    # What is there for good is not looked through again by each child.
    gc.collect()
    gc.freeze()


def serve(ours: socket.socket) -> None:
    """Until the tests are gone."""
    load()
    assert threading.active_count() == 1, "a fork takes only one thread along"
    children: dict[int, int] = {}
    while True:
        watched: list[socket.socket | int] = [ours, *children]
        readable, _, _ = select.select(watched, [], [])
        for file in readable:
            if isinstance(file, int):
                _bury(ours, file, children.pop(file))
                continue
            request, files, _, _ = socket.recv_fds(ours, LARGEST, 3)
            if not request:
                return
            pid = os.fork()
            if pid == 0:
                ours.close()
                _live(json.loads(request), files)
            for each in files:
                os.close(each)
            children[os.pidfd_open(pid)] = pid
            ours.send(json.dumps({"born": pid}).encode())


def _bury(ours: socket.socket, file: int, pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(file)
    ours.send(json.dumps({"ended": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def _live(request: Mapping[str, Any], files: Sequence[int]) -> NoReturn:
    code = 1
    try:
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.closerange(3, 256)
        if request["terminal"]:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.argv = ["openclaw", *request["arguments"]]
        random.seed()
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        code = _run()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _run() -> int:
    from openclaw.cli.main import main

    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(end.code + "\n")
            return 1
        return end.code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
