import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from openclaw.channels.salesmsg.tokens import FILE, Tokens
from openclaw.net.api_client import ApiClient, UnansweredError
from openclaw.types.errors import ChannelError
from openclaw.types.secrets import SecretRef
from tests.channels.salesmsg.house import NOW, Secrets, StoppedClock
from tests.fakes import FakeSalesmsg

FIRST, SECOND = "pat-0001-0123456789abcdef", "pat-0002-0123456789abcdef"
HOUR_LESS_FIVE = 55 * 60_000


@pytest.fixture
async def salesmsg() -> AsyncIterator[FakeSalesmsg]:
    async with FakeSalesmsg(FIRST) as server:
        yield server


@pytest.fixture
async def client(salesmsg: FakeSalesmsg) -> AsyncIterator[ApiClient]:
    made = ApiClient(salesmsg.url, 5)
    yield made
    await made.aclose()


def tokens(
    client: ApiClient, folder: Path | None, secrets: Secrets, clock: StoppedClock | None = None
) -> Tokens:
    return Tokens(SecretRef("env:PAT"), secrets, client, clock or StoppedClock(), folder)


async def test_a_new_token_is_on_disk_before_it_is_used_and_outlives_a_restart(
    salesmsg: FakeSalesmsg, client: ApiClient, tmp_path: Path
) -> None:
    secrets = Secrets({"env:PAT": FIRST})
    before = tokens(client, tmp_path / "credentials", secrets)

    assert await before.renew(await before.current())
    after = tokens(client, tmp_path / "credentials", secrets)

    assert await before.current() == await after.current() == SECOND
    file = tmp_path / "credentials" / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = json.loads(file.read_text())
    assert (kept["token"], kept["renewAt"]) == (SECOND, NOW + 3600 * 900)
    assert FIRST not in file.read_text()
    assert SECOND in secrets.seen


async def test_a_token_that_the_owner_has_set_anew_wins_over_the_one_on_disk(
    salesmsg: FakeSalesmsg, client: ApiClient, tmp_path: Path
) -> None:
    old = tokens(client, tmp_path, Secrets({"env:PAT": FIRST}))
    await old.renew(FIRST)

    assert await tokens(client, tmp_path, Secrets({"env:PAT": "pat-9"})).current() == "pat-9"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"source": 1}', b"\xff"])
async def test_a_damaged_file_is_as_none(client: ApiClient, tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    assert await tokens(client, tmp_path, Secrets({"env:PAT": FIRST})).current() == FIRST


async def test_several_who_meet_the_old_token_exchange_it_once(
    salesmsg: FakeSalesmsg, client: ApiClient
) -> None:
    kept = tokens(client, None, Secrets({"env:PAT": FIRST}))
    results: list[bool] = []

    async def renew() -> None:
        results.append(await kept.renew(FIRST))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(renew)

    assert results == [True] * 5
    assert salesmsg.refreshes == [FIRST]


async def test_a_void_token_is_read_anew_from_the_config_then_the_owner_is_told(
    salesmsg: FakeSalesmsg, client: ApiClient
) -> None:
    secrets = Secrets({"env:PAT": FIRST})
    kept = tokens(client, None, secrets)
    await kept.current()
    salesmsg.void(FIRST)

    with pytest.raises(ChannelError, match="make a new personal access token"):
        await kept.renew(FIRST)
    secrets.values["env:PAT"] = "pat-9"
    assert await kept.renew(FIRST)
    assert await kept.current() == "pat-9"


async def test_a_token_of_another_kind_is_used_as_it_is(salesmsg: FakeSalesmsg, client: ApiClient) -> None:
    salesmsg.renewable = False
    kept = tokens(client, None, Secrets({"env:PAT": FIRST}))

    assert not await kept.renew(FIRST)
    assert await kept.current() == FIRST


async def test_a_server_in_trouble_takes_no_token_away(salesmsg: FakeSalesmsg, client: ApiClient) -> None:
    salesmsg.fail(503)
    kept = tokens(client, None, Secrets({"env:PAT": FIRST}))

    with pytest.raises(UnansweredError):
        await kept.renew(FIRST)
    assert await kept.current() == FIRST


async def test_it_is_exchanged_at_the_start_and_again_when_it_is_due(
    salesmsg: FakeSalesmsg, client: ApiClient, tmp_path: Path
) -> None:
    clock = StoppedClock()
    first = tokens(client, tmp_path, Secrets({"env:PAT": FIRST}), clock)
    async with anyio.create_task_group() as group:
        group.start_soon(first.keep_fresh)
        await salesmsg.wait_until(lambda: len(salesmsg.refreshes) == 1, lambda: "not renewed", 5)
        group.cancel_scope.cancel()
    async with anyio.create_task_group() as group:
        group.start_soon(tokens(client, tmp_path, Secrets({"env:PAT": FIRST}), clock).keep_fresh)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    assert salesmsg.refreshes == [FIRST]

    clock.now += HOUR_LESS_FIVE
    async with anyio.create_task_group() as group:
        group.start_soon(tokens(client, tmp_path, Secrets({"env:PAT": FIRST}), clock).keep_fresh)
        await salesmsg.wait_until(lambda: len(salesmsg.refreshes) == 2, lambda: "not renewed", 5)
        group.cancel_scope.cancel()


@pytest.mark.parametrize("values", [{}, {"env:PAT": " "}])
async def test_a_token_that_is_not_there_is_told(client: ApiClient, values: dict[str, str]) -> None:
    with pytest.raises(ChannelError, match=r"channels\.salesmsg\.apiToken"):
        await tokens(client, None, Secrets(values)).current()
