import stat
from pathlib import Path
from typing import Any

import orjson
import pytest

from openclaw.gateway import pairing
from openclaw.gateway.pairing import PairingRequest, PairingStore, UnknownCodeError, shown
from openclaw.types.clock import iso
from tests.gateway.scripted import NOW, ControlledClock

REQUESTS, ALLOWED = "telegram-pairing.json", "telegram-allowFrom.json"
META = {"name": "Ada", "event": "telegram:default:1"}


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


@pytest.fixture
def store(folder: Path, clock: ControlledClock) -> PairingStore:
    return PairingStore(folder, "telegram", "default", clock)


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(path.read_bytes())
    return content


def write(path: Path, content: bytes | dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))


def modes(folder: Path) -> dict[str, int]:
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    return {"": stat.S_IMODE(folder.stat().st_mode), **found}


async def asked(store: PairingStore, sender: str) -> str:
    code = await store.request(sender, {"name": "Ada", "event": f"telegram:default:{sender}"})
    assert code is not None
    return code


async def test_a_code_has_eight_letters_that_cannot_be_misheard(store: PairingStore) -> None:
    code = await asked(store, "1")

    assert len(code) == 8
    assert set(code) <= set("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    assert not set(pairing.ALPHABET) & set("IO01")


async def test_a_second_message_gets_no_second_code_but_is_noted(
    store: PairingStore, clock: ControlledClock
) -> None:
    code = await asked(store, "1")
    clock.advance(60)

    again = await store.request("1", {"name": "Ada", "event": "telegram:default:2"})

    assert again is None
    assert await store.pending() == [
        PairingRequest("1", code, NOW, NOW + 60_000, {"name": "Ada", "event": "telegram:default:1"})
    ]


async def test_the_same_event_looked_at_again_after_a_crash_gets_the_same_code(store: PairingStore) -> None:
    assert await store.request("1", META) == await store.request("1", META)


async def test_three_may_wait_and_a_fourth_is_not_answered(store: PairingStore) -> None:
    for sender in ("1", "2", "3"):
        await asked(store, sender)

    assert await store.request("4", META) is None
    assert [request.id for request in await store.pending()] == ["1", "2", "3"]


async def test_a_code_lives_for_an_hour(store: PairingStore, clock: ControlledClock) -> None:
    code = await asked(store, "1")
    clock.advance(3599)
    assert [request.code for request in await store.pending()] == [code]

    clock.advance(1)

    assert await store.pending() == []
    with pytest.raises(UnknownCodeError):
        await store.approve(code)
    assert await asked(store, "1") != code


async def test_a_request_from_the_future_does_not_wait_for_years(
    store: PairingStore, clock: ControlledClock
) -> None:
    await asked(store, "1")
    clock.advance(-365 * 24 * 3600)

    assert await store.pending() == []


async def test_an_approved_sender_is_paired_from_then_on(store: PairingStore, folder: Path) -> None:
    code = await asked(store, "1")
    await asked(store, "2")
    assert await store.paired("1") == frozenset()

    approved = await store.approve(f" {code.lower()} ")

    assert approved.id == "1"
    assert await store.paired("1") == {"1"}
    assert [request.id for request in await store.pending()] == ["2"]
    assert read(folder / ALLOWED) == {"version": 1, "allowFrom": ["1"]}


async def test_a_rejected_code_lets_nobody_in(store: PairingStore) -> None:
    code = await asked(store, "1")

    assert (await store.reject(code)).id == "1"

    assert await store.pending() == []
    assert await store.paired("1") == frozenset()


async def test_an_unknown_code_is_told_with_the_way_to_the_known_ones(store: PairingStore) -> None:
    with pytest.raises(UnknownCodeError, match=r"'NOPE'.*openclaw pairing list"):
        await store.approve("nope")
    with pytest.raises(UnknownCodeError):
        await store.reject("")


async def test_the_files_are_the_owners_alone_and_have_the_contracts_shape(
    store: PairingStore, folder: Path
) -> None:
    first, second = await asked(store, "1"), await asked(store, "2")
    await store.approve(second)

    assert read(folder / REQUESTS) == {
        "version": 1,
        "requests": [
            {
                "id": "1",
                "code": first,
                "createdAt": iso(NOW),
                "lastSeenAt": iso(NOW),
                "meta": {"name": "Ada", "event": "telegram:default:1"},
            }
        ],
    }
    assert modes(folder) == {"": 0o700, REQUESTS: 0o600, ALLOWED: 0o600}


async def test_a_request_is_shown_as_it_is_written(store: PairingStore, folder: Path) -> None:
    await asked(store, "1")

    assert [shown(request) for request in await store.pending()] == read(folder / REQUESTS)["requests"]


async def test_each_account_has_files_of_its_own(folder: Path, clock: ControlledClock) -> None:
    work = PairingStore(folder, "telegram", "work", clock)
    await work.approve(await asked(work, "1"))

    assert await PairingStore(folder, "telegram", "default", clock).paired("1") == frozenset()
    assert read(folder / "telegram-work-allowFrom.json")["allowFrom"] == ["1"]


async def test_whom_another_program_lets_in_gets_in_at_once(store: PairingStore, folder: Path) -> None:
    assert await store.paired("7") == frozenset()

    write(folder / ALLOWED, {"version": 1, "allowFrom": [7, "8"]})

    assert await store.paired("7") == {"7", "8"}


async def test_whom_another_program_turns_out_is_out_a_second_later(
    store: PairingStore, folder: Path, clock: ControlledClock
) -> None:
    write(folder / ALLOWED, {"version": 1, "allowFrom": ["7"]})
    assert await store.paired("7") == {"7"}
    write(folder / ALLOWED, {"version": 1, "allowFrom": []})

    clock.advance(pairing.FRESH_SECONDS)

    assert await store.paired("7") == frozenset()


async def test_requests_that_another_program_wrote_can_be_approved(store: PairingStore, folder: Path) -> None:
    item = {"id": "5", "code": "ABCDEFGH", "createdAt": iso(NOW - 1), "lastSeenAt": iso(NOW - 1)}
    write(
        folder / REQUESTS, {"version": 1, "requests": [item, {"id": "6"}, "nonsense", {"id": 1, "code": 2}]}
    )

    assert (await store.approve("ABCDEFGH")).id == "5"
    assert await store.paired("5") == {"5"}


@pytest.mark.parametrize("content", [b"", b"{ torn", b"\xff\xfe"])
async def test_an_unreadable_file_is_moved_aside_and_lets_nobody_in(
    store: PairingStore, folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder / ALLOWED, content)

    assert await store.paired("1") == frozenset()

    aside = folder / f"{ALLOWED}.unreadable.{NOW}"
    assert aside.read_bytes() == content
    assert not (folder / ALLOWED).exists()
    assert "must be paired again" in caplog.text


@pytest.mark.parametrize("content", [b"[]", b'{"allowFrom": "1"}', b"null", b'{"version": 1}'])
async def test_a_file_of_another_shape_lets_nobody_in(
    store: PairingStore, folder: Path, content: bytes
) -> None:
    write(folder / ALLOWED, content)

    assert await store.paired("1") == frozenset()


async def test_a_file_that_may_not_be_read_lets_nobody_in_and_stops_nothing(
    store: PairingStore, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / ALLOWED).mkdir(parents=True)

    assert await store.paired("1") == frozenset()
    assert "nobody is let in" in caplog.text
