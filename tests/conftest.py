from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from tests.fake.nursery import Nursery
from tests.fakes import Daemon, FakeAnthropic, FakeOpenAI, FakeOpenMeteo, FakeTelegram

MakeDaemon = Callable[..., Daemon]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[None]:
    """A blocking call with our own code on the stack fails the test; what a test itself reads does not."""
    with blockbuster_ctx("openclaw") as guard:
        for function in guard.functions.values():
            function.can_block_in("<frozen importlib._bootstrap>", {"_find_and_load"})
            function.can_block_in("logging/__init__.py", {"handle", "callHandlers", "findCaller"})
        yield


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as fake:
        yield fake


@pytest.fixture
async def anthropic() -> AsyncIterator[FakeAnthropic]:
    async with FakeAnthropic() as fake:
        yield fake


@pytest.fixture
async def openai() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
async def openmeteo() -> AsyncIterator[FakeOpenMeteo]:
    async with FakeOpenMeteo() as fake:
        yield fake


@pytest.fixture
async def daemon_config(
    telegram: FakeTelegram, anthropic: FakeAnthropic, openmeteo: FakeOpenMeteo
) -> dict[str, Any]:
    """A config that joins the daemon with all three fakes; 821071206 is the owner."""
    weather = {"geocodingBaseUrl": openmeteo.url, "forecastBaseUrl": openmeteo.url}
    provider = {"api": "anthropic-messages", "baseUrl": anthropic.url, "apiKey": anthropic.key}
    return {
        "channels": {
            "telegram": {"botToken": telegram.token, "apiRoot": telegram.url, "allowFrom": [821071206]}
        },
        "models": {"providers": {"anthropic": provider}},
        "skills": {"entries": {"weather": {"config": weather}}},
    }


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
async def make_daemon(tmp_path: Path, nursery: Nursery) -> AsyncIterator[MakeDaemon]:
    """Makes daemons; whatever still runs at the end of the test is killed."""
    async with AsyncExitStack() as stack:

        def make(config: Mapping[str, Any] | None = None, *, home: Path | None = None, **more: Any) -> Daemon:
            daemon = Daemon(home or tmp_path / "home", config, **{"nursery": nursery, **more})
            stack.push_async_callback(_end, daemon)
            return daemon

        yield make


async def _end(daemon: Daemon) -> None:
    if daemon.running:
        await daemon.kill()
