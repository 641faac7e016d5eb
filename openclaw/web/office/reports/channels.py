"""The channels' accounts as a person looks after them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from openclaw.channels.runner import ChannelStatus
from openclaw.store.traffic import Account, Traffic, TrafficLedger
from openclaw.web.office.told import Json, UnknownKeyError

SHUT = "it could not be set up; look into the log for its name, and mend what is said there in the config"


class Runner(Protocol):
    def states(self) -> Sequence[ChannelStatus]: ...

    def restart(self, channel: str, account: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class ChannelBook:
    """Satisfies `web.office.desk.ChannelDesk`."""

    runner: Runner
    ledger: TrafficLedger
    configured: Callable[[], Mapping[str, bool]]
    """Each channel that the config has a part for, and whether it is switched on."""
    opened: Callable[[], frozenset[str]]
    """The channels that have an account at work."""

    async def traffic(self) -> Mapping[Account, Traffic]:
        return await self.ledger.of((state.channel, state.account) for state in self.runner.states())

    def idle(self) -> Sequence[Json]:
        at_work = self.opened()
        return [
            {
                "channel": name,
                "account": "default",
                "condition": "stopped" if on else "disabled",
                "reason": SHUT if on else "",
            }
            for name, on in self.configured().items()
            if name not in at_work
        ]

    def restart(self, channel: str, account: str) -> None:
        if not self.runner.restart(channel, account):
            there = ", ".join(f"{state.channel} ({state.account})" for state in self.runner.states())
            raise UnknownKeyError(
                f"no channel {channel[:32]} with the account {account[:32]} is at work; there is {there or 'none'}"
            )
