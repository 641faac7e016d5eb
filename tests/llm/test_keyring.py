import json
from pathlib import Path

import anyio
import pytest

from openclaw.llm.keyring import Keyring, fingerprint
from openclaw.llm.profiles import Profile
from openclaw.types.secrets import Secret, SecretRef
from tests.llm.made import NOW, TestClock

OPUS, HAIKU = "claude-opus-4-6", "claude-haiku-4-5"
WORK = Profile("anthropic:work", "anthropic", SecretRef("env:WORK"))


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(path: Path) -> str:
    return path.read_text()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agents" / "main" / "agent" / "auth-profiles.json"


async def test_a_limit_is_of_one_key_and_one_model_and_ends(path: Path) -> None:
    clock = TestClock()
    ring = Keyring(path, clock)

    ring.limited(WORK.id, OPUS, None)

    limited = ring.trouble(WORK.id, OPUS)
    assert limited is not None
    assert limited.until == NOW + 60_000
    assert ring.trouble(WORK.id, HAIKU) is None
    assert ring.trouble("anthropic:home", OPUS) is None
    clock.pass_seconds(60)
    assert ring.trouble(WORK.id, OPUS) is None


async def test_a_bill_is_of_all_models_until_one_answers(path: Path) -> None:
    ring = Keyring(path, TestClock())

    ring.unpaid(WORK.id)
    assert all(ring.trouble(WORK.id, model) is not None for model in (OPUS, HAIKU))

    ring.answered(WORK, HAIKU, "s")
    assert ring.trouble(WORK.id, OPUS) is None


async def test_an_answer_clears_the_model_that_answered_and_no_other(path: Path) -> None:
    ring = Keyring(path, TestClock())
    ring.limited(WORK.id, OPUS, None)
    ring.refused(WORK.id, HAIKU, Secret("sk-1"))

    ring.answered(WORK, OPUS, "s")

    assert list(ring.troubles(WORK.id)) == [HAIKU]
    assert (ring.favourite("s", "anthropic"), ring.favourite("t", "anthropic")) == (WORK.id, None)


async def test_gates_and_misses_are_shared_and_end_with_an_answer(path: Path) -> None:
    clock = TestClock()
    ring = Keyring(path, clock)

    assert [ring.missed(WORK.id, OPUS), ring.missed(WORK.id, OPUS)] == [1, 2]
    ring.close_gate(WORK.id, OPUS, 5)
    clock.pass_seconds(2)
    assert (ring.gate(WORK.id, OPUS), ring.gate(WORK.id, HAIKU)) == (3, 0)

    ring.answered(WORK, OPUS, "s")
    assert (ring.gate(WORK.id, OPUS), ring.missed(WORK.id, OPUS)) == (0, 1)


async def test_who_waits_for_a_key_hears_of_its_recovery(path: Path) -> None:
    ring = Keyring(path, TestClock())
    ring.limited(WORK.id, OPUS, None)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(ring.recovery, OPUS)
            group.start_soon(ring.recovery, OPUS)
            await anyio.wait_all_tasks_blocked()
            ring.answered(WORK, OPUS, "s")


async def test_state_survives_a_restart_and_is_ours_alone_to_read(path: Path) -> None:
    clock = TestClock()
    ring = Keyring(path, clock)
    ring.name([WORK])
    ring.limited(WORK.id, OPUS, 600)
    ring.refused(WORK.id, HAIKU, Secret("sk-ant-refused"))
    await ring.flush()

    again = Keyring(path, clock)
    await again.load()

    assert again.troubles(WORK.id) == ring.troubles(WORK.id)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert "sk-ant-refused" not in read(path)
    assert json.loads(read(path))["profiles"][WORK.id]["keyRef"] == "env:WORK"


async def test_it_is_written_behind_and_once_more_at_the_end(path: Path) -> None:
    ring = Keyring(path, TestClock())

    async with anyio.create_task_group() as group:
        group.start_soon(ring.keep_written)
        await anyio.wait_all_tasks_blocked()
        ring.unpaid(WORK.id)
        group.cancel_scope.cancel()

    assert "disabledUntil" in read(path)


async def test_that_a_key_is_used_is_not_written_every_time(path: Path) -> None:
    clock = TestClock()
    ring = Keyring(path, clock)

    def written() -> int:
        used: int = json.loads(read(path))["usageStats"][WORK.id]["lastUsed"]
        return used - NOW

    seen = []
    for seconds in (0, 30, 40):
        clock.pass_seconds(seconds)
        ring.answered(WORK, OPUS, "s")
        await ring.flush()
        seen.append(written())

    assert seen == [0, 0, 70_000]
    assert ring.used() == {WORK.id: NOW + 70_000}


async def test_what_cannot_be_parsed_is_moved_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(path, "{ half")
    ring = Keyring(path, TestClock())

    await ring.load()
    ring.unpaid(WORK.id)
    await ring.flush()

    (aside,) = path.parent.glob("*.unreadable.*")
    assert aside.read_text() == "{ half"
    assert "keys begin without a past" in caplog.text
    assert "disabledUntil" in read(path)


async def test_what_cannot_be_read_is_not_written_over(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(path / "file", "")
    ring = Keyring(path, TestClock())

    await ring.load()
    ring.unpaid(WORK.id)
    await ring.flush()

    assert read(path / "file") == ""
    assert "could not be read" in caplog.text


async def test_a_write_that_fails_is_told_once_and_tried_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ring = Keyring(path, TestClock())
    put(path.parent, "in the way")
    ring.unpaid(WORK.id)

    await ring.flush()
    await ring.flush()
    path.parent.unlink()
    await ring.flush()

    assert caplog.text.count("it is tried again") == 1
    assert "disabledUntil" in read(path)


async def test_only_so_many_sessions_are_remembered(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.llm.keyring.SESSIONS", 2)
    ring = Keyring(path, TestClock())

    for session in "abac":
        ring.answered(WORK, OPUS, session)

    assert [ring.favourite(session, "anthropic") for session in "abc"] == [WORK.id, None, WORK.id]


def test_a_fingerprint_tells_keys_apart_and_not_more() -> None:
    assert fingerprint(Secret("sk-1")) == fingerprint(Secret("sk-1")) != fingerprint(Secret("sk-2"))
    assert len(fingerprint(Secret("sk-1"))) == 12
