"""What is wrong with a configuration that can still be used."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Key = tuple[str | int, ...]
"""Where something stands in the config: names of objects, numbers of lists."""

Severity = Literal["warning", "error"]


@dataclass(frozen=True, slots=True)
class Problem:
    """`error`: a part is switched off or has lost its value; `warning`: everything still works as written."""

    key: str
    severity: Severity
    text: str
    mend: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}. {self.mend}"


def dotted(key: Iterable[str | int]) -> str:
    """`agents.list[0].model`."""
    words = ""
    for step in key:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    return words


_SECRETIVE = re.compile(r"(?i)token|secret|key|passw|authoriz|credential")


def sounds_secret(name: str | int) -> bool:
    """Whether a value of this name is better not shown, whatever the models say of it."""
    return _SECRETIVE.search(str(name)) is not None
