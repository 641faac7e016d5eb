import re
from dataclasses import dataclass

from openclaw.agent.untrusted import MARKER


@dataclass(frozen=True, slots=True)
class Unwrapped:
    nonce: str
    source: str
    text: str


def unwrap(wrapped: str) -> Unwrapped | None:
    """The inverse for what `wrap` made; None for anything else."""
    opening, _, rest = wrapped.partition("\n")
    source, _, rest = rest.partition("\n")
    text, _, closing = rest.rpartition("\n")
    match = re.fullmatch(rf'<<<{MARKER} id="([0-9a-f]{{32}})">>>', opening)
    if match is None or closing != f'<<<END_{MARKER} id="{match[1]}">>>':
        return None
    return Unwrapped(match[1], source, text)
