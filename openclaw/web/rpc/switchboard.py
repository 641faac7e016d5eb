"""What every WebSocket shares."""

from dataclasses import dataclass

from openclaw.web.auth import TokenCheck
from openclaw.web.desk import House, Recognise
from openclaw.web.rpc.broadcast import Broadcast


@dataclass(frozen=True, slots=True)
class Switchboard:
    """What every connection shares."""

    house: House
    tokens: TokenCheck
    broadcast: Broadcast
    recognise: Recognise | None = None
    """None: no browser signs in here."""
