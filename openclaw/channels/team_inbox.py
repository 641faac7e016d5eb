"""SalesMsg and Quo: inboxes of a business, in which its people write as well, and texts go out by an API."""

import logging
from dataclasses import dataclass

from openclaw.types.channel import ChannelParts
from openclaw.types.receipts import Receipt

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """A text of ours to somebody, as the provider tells of it: perhaps a person has written it there."""

    id: str
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class TeamInbox:
    """What the house learns from one, besides the messages themselves. Repeated, each of these does nothing."""

    channel: str
    account: str
    name: str
    """For people."""
    parts: ChannelParts

    async def pass_on(self, receipt: Receipt) -> None:
        receipts = self.parts.receipts
        if receipts is not None and await receipts.take(receipt) and receipt.status == "failed":
            why = receipt.reason or f"{self.name} does not say why"
            logger.warning("the text %s was not delivered: %s", receipt.provider_id, why)
            await self.parts.alert(
                f"send:{self.channel}",
                f"A text by {self.name} was taken and not delivered: {why}. It stands in openclaw outbox list.",
            )

    async def note_person(self, written: Written) -> None:
        """Somebody of the business answers there himself: the assistant does not interfere."""
        own, events, consents = self.parts.own_texts, self.parts.events, self.parts.consents
        if own is None or events is None or consents is None:
            return
        if await own.wrote(self.channel, written.number, written.id, written.text):
            return
        if await events.note(self.channel, "sms.person", written.id, f"to {written.number}: {written.text}"):
            await consents.human_wrote(written.number, self.channel, self.account, written.id)

    async def note_unknown(self, shape: str, event: str) -> None:
        """Told once for each shape."""
        events = self.parts.events
        what = f"an event that is not understood ({event}); it is kept"
        if events is not None and await events.note(self.channel, "unclassified", shape, what):
            logger.warning("%s tells of %s", self.name, what)
            await self.parts.alert(f"unclassified:{self.channel}", f"{self.name} tells of {what}.")
