import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from blockbuster import BlockBuster

from tests.fake.nursery import Nursery
from tests.fakes import Daemon, FakeAnthropic, FakeOpenAI, FakeOpenMeteo, FakeTelegram

if TYPE_CHECKING:
    from playwright.async_api import Browser

MakeDaemon = Callable[..., Daemon]

LONG = (
    "journeys/test_desk_pages.py", "malice/test_malicious_model.py", "journeys/test_accessibility.py",
    "journeys/test_kill.py", "journeys/test_onboarding.py", "agent/tools/exec/sandbox/test_base.py",
    "gateway/test_dispatch.py", "journeys/test_config_life.py", "journeys/test_attachments.py",
    "journeys/test_documents.py", "journeys/test_mcp.py", "journeys/test_original.py", "journeys/test_house_pages.py",
    "journeys/test_voice.py", "journeys/test_openapi.py", "agent/tools/mcp/test_connection.py",
)  # fmt: skip
"""Files that begin before all others, roughly the longest first: one that begins last keeps one worker at the end."""
MEMORY_DISK = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes. A container's own is often 64 MB, too little for browsers' homes and backups."""


def pytest_configure() -> None:
    # Each worker looks at every file. Without compiled ones it rewrites seven hundred of them for their assertions.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # What tests write is synced to the disk again and again, as the product has to; nobody needs it after a power cut.
    if MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thirteen thousand tests and all modules stay until the end: none is garbage, nor looked through again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path, len(LONG)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def guard() -> BlockBuster:
    guard = BlockBuster("openclaw")
    for function in guard.functions.values():
        function.can_block_in("<frozen importlib._bootstrap>", {"_find_and_load"})
        function.can_block_in("logging/__init__.py", {"handle", "callHandlers", "findCaller"})
    return guard


@pytest.fixture(autouse=True)
def blockbuster(guard: BlockBuster) -> Iterator[None]:
    """A blocking call with our own code on the stack fails the test; what a test itself reads does not."""
    guard.activate()
    yield
    guard.deactivate()


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


@pytest.fixture(scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator["Browser"]:
    """One for all tests of a file; `tests.fake.browser.new_page` gives each a context of its own."""
    from tests.fake.browser import chromium

    async with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


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
