"""Transcripts that were put aside when their session began anew."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

logger = logging.getLogger(__name__)

FIRST_LINE = 4096


def prune(state: Path, agents: Sequence[str], before: int, concerns: Callable[[str], bool]) -> int:
    """Blocks. Delete those put aside before a time whose session key concerns us; how many."""
    pruned = 0
    for agent in agents:
        for path in (state / "agents" / agent / "sessions").glob("*.jsonl.reset.*"):
            try:
                # A file that is renamed keeps its time, which is that of its last line.
                if path.stat().st_mtime * 1000 < before and concerns(_key(path)):
                    path.unlink()
                    pruned += 1
            except OSError as error:
                logger.warning("%s is not deleted: %s", path, error)
    return pruned


def _key(path: Path) -> str:
    with path.open("rb") as file:
        line = file.read(FIRST_LINE).split(b"\n", 1)[0]
    try:
        header = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    return str(header.get("key", "")) if isinstance(header, dict) else ""
