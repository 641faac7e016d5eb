"""WhatsApp numbers at the fake Twilio, with a real ledger for what is sent and received."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio

from openclaw.channels.whatsapp.config import WhatsAppConfig
from openclaw.channels.whatsapp.plugin import plugin
from openclaw.store.database import Database, open_database
from openclaw.store.phone import PhoneStore
from openclaw.types.channel import Channel, ChannelParts, WebhookRequest, WebhookResponse, WebhookRoute
from tests.channels.whatsapp.house import MemoryLedger, Reports, Secrets, SetClock
from tests.fakes import FakeTwilio

PATH = "/webhooks/whatsapp/twilio"
PUBLIC = "https://bot.example.org"
OURS = "+12015550199"
ANA = "+12015550123"


def config(twilio: FakeTwilio, **more: object) -> dict[str, Any]:
    return {
        "provider": "twilio",
        "accountSid": twilio.account_sid,
        "authToken": twilio.token,
        "apiRoot": twilio.url,
        "fromNumber": OURS,
        "publicWebhookUrls": [PUBLIC],
        **more,
    }


class House:
    def __init__(self, twilio: FakeTwilio, database: Database, media: Path, **more: object) -> None:
        self.twilio = twilio
        self.database = database
        self.ledger, self.clock, self.reports = MemoryLedger(), SetClock(), Reports()
        phone = PhoneStore(database, self.clock, lambda row: None)
        parts = ChannelParts(Secrets(), self.ledger, self.clock, phone=phone, media=media)
        self.channels = plugin.open(WhatsAppConfig.model_validate(config(twilio, **more)), parts)
        routes = [route for each in self.channels for route in each.routes(self.ledger.deliver)]
        self.route: WebhookRoute | None = routes[0] if routes else None

    @property
    def channel(self) -> Channel:
        return self.channels[0]

    def request(self, form: Mapping[str, str], signature: str | None = None) -> WebhookRequest:
        shown = self.twilio.signature(PUBLIC + PATH, form) if signature is None else signature
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": shown}
        return WebhookRequest("POST", PATH, headers, {}, urlencode(form).encode())

    async def post(self, form: Mapping[str, str]) -> WebhookResponse:
        request = self.request(form)
        assert self.route is not None
        assert self.route.authentic(request) is None
        return await self.route.handle(request)

    async def rows(self) -> list[tuple[object, ...]]:
        return await self.database.read(
            lambda tx: [
                tuple(row)
                for row in tx.execute(
                    "SELECT direction, from_number, to_number, status, channel FROM twilio_sms"
                )
            ]
        )


@asynccontextmanager
async def living(twilio: FakeTwilio, folder: Path, **more: object) -> AsyncIterator[House]:
    async with open_database(folder / "ledger.sqlite") as database:
        house = House(twilio, database, folder / "media", **more)
        async with anyio.create_task_group() as tasks:
            for channel in house.channels:
                tasks.start_soon(channel.run, house.ledger.deliver, house.reports)
            await house.reports.connected(len(house.channels))
            yield house
            tasks.cancel_scope.cancel()
        for channel in house.channels:
            await channel.aclose()


def written(twilio: FakeTwilio, body: str, *, to: str = OURS, **more: str) -> dict[str, str]:
    """The form of a message to us."""
    return twilio.inbound(body, sender=f"whatsapp:{ANA}", to=f"whatsapp:{to}", ProfileName="Ana", **more)
