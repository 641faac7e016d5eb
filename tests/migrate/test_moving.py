"""Whole moves of whole homes."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from openclaw.migrate.carrying import Carrier
from openclaw.migrate.looking import holds_originals_talk, is_still_theirs
from openclaw.migrate.moving import choose
from openclaw.migrate.records import MigrationError
from openclaw.ops.state_lock import StateLock
from tests.migrate.houses import (
    JOB,
    KEY,
    OWNER,
    SESSION,
    hermes,
    lean,
    modern,
    moved,
    nanobot,
    original,
    outcomes,
    put,
    tree,
    why,
)

Maker = Callable[[Path], Path]
HOMES = [(original, ".openclaw"), (modern, ".openclaw"), (nanobot, ".nanobot"), (hermes, ".hermes")]
ROW = "SELECT id, next_run_at FROM jobs"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "ours"


def lines(state: Path, name: str) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in (state / name).read_bytes().splitlines()]


@pytest.mark.parametrize(("make", "name"), HOMES)
def test_a_second_run_changes_nothing_and_theirs_is_never_touched(
    make: Maker, name: str, tmp_path: Path, state: Path
) -> None:
    home = make(tmp_path / name)
    theirs = tree(tmp_path)

    moved(home, state)
    once = tree(state)
    again = moved(home, state)

    assert tree(state) == once
    assert {each.outcome for each in again} == {"there already", "left"}
    assert {path: data for path, data in tree(tmp_path).items() if not path.startswith("ours/")} == theirs


@pytest.mark.parametrize(("make", "name"), HOMES)
def test_a_dry_run_tells_the_same_without_a_secret_and_writes_nothing(
    make: Maker, name: str, tmp_path: Path, state: Path
) -> None:
    home = make(tmp_path / name)

    dry = moved(home, state, dry=True)

    assert not state.exists()
    assert moved(home, state) == dry
    for secret in (KEY, "123456:invented", "original-token-invented", "oauth-invented", "brave-invented"):
        assert secret not in str(dry)


@pytest.mark.parametrize("make", [original, modern])
def test_a_conversation_of_the_original_keeps_key_id_times_calls_and_costs(
    make: Maker, tmp_path: Path, state: Path
) -> None:
    moved(make(tmp_path / ".openclaw"), state)

    header, user, called, answer, reply = lines(state, f"agents/main/sessions/{SESSION}.jsonl")
    entry = orjson.loads((state / "agents/main/sessions/sessions.json").read_bytes())["agent:main:main"]

    assert (header["id"], header["key"], header["version"]) == (SESSION, "agent:main:main", 1)
    assert (user["content"], user["timestamp"]) == (
        "What's the weather like in Sydney?",
        "2026-02-27T09:00:03.000Z",
    )
    assert called["content"] == [
        {"type": "thinking", "thinking": "ask the tool", "signature": "c2ln"},
        {"type": "tool_use", "id": "toolu_01Abc", "name": "get_weather", "input": {"location": "Sydney"}},
    ]
    assert answer["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_01Abc", "content": '{"temperature":22}'}
    ]
    assert reply["model"] == "anthropic/claude-opus-4-6"
    assert reply["usage"] == {"input": 1200, "output": 40, "cacheRead": 1100, "cacheWrite": 0, "cost": 0.0021}
    assert (entry["sessionId"], entry["lastTo"], entry["label"]) == (SESSION, OWNER, "family")
    assert "skillsSnapshot" not in entry


@pytest.mark.parametrize("make", [original, modern])
def test_secrets_lie_in_a_file_of_their_own_that_nobody_else_may_read(
    make: Maker, tmp_path: Path, state: Path
) -> None:
    moved(make(tmp_path / ".openclaw"), state)

    config = (state / "openclaw.json").read_text()
    place = state / "credentials/secrets.json"
    secrets = orjson.loads(place.read_bytes())
    profiles = orjson.loads((state / "agents/main/agent/auth-profiles.json").read_bytes())["profiles"]

    assert secrets == {
        "gateway.auth.token": "original-token-invented",
        "channels.telegram.botToken": "123456:invented",
        "auth.anthropic:default": KEY,
    }
    assert "invented" not in config
    assert f"file:{place}#/channels.telegram.botToken" in config
    assert profiles == {
        "anthropic:default": {
            "type": "api_key",
            "provider": "anthropic",
            "keyRef": f"file:{place}#/auth.anthropic:default",
        }
    }
    assert {path.stat().st_mode & 0o077 for path in state.rglob("*")} == {0}


def test_the_rest_of_an_old_home_comes_over_or_is_told_why_not(tmp_path: Path, state: Path) -> None:
    told = moved(original(tmp_path / ".openclaw"), state)

    assert outcomes(told) == {
        "key anthropic:default": "adapted",
        "key anthropic:work": "left",
        "variables": "came over",
        "workspace of main": "came over",
        "skills of all agents": "came over",
        "conversation agent:main:main": "adapted",
        "conversation agent:main:telegram:group:-100123:topic:7": "came over",
        "1 ended conversation": "left",
        "job Morning": "came over",
        "job Once": "left",
        "who is let in on telegram": "came over",
        "config": "adapted",
        "config gateway.auth.token": "adapted",
        "config channels.telegram.botToken": "adapted",
        "config agents.defaults.workspace": "adapted",
        "config browser": "left",
        "identity": "left",
        "credentials/telegram-pairing.json": "left",
    }
    assert why(told, "job Once") == "its time has been"
    assert "// my own remark" in (state / "openclaw.json").read_text()
    assert str(state / "workspace") in (state / "openclaw.json").read_text()
    assert (state / "workspace/memory/2026-02-27.md").read_text() == "- booked the dentist\n"
    assert (state / "skills/tea/SKILL.md").exists()
    assert orjson.loads((state / "credentials/telegram-allowFrom.json").read_bytes()) == {
        "version": 1,
        "allowFrom": ["12345"],
    }


def test_a_newer_home_says_what_of_its_databases_is_not_read(tmp_path: Path, state: Path) -> None:
    told = moved(modern(tmp_path / ".openclaw"), state)

    found = outcomes(told)
    assert found["table heartbeat_outcomes"] == "left"
    assert found["job heartbeat-main"] == "left"
    assert found["job Morning"] == found["conversation agent:main:main"] == "came over"
    assert found["config agents.entries"] == "adapted"
    assert '"list"' in (state / "openclaw.json").read_text()


@pytest.mark.parametrize(
    ("make", "name", "session"),
    [
        (nanobot, ".nanobot", "nanobot-dGVsZWdyYW06ODIxMDcxMjA2"),
        (hermes, ".hermes", "20260301_090000_abc"),
    ],
)
def test_a_conversation_of_a_peer_goes_on_under_its_chat(
    make: Maker, name: str, session: str, tmp_path: Path, state: Path
) -> None:
    moved(make(tmp_path / name), state)

    entries = orjson.loads((state / "agents/main/sessions/sessions.json").read_bytes())
    entry = entries[f"agent:main:telegram:direct:{OWNER}"]
    _, user, called, answer, reply = lines(state, f"agents/main/sessions/{session}.jsonl")

    assert (entry["sessionId"], entry["lastTo"]) == (session, OWNER)
    assert (user["content"], user["from"]) == ("What's the weather like in Sydney?", f"telegram:{OWNER}")
    assert called["content"] == [
        {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"location": "Sydney"}}
    ]
    assert answer["content"] == [
        {"type": "tool_result", "tool_use_id": "call_1", "content": '{"temperature":22}'}
    ]
    assert reply["content"] == "It's 22 °C in Sydney."
    assert "dentist" in (state / "workspace/MEMORY.md").read_text()
    assert (state / "workspace/SOUL.md").read_text() == "Be kind.\n"
    assert "4711" in (state / "credentials/telegram-allowFrom.json").read_text()
    assert "per-channel-peer" in (state / "openclaw.json").read_text()


# -- killed in the middle ---------------------------------------------------------------------------------


def killed_at(count: int, home: Path, state: Path, **more: bool) -> bool:
    """A process of its own that is killed at the n-th step of writing; False when it came to its end."""
    child = os.fork()
    if child == 0:
        steps = iter(range(count, -1, -1))

        def passed(step: str) -> None:
            # Half a file on its way is no more than none, as to all that is seen of it.
            if (not step.startswith("half") or "sessions.json" in step) and next(steps) == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            moved(home, state, Carrier(state, taking_over=bool(more), passed=passed), **more)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def contents(state: Path) -> dict[str, bytes]:
    """The ledger's own pages depend on how often it was opened; its rows do not."""
    return {name: data for name, data in tree(state).items() if not name.startswith("ledger.")}


