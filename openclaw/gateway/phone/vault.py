"""What came in without being answered: a line in its stream, and a record in the vault that the memory search reads."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread

from openclaw.files import write_atomically
from openclaw.gateway.phone.streams import StreamFiles
from openclaw.types.clock import iso
from openclaw.types.conversation import Provenance


@dataclass(frozen=True, slots=True)
class Happening:
    """One event that nobody answers."""

    id: str
    at: int
    type: str
    """The stream it belongs to."""
    content: str
    sender: str = ""
    to: str = ""
    meta: Mapping[str, object] = field(default_factory=dict)
    provenance: Provenance = "stranger"


def id_of(event_key: str) -> str:
    """The same for the same event: what is kept twice is there once."""
    return "ev_" + hashlib.sha256(event_key.encode()).hexdigest()[:20]


def stream_line(happening: Happening) -> dict[str, object]:
    return {
        "id": happening.id,
        "ts": iso(happening.at),
        "type": happening.type,
        "from": happening.sender,
        "to": happening.to,
        "content": happening.content,
        "meta": dict(happening.meta),
    }


def record(happening: Happening) -> str:
    """Markdown with front matter. JSON texts are YAML texts too, and no line of theirs can end the front matter."""
    facts = {
        "id": happening.id,
        "type": happening.type,
        "at": iso(happening.at),
        "from": json.dumps(happening.sender, ensure_ascii=False) if happening.sender else "",
        "to": json.dumps(happening.to, ensure_ascii=False) if happening.to else "",
        "provenance": happening.provenance,
    }
    front = "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
    return f"---\n{front}\n---\n\n{happening.content}\n"


def place(happening: Happening) -> str:
    """Beneath the state directory."""
    return f"vault/event/{iso(happening.at)[:10]}/{happening.id}.md"


class Vault:
    def __init__(self, state: Path, streams: StreamFiles) -> None:
        self._state = state
        self._streams = streams

    async def keep(self, happening: Happening) -> str:
        """Where its record is, beneath the state directory. Repeated, it does no harm. Raises OSError."""
        path = place(happening)
        await anyio.to_thread.run_sync(_write, self._state / path, record(happening))
        await self._streams.append(happening.type, [stream_line(happening)])
        return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, text.encode(errors="replace"))
