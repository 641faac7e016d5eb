import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from openclaw.doctor import consultation
from openclaw.doctor.checking import Check
from openclaw.doctor.consultation import Report, consult
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Alive, Daemon, Premises
from openclaw.doctor.registry import CHECKS
from openclaw.ops.state_lock import StateLock
from openclaw.settings.loading import Loaded
from tests.doctor.faults import (
    a_corrupt_ledger,
    a_home_of_the_original,
    a_readable_file,
    a_stale_lock,
    a_torn_config,
    a_transcript_that_lacks_lines,
    a_transcript_with_garbage,
    an_empty_index,
    an_orphan,
    an_unknown_key,
)
from tests.doctor.home import House, private


@pytest.fixture
def owner_is_careless() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


async def visited(house: House, *, fix: bool = False) -> Report:
    return await consult(house.visit(), CHECKS, fix=fix)


async def test_without_being_asked_to_nothing_is_mended(house: House) -> None:
    await a_readable_file(house)

    report = await visited(house)

    assert [each.id for each in report.findings if each.level != "ok"] == ["state.permissions"]
    assert report.mended == []


async def test_what_can_be_mended_is_and_a_second_time_finds_nothing(house: House) -> None:
    await an_unknown_key(house)
    await a_stale_lock(house)
    await a_corrupt_ledger(house)
    await a_transcript_with_garbage(house)
    await an_empty_index(house)
    await a_readable_file(house)

    first = await visited(house, fix=True)
    second = await visited(house, fix=True)

    assert {each.finding.id for each in first.mended} >= {
        "lock.stale", "ledger.damaged", "transcripts.hurt", "sessions.unreadable_index", "state.permissions",
    }  # fmt: skip
    assert first.failed == []
    assert second.mended == second.failed == []
    assert [each for each in second.findings if each.mend is not None] == []


async def test_what_a_mend_makes_is_the_owners_alone(house: House, owner_is_careless: None) -> None:
    with private():
        await a_corrupt_ledger(house)
        await an_empty_index(house)

    report = await visited(house, fix=True)

    assert "state.permissions" not in {each.finding.id for each in report.mended}
    assert [path for path in house.state.rglob("*") if path.stat().st_mode & 0o077] == []


async def test_nothing_of_an_original_that_may_still_run_is_judged_or_mended(house: House) -> None:
    await a_home_of_the_original(house)
    await a_readable_file(house)
    await an_unknown_key(house)

    report = await visited(house, fix=True)

    assert [each.id for each in report.findings] == ["state.original"]
    assert report.mended == report.failed == []


async def test_what_comes_to_light_by_a_mend_is_mended_in_the_same_visit(house: House) -> None:
    await a_torn_config(house)
    house.config.chmod(0o644)
    (house.state / "openclaw.last-good.json").write_text(
        '{ qqqq: 1, gateway: { auth: { token: "%s" } } }' % ("t" * 40)
    )

    report = await visited(house, fix=True)

    assert "qqqq" not in house.config.read_text()
    assert {each.finding.id for each in report.mended} >= {"config.unreadable", "config.unknown_key"}
    assert [each for each in report.findings if each.level != "ok"] == []


async def test_orphans_and_lines_that_are_owed_come_to_their_place(house: House) -> None:
    await an_orphan(house)
    await visited(house, fix=True)
    await a_transcript_that_lacks_lines(house)

    await visited(house, fix=True)

    assert [each for each in (await visited(house)).findings if each.level != "ok"] == []


async def test_a_mend_that_does_not_work_is_told_and_not_tried_for_ever(house: House) -> None:
    async def look(premises: Premises) -> list[Finding]:
        from openclaw.doctor.finding import RestoreConfig

        return [Finding("x.y", "warn", "It is broken.", "It matters.", "", RestoreConfig())]

    report = await consult(house.visit(), [Check("it", look)], fix=True)

    assert [each.finding.id for each in report.failed] == ["x.y"]
    assert "can be read after all" in report.failed[0].words
    assert [each.id for each in report.findings] == ["x.y"]


async def test_a_running_assistant_is_given_a_moment_to_read_what_was_mended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consultation, "PAUSE_SECONDS", 0)
    house.write_config({"qqqq": 1})
    asked = iter(range(100))

    def who_answers(_: Loaded | None) -> Daemon:
        is_behind = next(asked) < 3
        return Alive(
            state_dir=str(house.state), problems=["the config is not taken over"] if is_behind else []
        )

    with StateLock(house.state):
        report = await consult(replace(house.visit(), daemon=who_answers), CHECKS, fix=True)

    assert [each.finding.id for each in report.mended] == ["config.unknown_key"]
    assert [each.id for each in report.findings if each.level == "warn"] == []
