import pytest

from openclaw.store.browsers import DAY_MS, IDLE_MS, MOST, SEEN_AGAIN_MS, BrowserLedger
from openclaw.store.database import Database
from tests.store.made import NOW, SetClock


@pytest.fixture
def browsers(database: Database, clock: SetClock) -> BrowserLedger:
    return BrowserLedger(database, clock)


async def test_a_browser_is_known_by_the_hash_of_what_it_shows(browsers: BrowserLedger) -> None:
    row, gone = await browsers.sign_in("hash-1", "Firefox")

    assert gone == []
    assert (row.name, row.signed_in_at, row.seen_at) == ("Firefox", NOW, NOW)
    assert await browsers.find("hash-1") == row
    assert await browsers.find("hash-2") is None


async def test_one_that_comes_back_stays_and_one_that_does_not_is_forgotten(
    browsers: BrowserLedger, clock: SetClock
) -> None:
    await browsers.sign_in("often", "a")
    await browsers.sign_in("never", "b")

    clock.ms += IDLE_MS - DAY_MS
    assert await browsers.find("often") is not None
    clock.ms += 2 * DAY_MS

    assert await browsers.find("often") is not None
    assert await browsers.find("never") is None
    assert [row.name for row in await browsers.listing()] == ["a"]


async def test_when_it_was_here_is_written_once_an_hour(browsers: BrowserLedger, clock: SetClock) -> None:
    await browsers.sign_in("hash-1", "a")

    clock.ms += SEEN_AGAIN_MS
    await browsers.find("hash-1")
    early = (await browsers.listing())[0].seen_at
    clock.ms += 1
    await browsers.find("hash-1")

    assert early == NOW
    assert (await browsers.listing())[0].seen_at == clock.ms


async def test_of_too_many_the_one_that_was_away_longest_gives_way(
    browsers: BrowserLedger, clock: SetClock
) -> None:
    first, _ = await browsers.sign_in("hash-0", "first")
    for number in range(1, MOST):
        clock.ms += 1
        await browsers.sign_in(f"hash-{number}", "more")
    clock.ms += 1

    _, gone = await browsers.sign_in("one too many", "last")

    assert gone == [first.id]
    assert await browsers.find("hash-0") is None
    assert len(await browsers.listing()) == MOST


async def test_one_or_all_are_signed_out(browsers: BrowserLedger) -> None:
    rows = [(await browsers.sign_in(f"hash-{number}", "x"))[0] for number in range(3)]

    assert await browsers.sign_out(rows[0].id) == [rows[0].id]
    assert await browsers.sign_out(rows[0].id) == []
    assert set(await browsers.sign_out(None)) == {rows[1].id, rows[2].id}
    assert await browsers.listing() == []


async def test_they_are_remembered_by_the_next_daemon(
    browsers: BrowserLedger, database: Database, clock: SetClock
) -> None:
    row, _ = await browsers.sign_in("hash-1", "a")

    assert await BrowserLedger(database, clock).find("hash-1") == row
