import json
from typing import Any

import anyio
import pytest

from openclaw.channels.telegram import updates as updates_module
from openclaw.channels.telegram.reading.called import Bot
from openclaw.channels.telegram.updates import (
    SECRET_HEADER,
    Hook,
    Polling,
    poll_offset,
    refusal,
    webhook_route,
)
from openclaw.types.channel import ChannelParts, LastArrival, WebhookRequest
from openclaw.types.errors import StorageBusyError, StorageFullError
from openclaw.types.secrets import Secret
from tests.channels.telegram.house import NOW, MemoryLedger, Reports, Secrets, StoppedClock

BOT = 8000001
DAY_MS = 24 * 3600 * 1000


@pytest.mark.parametrize(
    ("last", "offset"),
    [
        (None, None),
        (LastArrival(41, NOW, "telegram:8000001:41"), 42),
        (LastArrival(41, NOW), 42),
        (LastArrival(41, NOW - 5 * DAY_MS, "telegram:8000001:41"), 42),
        (LastArrival(41, NOW - 7 * DAY_MS, "telegram:8000001:41"), None),
        (LastArrival(41, NOW, "telegram:9999:41"), None),
    ],
)
def test_the_offset_follows_the_inbox(last: LastArrival | None, offset: int | None) -> None:
    assert poll_offset(last, BOT, NOW) == offset


class Script:
    """Answers one poll after the other, then waits; keeps what it was asked."""

    def __init__(self, *answers: list[object]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int | None, int]] = []
        self.empty = anyio.Event()
        self.acknowledged: list[str] = []

    async def acknowledge(self, press: str) -> None:
        self.acknowledged.append(press)
        if press == "hangs":
            await anyio.sleep_forever()

    async def updates(self, offset: int | None, wait_seconds: int) -> list[object]:
        self.asked.append((offset, wait_seconds))
        if not self.answers:
            self.empty.set()
            await anyio.sleep_forever()
        return self.answers.pop(0)


def update(number: int) -> dict[str, Any]:
    return {"update_id": number, "message": {"text": f"m{number}"}}


async def polled(script: Script, ledger: MemoryLedger) -> Reports:
    reports = Reports()
    polling = Polling(script, ChannelParts(Secrets(), ledger, StoppedClock()), "default", Bot(BOT))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(polling.run, ledger.deliver, reports, 50)
        await script.empty.wait()
        tasks.cancel_scope.cancel()
    return reports


async def test_the_offset_moves_only_after_the_batch_is_in_the_ledger() -> None:
    ledger = MemoryLedger()
    script = Script([], [update(5), update(6)], [update(7)])

    reports = await polled(script, ledger)

    assert script.asked == [(None, 0), (None, 50), (7, 50), (8, 50)]
    assert ledger.batches == 2
    assert [state.condition for state in reports.seen][:1] == ["connected"]


async def test_a_start_goes_on_where_the_inbox_ends() -> None:
    script = Script()

    await polled(script, MemoryLedger(last=LastArrival(41, NOW, "telegram:8000001:41")))

    assert script.asked == [(42, 0)]


async def test_one_update_that_cannot_be_read_holds_up_no_other() -> None:
    ledger = MemoryLedger()

    await polled(Script([{"odd": 1}, update(6), "text", {"update_id": 7, "message": None}]), ledger)

    assert len(ledger.kept) == 4
    assert ledger.last is not None
    assert ledger.last.sequence == 7


@pytest.mark.parametrize("error", [StorageFullError("the disk is full"), StorageBusyError("locked")])
async def test_a_batch_that_cannot_be_stored_is_kept_and_offered_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates_module, "STORAGE_WAIT_SECONDS", 0)
    ledger = MemoryLedger(failures=[error, error])
    script = Script([update(5)])

    reports = await polled(script, ledger)

    assert script.asked == [(None, 0), (6, 50)]
    assert [state.condition for state in reports.seen] == ["connected", "failing", "failing"]
    assert str(error) in reports.seen[1].reason


async def test_a_server_that_repeats_itself_is_asked_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("openclaw.channels.telegram.updates.anyio.sleep", note)
    ledger = MemoryLedger()

    await polled(Script([update(5)], [update(5)], [{"odd": 1}]), ledger)

    assert waits == [1.0, 1.0]
    assert len(ledger.kept) == 2


def posted(body: bytes = b"{}", *, secret: str | None = None) -> WebhookRequest:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    return WebhookRequest("POST", "/webhooks/telegram", headers, {}, body)


HOOK = Hook(Secret("right"), Bot(BOT))


@pytest.mark.parametrize(
    ("shown", "hook", "reason"),
    [
        ("right", HOOK, None),
        ("wrong", HOOK, "secret-wrong"),
        ("ünicode\udcff", HOOK, "secret-wrong"),
        ("", HOOK, "secret-missing"),
        (None, HOOK, "secret-missing"),
        ("right", None, "not-ready"),
        ("", Hook(Secret(""), Bot(BOT)), "not-ready"),
    ],
)
def test_only_who_shows_the_secret_is_heard(shown: str | None, hook: Hook | None, reason: str | None) -> None:
    assert refusal(posted(secret=shown), hook) == reason


async def test_a_webhook_answers_only_after_the_ledger_has_it() -> None:
    ledger = MemoryLedger(failures=[StorageFullError("the disk is full")])
    route = webhook_route("/webhooks/telegram", "default", ledger.deliver, lambda: HOOK)
    update = posted(b'{"update_id": 5, "message": {}}')

    refused = await route.handle(update)
    taken = await route.handle(update)
    again = await route.handle(update)

    assert (refused.status, "Retry-After" in refused.headers) == (503, True)
    assert (taken.status, again.status) == (200, 200)
    assert list(ledger.kept) == ["telegram:8000001:5"]


def press(number: int, name: str) -> dict[str, Any]:
    return {"update_id": number, "callback_query": {"id": name}}


async def test_presses_are_acknowledged_once_they_are_in_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates_module, "STORAGE_WAIT_SECONDS", 0)
    ledger = MemoryLedger(failures=[StorageFullError("the disk is full")])
    script = Script([press(5, "a"), update(6), press(7, "b")])
    await polled(script, ledger)

    assert script.acknowledged == ["a", "b"]
    assert len(ledger.kept) == 3


async def test_a_press_that_is_never_taken_stops_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates_module, "ACKNOWLEDGE_SECONDS", 0.01)
    script = Script([press(5, "hangs"), press(6, "b")], [update(7)])
    ledger = MemoryLedger()
    await polled(script, ledger)

    assert len(ledger.kept) == 3


async def test_a_press_by_webhook_is_acknowledged_by_its_answer() -> None:
    route = webhook_route("/webhooks/telegram", "default", MemoryLedger().deliver, lambda: HOOK)
    taken = await route.handle(posted(json.dumps(press(5, "4382")).encode()))

    assert (taken.status, taken.content_type) == (200, "application/json")
    assert json.loads(taken.body) == {"method": "answerCallbackQuery", "callback_query_id": "4382"}
