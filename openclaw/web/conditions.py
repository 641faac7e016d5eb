"""How the channels and the ledger are, for whoever looks at the house."""

from collections.abc import Sequence
from dataclasses import asdict

from openclaw.channels.runner import ChannelStatus
from openclaw.store.ledger import Ledger


def shown(states: Sequence[ChannelStatus]) -> dict[str, object]:
    """By the channel's name, and its account's where it has several."""
    return {_title(state): asdict(state) for state in states}


def problems(ledger: Ledger, states: Sequence[ChannelStatus]) -> list[str]:
    failing = [f"{_title(state)}: {state.reason}" for state in states if state.condition == "failing"]
    return [*(["the ledger's disk is full"] if ledger.is_full else []), *failing]


def _title(state: ChannelStatus) -> str:
    return state.channel if state.account == "default" else f"{state.channel}:{state.account}"
