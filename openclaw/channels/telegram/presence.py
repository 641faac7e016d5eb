"""Where the bot has been put out: nothing is sent there until it is let in again, and the owner reads of it."""

import logging
from collections.abc import Iterable

from openclaw.channels.telegram.reading.membership import Membership, Moved, change_in, told
from openclaw.types.messages import Arrival, Inbound

logger = logging.getLogger(__name__)


class Presence:
    """As far as this life of the daemon has heard; what it has not heard, Telegram's refusals say."""

    def __init__(self) -> None:
        self._out: dict[str, str] = {}

    def note(self, arrivals: Iterable[Arrival]) -> None:
        """Must not raise: these are in the ledger already."""
        for arrival in arrivals:
            self._note(arrival)

    def reason_against(self, chat: str) -> str | None:
        """Why nothing can be sent to a chat."""
        return self._out.get(chat)

    def _note(self, arrival: Arrival) -> None:
        if isinstance(arrival.content, Inbound):
            if arrival.content.reply_to is not None:
                # Who writes to the bot can be answered, whatever was missed.
                self._out.pop(arrival.content.reply_to.chat, None)
            return
        match change_in(arrival.raw):
            case Membership() as change:
                self._changed(change)
            case Moved(chat, to):
                logger.warning(
                    "the group %s has become the supergroup %s: name that one in channels.telegram.groups",
                    chat,
                    to,
                )
            case None:
                pass

    def _changed(self, change: Membership) -> None:
        if change.inside:
            self._out.pop(change.chat, None)
        else:
            self._out[change.chat] = told(change)
        if change.inside != change.was_inside:
            note = "" if change.inside or change.private else "; what was to be said there is not sent"
            logger.warning("%s%s", told(change), note)
