"""The real daemon as a process of its own, with a home, ports and a token of its own."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from tests.fake.http import PATIENCE
from tests.fake.nursery import Nursery, Nursling

Json = dict[str, Any]
CHECKOUT = Path(__file__).parents[2]
READY = "openclaw ready on"
PROGRAM = (sys.executable, "-m", "openclaw")
PORTS = range(20_000, 32_000)
"""Below those that a system hands out by itself: between two lives of a daemon nobody else comes by its port."""


class DidNotStartError(AssertionError):
    pass


@dataclass(frozen=True, slots=True)
class CliResult:
    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)


class Daemon:
    """`config=None` starts with no config file at all. Nothing of this machine's environment is passed on."""

    def __init__(
        self,
        home: Path,
        config: Mapping[str, Any] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        args: tuple[str, ...] = (),
        prefix: tuple[str, ...] = (),
        program: tuple[str, ...] = PROGRAM,
        nursery: Nursery | None = None,
    ) -> None:
        self.home = home
        self.config = None if config is None else dict(config)
        self.env = dict(env or {})
        self.args = args
        self.prefix = prefix
        """A command that becomes the daemon's by `exec`, such as `unshare`."""
        self.program = program
        """`openclaw`, for the daemon and for its commands."""
        self._nursery = nursery if program == PROGRAM and not prefix else None
        self.port, self.webhook_port = free_ports(2)
        self.output: list[str] = []
        """Lines of standard output and standard error, of every start."""
        self._token = f"test-{secrets.token_hex(16)}"
        self._process: asyncio.subprocess.Process | Nursling | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._said_more = asyncio.Condition()

    @property
    def state_dir(self) -> Path:
        given = self.env.get("OPENCLAW_STATE_DIR")
        return Path(given) if given else self.home / ".openclaw"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        return f"http://127.0.0.1:{self.webhook_port}"

    @property
    def token(self) -> str:
        """The gateway's; read from the starter config when the daemon made it itself."""
        if self.config is not None:
            return str(self.config["gateway"]["auth"]["token"])
        import pyjson5

        text = (self.state_dir / "openclaw.json").read_text()
        return str(pyjson5.decode(text)["gateway"]["auth"]["token"])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.running:
            await self.stop()

    async def start(self, timeout: float = 20, *, ready: bool = True) -> None:
        """Returns when the daemon has said that it is ready; `ready=False`: as soon as the process is there."""
        assert not self.running, "it runs already"
        self._write_config()
        self._ready.clear()
        ours, theirs = os.pipe()
        try:
            self._process = await self._begin(theirs)
        finally:
            os.close(theirs)
        self._reader = asyncio.ensure_future(self._read(await _lines_of(ours)))
        if ready:
            await self._wait_ready(timeout)

    async def _begin(self, output: int) -> asyncio.subprocess.Process | Nursling:
        arguments = ("serve", *self.args)
        if self._nursery is not None:
            nothing = os.open(os.devnull, os.O_RDONLY)
            try:
                files = (nothing, output, output)
                return await self._nursery.spawn(arguments, self._environment(), self.home, files)
            finally:
                os.close(nothing)
        return await asyncio.create_subprocess_exec(
            *(*self.prefix, *self.program, *arguments),
            env=self._environment(),
            cwd=self.home,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )

    async def _wait_ready(self, timeout: float) -> None:
        assert self._reader is not None
        says_ready = asyncio.ensure_future(self._ready.wait())
        done, _ = await asyncio.wait(
            {says_ready, self._reader}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        says_ready.cancel()
        if self._ready.is_set():
            return
        what = f"was not ready in {timeout} s" if not done else "ended before it was ready"
        code = await self.kill() if not done else await self.wait_exit()
        raise DidNotStartError(f"the daemon {what} (exit {code}):\n" + "\n".join(self.output[-40:]))

    async def stop(self, timeout: float = 30) -> int:
        """SIGTERM; the exit code. A daemon that does not end in time is killed, and the test fails."""
        self.signal(signal.SIGTERM)
        return await self.wait_exit(timeout)

    async def kill(self) -> int:
        """SIGKILL; nothing more of it runs when this returns."""
        if self.running:
            self.signal(signal.SIGKILL)
        return await self.wait_exit()

    def signal(self, number: signal.Signals) -> None:
        if self.running:
            os.kill(self.pid, number)

    async def wait_exit(self, timeout: float = 30) -> int:
        assert self._process is not None
        assert self._reader is not None
        try:
            async with asyncio.timeout(timeout):
                code = await self._process.wait()
                await self._reader
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            tail = "\n".join(self.output[-40:])
            raise AssertionError(f"the daemon did not end in {timeout} s:\n{tail}") from None
        return code

    def said(self, text: str) -> list[str]:
        """The lines of output that hold `text`."""
        return [line for line in self.output if text in line]

    async def wait_said(self, text: str, count: int = 1, timeout: float = PATIENCE) -> list[str]:
        try:
            async with asyncio.timeout(timeout), self._said_more:
                await self._said_more.wait_for(lambda: len(self.said(text)) >= count)
        except TimeoutError:
            tail = "\n".join(self.output[-40:])
            raise AssertionError(
                f"the daemon did not say {text!r} {count} times in {timeout} s:\n{tail}"
            ) from None
        return self.said(text)

    async def cli(self, *args: str, stdin: str = "", timeout: float = 30) -> CliResult:
        """One `openclaw` command against this daemon's state directory."""
        if not (self.state_dir / "openclaw.json").exists():
            self._write_config()
        if self._nursery is not None:
            return await self._forked_cli(self._nursery, args, stdin, timeout)
        process = await asyncio.create_subprocess_exec(
            *(*self.program, *args),
            env=self._environment(),
            cwd=self.home,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(_reap, process)
            async with asyncio.timeout(timeout):
                out, err = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return CliResult(process.returncode, out.decode(), err.decode())

    async def _forked_cli(
        self, nursery: Nursery, args: tuple[str, ...], stdin: str, timeout: float
    ) -> CliResult:
        with TemporaryFile() as said, TemporaryFile() as out, TemporaryFile() as err:
            said.write(stdin.encode())
            said.seek(0)
            files = (said.fileno(), out.fileno(), err.fileno())
            process = await nursery.spawn(args, self._environment(), self.home, files)
            async with AsyncExitStack() as stack:
                stack.push_async_callback(_reap, process)
                async with asyncio.timeout(timeout):
                    code = await process.wait()
            out.seek(0)
            err.seek(0)
            return CliResult(code, out.read().decode(), err.read().decode())

    def transcripts(self, agent: str = "main") -> dict[str, list[Json]]:
        """Session id → its lines."""
        folder = self.state_dir / "agents" / agent / "sessions"
        return {path.stem: _json_lines(path) for path in sorted(folder.glob("*.jsonl"))}

    def transcript(self, agent: str = "main") -> list[Json]:
        """The lines of the only session."""
        (lines,) = self.transcripts(agent).values()
        return lines

    def sessions_json(self, agent: str = "main") -> Json:
        found = json.loads((self.state_dir / "agents" / agent / "sessions" / "sessions.json").read_bytes())
        assert isinstance(found, dict)
        return found

    def log_lines(self) -> list[Json]:
        path = self.state_dir / "logs" / "gateway.log"
        return _json_lines(path) if path.exists() else []

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            self.output.append(line.decode(errors="replace").rstrip("\n"))
            if READY in self.output[-1]:
                self._ready.set()
            async with self._said_more:
                self._said_more.notify_all()

    def _write_config(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.config is None:
            return
        gateway = self.config.setdefault("gateway", {})
        gateway.setdefault("port", self.port)
        gateway.setdefault("auth", {}).setdefault("token", self._token)
        self.config.setdefault("webhooks", {}).setdefault("port", self.webhook_port)
        self.port, self.webhook_port = gateway["port"], self.config["webhooks"]["port"]
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.state_dir / "openclaw.json"
        path.write_text(json.dumps(self.config))
        path.chmod(0o600)

    def _environment(self) -> dict[str, str]:
        ports = {"OPENCLAW_GATEWAY_PORT": str(self.port), "OPENCLAW__WEBHOOKS__PORT": str(self.webhook_port)}
        return clean_environment(self.home, **(ports if self.config is None else {}), **self.env)


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """What a program needs to run our code, and nothing else of this machine."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nothing listens on now, all different."""
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            if port not in found:
                found.append(port)
    return tuple(found)


async def _lines_of(file: int) -> asyncio.StreamReader:
    """What is written into the other end of a pipe."""
    reader = asyncio.StreamReader(limit=1 << 22)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(file, "rb", 0)
    )
    return reader


async def _reap(process: asyncio.subprocess.Process | Nursling) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


def _json_lines(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]
