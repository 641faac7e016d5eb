"""A person's terminal: a pseudo-terminal with a program in it, whose words are waited for and answered."""

import asyncio
import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.fake.nursery import Nursery, Nursling

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
CTRL_C = "\x03"


class Terminal:
    def __init__(self, nursery: Nursery, *, columns: int = 100, rows: int = 60) -> None:
        self._nursery = nursery
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.raw = ""
        """All that was written on it, escape codes and all."""
        self._seen = 0
        self._more = asyncio.Event()
        self._program: Nursling | None = None

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._master, self._read)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._program is not None:
            self._program.kill()
            await self._program.wait()
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.raw).replace("\r\n", "\n")

    async def run(self, arguments: tuple[str, ...], env: Mapping[str, str], cwd: Path) -> None:
        files = (self._slave, self._slave, self._slave)
        environment = {"TERM": "xterm-256color", **env}
        self._program = await self._nursery.spawn(arguments, environment, cwd, files, terminal=True)

    async def expect(self, words: str, timeout: float = 30) -> str:
        """Waits until the words stand there, behind those expected before; returns what stands up to them."""
        try:
            async with asyncio.timeout(timeout):
                while (place := self.text.find(words, self._seen)) < 0:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{words!r} did not come; this did:\n{self.text[self._seen :]}") from None
        before, self._seen = self.text[self._seen : place + len(words)], place + len(words)
        return before

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    async def answer(self, prompt: str, text: str = "") -> None:
        await self.expect(prompt)
        self.type(f"{text}\n")

    async def ended(self, timeout: float = 30) -> int:
        assert self._program is not None
        async with asyncio.timeout(timeout):
            return await self._program.wait()

    async def settled(self) -> None:
        """What the program wrote before it ended has been read."""
        os.write(self._slave, b"\x00")
        await self.expect("\x00")

    def _read(self) -> None:
        try:
            self.raw += os.read(self._master, 65536).decode(errors="replace")
        except OSError:
            return
        self._more.set()
