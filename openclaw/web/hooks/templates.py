"""Words made of a JSON body: `{{alert.labels[0].name}}`. Pure."""

import json
import re
from collections.abc import Sequence

LONGEST = 16_000
"""Characters of what becomes of a body."""
_PLACE = re.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")


def rendered(template: str, body: object) -> str:
    """What the body does not have is left empty."""
    return shortened(_PLACE.sub(lambda place: written(found(body, place[1])), template))


def found(body: object, path: str) -> object:
    """`payload.` before the path is the body itself. None for what is not there."""
    for key, number in _steps(path):
        if number is not None:
            inside = isinstance(body, list) and number < len(body)
            body = body[number] if inside and isinstance(body, list) else None
        else:
            body = body.get(key) if isinstance(body, dict) else None
    return body


def _steps(path: str) -> Sequence[tuple[str, int | None]]:
    steps = [(step[1] or "", int(step[2]) if step[2] else None) for step in _STEP.finditer(path)]
    return steps[1:] if steps and steps[0][0] == "payload" else steps


def written(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def shortened(text: str) -> str:
    return (
        text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[{len(text) - LONGEST:,} characters left out]"
    )
