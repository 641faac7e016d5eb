"""What the pre-send gates look at, and what they answer. Pure data: the gates run inside the claiming transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from openclaw.types.messages import Address, Role

Purpose = Literal["reply", "notice", "owner"]
Outcome = Literal["allow", "defer", "hold", "block"]


@dataclass(frozen=True, slots=True)
class SendIntent:
    id: str
    to: Address
    text: str
    purpose: Purpose
    audience: Role
    attempts: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Facts:
    now: int
    secrets: frozenset[str] = frozenset()
    """Values that must never leave."""


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    gate: str = ""
    code: str = ""
    until: int | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)


Decide = Callable[[SendIntent], Verdict]
