import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from tests.fake.daemon import clean_environment
from tests.fake.nursery import Nursery


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def files() -> Iterator[tuple[int, int, int]]:
    with ExitStack() as stack:
        opened = [stack.enter_context(TemporaryFile()) for _ in range(3)]
        yield opened[0].fileno(), opened[1].fileno(), opened[2].fileno()


def written(file: int) -> str:
    return os.pread(file, 1 << 20, 0).decode()


async def test_a_fork_is_a_process_of_its_own_with_what_it_was_given(
    nursery: Nursery, home: Path, files: tuple[int, int, int]
) -> None:
    child = await nursery.spawn(["config", "path"], clean_environment(home), home, files)

    assert child.pid != os.getpid()
    assert await child.wait() == 0
    assert written(files[1]) == f"{home / '.openclaw' / 'openclaw.json'}\n"


async def test_its_exit_code_and_complaint_are_its_own(
    nursery: Nursery, home: Path, files: tuple[int, int, int]
) -> None:
    child = await nursery.spawn(["no-such-command"], clean_environment(home), home, files)

    assert await child.wait() == 2
    assert "no-such-command" in written(files[2])


async def test_it_can_be_killed_and_others_live_on(
    nursery: Nursery, home: Path, files: tuple[int, int, int]
) -> None:
    doomed = await nursery.spawn(["serve", "--help"], clean_environment(home), home, files)
    doomed.kill()
    other = await nursery.spawn(["--version"], clean_environment(home), home, files)

    assert await doomed.wait() in {-9, 0}
    assert await other.wait() == 0
    assert doomed.pid != other.pid
