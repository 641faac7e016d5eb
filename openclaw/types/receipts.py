"""What a provider says of a message after it has taken it."""

from dataclasses import dataclass
from typing import Literal, Protocol

ReceiptStatus = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True, slots=True)
class Receipt:
    provider_id: str
    status: ReceiptStatus
    outbox_id: str = ""
    """Ours, where the provider gives it back: a receipt may overtake the answer that tells the provider's id."""
    code: int | None = None
    reason: str = ""
    """Why it failed, and what the owner can do."""


class Receipts(Protocol):
    async def take(self, receipt: Receipt) -> bool:
        """Returns when it is on disk. False for a message that is none of ours, a repeat, and what is overtaken.

        Raises StorageFullError or StorageBusyError when nothing was recorded.
        """


class OwnTexts(Protocol):
    """For a provider that tells of all texts of the business alike, whoever has written them."""

    async def wrote(self, channel: str, number: str, provider_id: str, text: str) -> bool:
        """Whether the house has sent this or is sending it: by the provider's id, else by the words.

        Otherwise a person has written it.
        """