@pytest.mark.parametrize(("make", "name"), [(lean, ".openclaw"), (hermes, ".hermes")])
def test_killed_at_any_write_the_next_run_completes_it(
    make: Maker, name: str, tmp_path: Path, state: Path
) -> None:
    home = make(tmp_path / name)
    moved(home, state)
    whole = contents(state)

    count = 0
    while killed_at(count, home, tmp_path / f"killed-{count}"):
        left = tmp_path / f"killed-{count}"
        moved(home, left)
        found = {
            name: data.replace(str(left).encode(), str(state).encode())
            for name, data in contents(left).items()
        }
        assert found == whole, count
        count += 1
    assert count > 2 * 5


def test_a_job_is_there_once_however_often_it_was_tried(tmp_path: Path, state: Path) -> None:
    import sqlite3

    home = lean(tmp_path / ".openclaw")
    count = 0
    while killed_at(count, home, state) and not (state / "openclaw.json").exists():
        count += 1
    moved(home, state)

    with sqlite3.connect(state / "ledger.sqlite") as ledger:
        rows = ledger.execute(ROW).fetchall()
    ledger.close()
    assert [row[0] for row in rows] == [JOB]
    assert rows[0][1] > 1772200000000


# -- in one directory with the original -------------------------------------------------------------------


