from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openclaw.gateway.public_paths import KNOWN, PublicPaths, rows, served_by
from openclaw.store.database import open_database
from openclaw.store.ledger import Ledger
from openclaw.store.webhooks import AuditRow, Seen
from openclaw.types.channel import WebhookRequest, WebhookResponse, WebhookRoute
from tests.gateway.scripted import ControlledClock, FakeChannel


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with open_database(tmp_path / "ledger.sqlite") as database:
        yield Ledger(database, ControlledClock(), "boot_1")


async def handle(request: WebhookRequest) -> WebhookResponse:
    return WebhookResponse(200)


class Called(FakeChannel):
    def routes(self, deliver: object) -> list[WebhookRoute]:
        return [
            WebhookRoute("/webhooks/quo", lambda request: None, handle),
            WebhookRoute("/webhooks/quo/work", lambda request: None, handle, ("GET", "POST")),
        ]


def test_every_path_of_the_contract_is_there_served_or_not() -> None:
    found = {str(row["path"]): row for row in rows({"/sms": ("sms", ("POST",))}, {})}

    assert list(found) == [each.path for each in KNOWN]
    assert found["/sms"]["served"]
    assert found["/sms"]["mend"] == ""
    assert not found["/webhooks/salesmsg"]["served"]
    assert found["/webhooks/salesmsg"]["mend"] == "set channels.salesmsg.webhookToken"
    assert all(row["checkedBy"] and (row["served"] or row["mend"]) for row in found.values())


def test_a_path_of_ones_own_stands_behind_them_with_its_last_calls() -> None:
    seen = {"/hook/7": Seen("2026-02-27T09:00:00.000Z", "2026-02-27T08:00:00.000Z", "secret-wrong")}

    last = rows({"/hook/7": ("telegram", ("POST",))}, seen)[-1]

    assert last == {
        "path": "/hook/7",
        "methods": ["POST"],
        "channel": "telegram",
        "served": True,
        "checkedBy": "X-Telegram-Bot-Api-Secret-Token",
        "lastAcceptedAt": "2026-02-27T09:00:00.000Z",
        "lastRefusedAt": "2026-02-27T08:00:00.000Z",
        "lastRefusal": "secret-wrong",
        "mend": "",
    }


def test_the_channels_say_what_they_serve() -> None:
    assert served_by([FakeChannel(), Called(name="quo")]) == {
        "/webhooks/quo": ("quo", ("POST",)),
        "/webhooks/quo/work": ("quo", ("GET", "POST")),
    }


async def test_the_audit_log_says_when_a_path_was_called(ledger: Ledger) -> None:
    await ledger.audit_webhook(AuditRow("quo", "/webhooks/quo", "refused", "bad-signature"))

    found = await PublicPaths(ledger, lambda: [Called(name="quo")]).rows()

    (row,) = [row for row in found if row["path"] == "/webhooks/quo"]
    assert (row["served"], row["lastAcceptedAt"], row["lastRefusal"]) == (True, None, "bad-signature")
    assert isinstance(row["lastRefusedAt"], str)
