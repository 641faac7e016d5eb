"""The real desk over the gateway's test house."""

from datetime import UTC

from openclaw.gateway.budgets import Budgets
from openclaw.gateway.command_requests import CommandRequests
from openclaw.gateway.limits import BudgetsConfig
from openclaw.gateway.pairing import PairingStore
from openclaw.llm.models import Choice
from openclaw.store.command_asks import CommandLedger
from openclaw.store.glance import Glances
from openclaw.web.desk import Nameplate
from openclaw.web.front_desk import DeskParts, FrontDesk
from tests.gateway.harness import House
from tests.gateway.scripted import NOW
from tests.llm.made import models

PLATE = Nameplate("1.0", "boot_1", "/etc/openclaw.json", "/var/openclaw", "/x/sessions.json", NOW - 5_000)


def desk_of(house: House, *, problems: list[str] | None = None) -> FrontDesk:
    work = PairingStore(house.state / "credentials", "telegram", "work", house.clock)
    return FrontDesk(
        DeskParts(
            PLATE,
            house.ledger,
            house.sessions,
            house.intake,
            house.delivery,
            house.lanes,
            house.runs,
            house.clock,
            house.routing,
            {("telegram", "default"): house.pairing, ("telegram", "work"): work},
            lambda: {"telegram": {"condition": "connected"}},
            lambda: problems or [],
            [{"id": "main", "model": "anthropic/claude-opus-4-6", "tier": "first"}],
            Budgets(BudgetsConfig(), house.clock, UTC, "UTC"),
            UTC,
            models({"anthropic": {"apiKey": "sk-1"}}, house.state / "auth-profiles.json"),
            Choice("claude-opus-4-6", ("claude-haiku-4-5",)),
            house.stopper,
            house.approvals,
            lately=Glances(house.database).lately,
            commands=CommandRequests(
                house.approvals, CommandLedger(house.database, house.clock), house.bus, house.clock
            ),
        )
    )
