import json
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from openclaw.cli import completing
from openclaw.store.database import open_database
from tests.store.made import NOW
from tests.store.test_glance import fill, job, trace, went

Offer = Callable[[object, object, str], list[str]]


async def _fill(path: Path) -> None:
    async with open_database(path) as database:
        rows = [
            {
                "key": f"agent:main:{name}",
                "agent": "main",
                "session_id": name,
                "entry": "{}",
                "updated_at": at,
            }
            for at, name in enumerate(("main", "telegram:group:-100"))
        ]
        await fill(database, "sessions", *rows)
        await fill(database, "traces", trace(1, "answered", NOW))
        await fill(database, "jobs", job(1, None))
        await fill(database, "outbox", went(1, "sent", NOW), went(2, "held"))


@pytest.fixture
def state(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(state_dir))
    return state_dir


def test_what_there_is_to_name_is_read_from_disk(state: Path) -> None:
    anyio.run(_fill, state / "ledger.sqlite")
    for agent in ("main", "clerk"):
        (state / "agents" / agent).mkdir(parents=True)
    (state / "openclaw.json").write_text(json.dumps({"channels": {"telegram": {}, "sms": {}, "other": 5}}))

    offered: dict[Offer, list[str]] = {
        completing.sessions: ["agent:main:telegram:group:-100", "agent:main:main"],
        completing.traces: ["last", "list", "t_1"],
        completing.jobs: ["job_1"],
        completing.outgoing: ["out_2"],
        completing.agents: ["clerk", "main"],
        completing.channels: ["sms", "telegram"],
    }
    for offer, values in offered.items():
        assert offer(None, None, "") == values
    assert completing.sessions(None, None, "agent:main:t") == ["agent:main:telegram:group:-100"]


def test_what_is_not_there_or_broken_offers_nothing(state: Path) -> None:
    assert completing.sessions(None, None, "") == []
    assert completing.agents(None, None, "") == ["main"]
    assert completing.channels(None, None, "") == []
    (state / "ledger.sqlite").write_text("no ledger at all, but long enough to be taken for one" * 9)
    assert completing.traces(None, None, "") == []
    (state / "openclaw.json").write_text("{ broken")
    assert completing.channels(None, None, "") == []
