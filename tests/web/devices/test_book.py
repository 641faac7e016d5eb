import json
from pathlib import Path

import anyio
import pytest

from openclaw.web.devices.book import (
    LIFETIME_MS,
    MOST_PENDING,
    DeviceBook,
    TooManyDevicesError,
    UnknownDeviceError,
    holds,
)
from openclaw.web.devices.records import DeviceFacts
from tests.gateway.scripted import ControlledClock

DEVICE = DeviceFacts("d1", "key", "linux", "cli", "cli")
READ, WRITE = ("operator.read",), ("operator.read", "operator.write")


@pytest.fixture
def clock() -> ControlledClock:
    return ControlledClock()


@pytest.fixture
def book(tmp_path: Path, clock: ControlledClock) -> DeviceBook:
    return DeviceBook(tmp_path / "devices", clock)


async def test_a_device_is_paired_by_a_persons_word_and_stays_so(
    book: DeviceBook, tmp_path: Path, clock: ControlledClock
) -> None:
    request, is_new = await book.ask(DEVICE, "operator", READ, "203.0.113.7")
    again, is_new_again = await book.ask(DEVICE, "operator", READ, "203.0.113.7")
    assert (is_new, is_new_again, again) == (True, False, request)
    assert await book.find("d1") is None

    paired = await book.approve(request.request_id)
    assert (paired.scopes, paired.approved_via) == (READ, "owner")
    later = DeviceBook(tmp_path / "devices", clock)
    assert await later.find("d1") == paired
    assert await later.listed() == ([], [paired])
    folder = tmp_path / "devices"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()} == {
        "pending.json": 0o600,
        "paired.json": 0o600,
    }


async def test_what_was_asked_cannot_be_changed_under_the_persons_eyes(book: DeviceBook) -> None:
    little, _ = await book.ask(DEVICE, "operator", READ, "203.0.113.7")
    more, is_new = await book.ask(DEVICE, "operator", WRITE, "203.0.113.7")
    assert is_new
    with pytest.raises(UnknownDeviceError):
        await book.approve(little.request_id)
    assert [each.request_id for each in (await book.listed())[0]] == [more.request_id]


async def test_a_request_waits_ten_minutes(book: DeviceBook, clock: ControlledClock) -> None:
    request, _ = await book.ask(DEVICE, "operator", READ, "203.0.113.7")
    clock.advance(LIFETIME_MS / 1000)
    with pytest.raises(UnknownDeviceError, match="ten minutes"):
        await book.approve(request.request_id)


async def test_so_many_wait_and_no_more(book: DeviceBook) -> None:
    for number in range(MOST_PENDING):
        await book.ask(DeviceFacts(f"d{number}", "key"), "operator", READ, "203.0.113.7")
    with pytest.raises(TooManyDevicesError):
        await book.ask(DeviceFacts("one more", "key"), "operator", READ, "203.0.113.7")


async def test_a_rejected_device_is_not_paired(book: DeviceBook) -> None:
    request, _ = await book.ask(DEVICE, "operator", READ, "203.0.113.7")
    assert await book.reject(request.request_id) == request
    assert await book.listed() == ([], [])


async def test_a_token_is_told_once_and_kept_as_its_digest(book: DeviceBook, tmp_path: Path) -> None:
    await book.pair_silently(DEVICE, "operator", WRITE)
    issued = await book.issue("d1", "operator")
    assert issued is not None
    token, _ = issued
    device = await book.find("d1")
    assert device is not None
    assert holds(device, "operator", token) is not None
    assert holds(device, "node", token) is None
    assert holds(device, "operator", token + "x") is None
    assert holds(device, "operator", None) is None
    assert await book.issue("d1", "operator") is None
    assert token not in (tmp_path / "devices" / "paired.json").read_text()


async def test_a_new_token_ends_the_old_one_and_narrows_it(book: DeviceBook) -> None:
    await book.pair_silently(DEVICE, "operator", WRITE)
    issued = await book.issue("d1", "operator")
    assert issued is not None
    fresh, kept = await book.rotate("d1", "operator", ["operator.read", "operator.admin"])
    device = await book.find("d1")
    assert device is not None
    assert kept.scopes == READ
    assert holds(device, "operator", issued[0]) is None
    assert holds(device, "operator", fresh) == kept
    with pytest.raises(UnknownDeviceError, match="not paired as node"):
        await book.rotate("d1", "node", None)


async def test_a_revoked_token_counts_no_more_until_a_person_approves_anew(book: DeviceBook) -> None:
    await book.pair_silently(DEVICE, "operator", READ)
    issued = await book.issue("d1", "operator")
    assert issued is not None
    async with anyio.create_task_group() as group:
        group.start_soon(book.until_revoked, "d1")
        await anyio.wait_all_tasks_blocked()
        await book.revoke("d1", "operator")
    device = await book.find("d1")
    assert device is not None
    assert holds(device, "operator", issued[0]) is None
    assert holds(device, "operator", "") is None
    assert await book.issue("d1", "operator") is None

    request, _ = await book.ask(DEVICE, "operator", READ, "203.0.113.7")
    assert request.is_repair
    await book.approve(request.request_id)
    assert await book.issue("d1", "operator") is not None


async def test_a_removed_device_is_gone(book: DeviceBook) -> None:
    await book.pair_silently(DEVICE, "operator", READ)
    await book.remove("d1")
    assert await book.find("d1") is None
    with pytest.raises(UnknownDeviceError, match="devices list"):
        await book.revoke("d1", "operator")


async def test_at_home_a_device_gets_what_it_asks_for_on_top(
    book: DeviceBook, clock: ControlledClock
) -> None:
    first = await book.pair_silently(DEVICE, "operator", READ)
    assert await book.pair_silently(DEVICE, "operator", READ) is first
    more = await book.pair_silently(DEVICE, "operator", WRITE)
    assert (more.scopes, more.approved_via) == (WRITE, "silent")
    clock.advance(5)
    await book.seen("d1")
    seen = await book.find("d1")
    assert seen is not None
    assert seen.seen_at == clock.now_ms()


async def test_a_file_that_cannot_be_read_is_put_aside(tmp_path: Path, clock: ControlledClock) -> None:
    folder = tmp_path / "devices"
    folder.mkdir()
    (folder / "paired.json").write_text("{half")
    (folder / "pending.json").write_text(json.dumps({"a": {"requestId": 7}, "b": "nothing"}))
    assert await DeviceBook(folder, clock).listed() == ([], [])
    assert [file.name for file in folder.iterdir() if "unreadable" in file.name]
