"""What a journey looks at from outside: files and ports until they say what is awaited, and what the model was told."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from tests.fake.http import PATIENCE
from tests.fakes import Daemon, FakeTelegram, ModelRequest, fetch, newest_user_text

OWNER = 821071206


def drop_old_polls(telegram: FakeTelegram) -> None:
    """The fake does not notice that a poller has ended, and would give it the next batch as well."""
    telegram.refuse_connections()
    telegram.accept_connections()


async def eventually(holds: Callable[[], bool], what: Callable[[], str], timeout: float = PATIENCE) -> None:
    """For what tells nobody when it changes, such as a file; fails with `what()`."""
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, f"after {timeout} s: {what()}"
        await asyncio.sleep(0.02)


async def wait_readyz(daemon: Daemon, status: int, timeout: float = PATIENCE) -> str:
    """Until `/readyz` answers so; returns its words."""
    deadline = time.monotonic() + timeout
    while True:
        found, body = await fetch("GET", f"{daemon.url}/readyz")
        if found == status:
            return body.decode()
        assert time.monotonic() < deadline, f"/readyz still answers {found} {body!r}"
        await asyncio.sleep(0.05)


async def wait_output(daemon: Daemon, words: str, timeout: float = PATIENCE) -> str:
    """Until the daemon has written a line with these words; returns the line."""
    await eventually(
        lambda: any(words in line for line in daemon.output),
        lambda: f"{words!r} is not in\n" + "\n".join(daemon.output[-20:]),
        timeout,
    )
    return next(line for line in daemon.output if words in line)


def lines_with(daemon: Daemon, words: str) -> list[str]:
    return [line for line in daemon.output if words in line]


def user_texts(request: ModelRequest) -> list[str]:
    """What people said, the oldest first, as the model was shown it."""
    blocks = (
        (message["role"], block) for message in request.body["messages"] for block in message["content"]
    )
    every = (newest_user_text({"messages": [{"role": role, "content": [block]}]}) for role, block in blocks)
    return [text for text in every if text]


def block_types(request: ModelRequest) -> list[tuple[str, list[str]]]:
    """Role and kinds of blocks of each message."""
    messages: list[dict[str, Any]] = request.body["messages"]
    return [(message["role"], [block["type"] for block in message["content"]]) for message in messages]


def images(request: ModelRequest) -> list[dict[str, Any]]:
    """The pictures that the model was shown."""
    blocks = [block for message in request.body["messages"] for block in message["content"]]
    return [block for block in blocks if block["type"] == "image"]