def test_our_own_directory_is_not_changed_while_theirs_may_run_there(tmp_path: Path) -> None:
    home = original(tmp_path / ".openclaw")
    before = tree(tmp_path)

    with pytest.raises(MigrationError, match=r"OPENCLAW_STATE_DIR=.*--take-over"):
        moved(home, home)
    told = moved(home, home, dry=True)

    assert outcomes(told)["conversation agent:main:main"] == "adapted"
    assert tree(tmp_path) == before


@pytest.mark.parametrize("make", [original, modern])
def test_a_take_over_puts_aside_what_it_replaces(make: Maker, tmp_path: Path) -> None:
    home = make(tmp_path / ".openclaw")
    put(home / "openclaw.json", (home / "openclaw.json").read_text().replace('"local"', '"local", "port": 1'))
    before = tree(home)

    moved(home, home, take_over=True)
    once = tree(home)
    moved(home, home, take_over=True)

    assert tree(home) == once
    kept = {
        name.removeprefix("before-migration/"): data
        for name, data in once.items()
        if name.startswith("before-migration/")
    }
    assert kept
    assert all(before[name] == data for name, data in kept.items())
    changed = {name for name, data in before.items() if once[name] != data}
    assert changed <= set(kept)
    assert lines(home, f"agents/main/sessions/{SESSION}.jsonl")[0]["key"] == "agent:main:main"


def test_after_a_take_over_the_home_is_ours_though_some_of_theirs_lies_there_still(tmp_path: Path) -> None:
    home = original(tmp_path / ".openclaw")
    (home / "cron/jobs.json").unlink()

    moved(home, home, take_over=True)

    assert holds_originals_talk(home)
    assert not is_still_theirs(home, home / "ledger.sqlite")


def test_a_take_over_that_was_killed_is_completed(tmp_path: Path) -> None:
    whole = lean(tmp_path / "whole/.openclaw")
    moved(whole, whole, take_over=True)

    count = 0
    while True:
        home = lean(tmp_path / f"{count}/.openclaw")
        if not killed_at(count, home, home, take_over=True):
            break
        moved(home, home, take_over=True)
        found = {
            name: data.replace(str(home.parent).encode(), str(whole.parent).encode())
            for name, data in contents(home).items()
        }
        assert found == contents(whole), count
        count += 1
    assert count > 2 * 5


# -- when it may not be done ------------------------------------------------------------------------------


def test_nothing_is_brought_into_a_home_that_is_still_the_originals(tmp_path: Path) -> None:
    theirs = original(tmp_path / ".openclaw")
    before = tree(theirs)

    with pytest.raises(MigrationError, match="move those in first"):
        moved(nanobot(tmp_path / ".nanobot"), theirs)

    assert tree(theirs) == before


def test_it_waits_for_the_daemon_to_be_stopped(tmp_path: Path, state: Path) -> None:
    home = original(tmp_path / ".openclaw")
    state.mkdir(mode=0o700)

    with StateLock(state), pytest.raises(MigrationError, match=f"is running .pid {os.getpid()}"):
        moved(home, state)

    assert set(tree(state)) == {"daemon.lock"}


def test_one_directory_inside_the_other_is_refused(tmp_path: Path) -> None:
    home = original(tmp_path / ".openclaw")

    with pytest.raises(MigrationError, match="lie inside one another"):
        moved(home, home / "ours")


def test_a_home_is_named_where_there_are_several(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="no other assistant was found"):
        choose(None, {"HOME": str(tmp_path)})
    nanobot(tmp_path / ".nanobot")
    assert choose(None, {"HOME": str(tmp_path)}).kind == "nanobot"
    hermes(tmp_path / ".hermes")
    with pytest.raises(MigrationError, match=r"there are several: .*nanobot.*Hermes"):
        choose(None, {"HOME": str(tmp_path)})
    with pytest.raises(MigrationError, match="no assistant that is known here"):
        choose(tmp_path, {})
    with pytest.raises(MigrationError, match="no such directory"):
        choose(tmp_path / "nowhere", {})
