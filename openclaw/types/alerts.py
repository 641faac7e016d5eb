"""What the owner has to know although nobody asked."""

from collections.abc import Awaitable, Callable

ALERT_ID = "al"
"""What the ids of alerts' own messages begin with. That one of them failed is no alert: it would never end."""

Alert = Callable[[str, str], Awaitable[None]]
"""The kind, by which repeats are held back, and the words. Contract: returns soon, raises nothing."""


async def unheard(kind: str, text: str) -> None:
    """Where nobody listens."""
