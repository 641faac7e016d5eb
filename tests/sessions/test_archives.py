import os
from pathlib import Path

import pytest

from openclaw.sessions.archives import prune

DAY = 86_400_000


def put_aside(state: Path, name: str, first_line: str, at_ms: int) -> Path:
    folder = state / "agents" / "main" / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl.reset.2026-02-27T09-00-00.000Z"
    path.write_text(first_line + '\n{"role":"user"}\n')
    os.utime(path, (at_ms / 1000, at_ms / 1000))
    return path


@pytest.fixture
def blockbuster() -> None:
    """It blocks by contract: it is called in a thread."""


def test_only_old_transcripts_that_concern_us_go(state_dir: Path) -> None:
    cron, person = (
        '{"type":"session","key":"agent:main:cron:job_1"}',
        '{"type":"session","key":"agent:main:main"}',
    )
    old = put_aside(state_dir, "old", cron, DAY)
    young = put_aside(state_dir, "young", cron, 3 * DAY)
    persons = put_aside(state_dir, "persons", person, DAY)
    broken = put_aside(state_dir, "broken", '{"type":"ses', DAY)
    odd = put_aside(state_dir, "odd", "[]", DAY)
    alive = old.with_name("alive.jsonl")
    alive.write_text(cron + "\n")
    os.utime(alive, (1, 1))

    assert prune(state_dir, ["main", "nobody"], 2 * DAY, lambda key: ":cron:" in key) == 1
    assert not old.exists()
    assert all(path.exists() for path in (young, persons, broken, odd, alive))
