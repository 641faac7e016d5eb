import pytest

from openclaw.store.database import Database
from openclaw.store.login_codes import MOST, LoginCodes
from tests.store.made import NOW, SetClock


@pytest.fixture
def codes(database: Database, clock: SetClock) -> LoginCodes:
    return LoginCodes(database, clock)


async def test_a_code_is_taken_once_and_in_its_time(codes: LoginCodes, clock: SetClock) -> None:
    await codes.keep("hash-1", NOW + 10)
    await codes.keep("hash-2", NOW + 10)

    assert await codes.take("hash-1")
    assert not await codes.take("hash-1")
    assert not await codes.take("never")
    clock.ms += 10
    assert not await codes.take("hash-2")


async def test_of_too_many_the_one_that_ends_first_gives_way(codes: LoginCodes) -> None:
    for number in range(MOST + 1):
        await codes.keep(f"hash-{number}", NOW + 100 + number)

    assert not await codes.take("hash-0")
    assert await codes.take("hash-1")


async def test_all_can_be_made_void(codes: LoginCodes) -> None:
    await codes.keep("hash-1", NOW + 10)
    await codes.clear()
    assert not await codes.take("hash-1")
