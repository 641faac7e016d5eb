"""`scripts/bench [PART …]`: prints what was measured, asserts nothing."""

import argparse
import asyncio
import inspect
import os
import platform
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench import control, figures, floors, pages, recall, sandbox, webhooks
from tests.bench.report import Figure, keep, show
from tests.fake.daemon import CHECKOUT


async def disk() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-", dir=CHECKOUT) as folder:
        return await asyncio.to_thread(floors.disk, Path(folder))


PARTS: dict[str, tuple[str, Callable[[], Awaitable[list[Figure]]]]] = {
    "imports": ("Floor: importing", floors.imports),
    "calls": ("Floor: one call to a model", floors.model_calls),
    "disk": ("Floor: bringing bytes to the disk", disk),
    "start": ("Starting", figures.start),
    "commands": ("The command line", figures.commands),
    "latency": ("One message after the other", figures.latency),
    "tools": ("Tool calls", figures.tool_calls),
    "crowd": ("Many at once", figures.crowd),
    "memory": ("Memory of the process tree", figures.memory),
    "transcript": ("A long conversation", figures.transcript),
    "grown": ("A conversation of 5 MB", figures.grown),
    "compaction": ("Summing up", figures.compaction),
    "thousand": ("A thousand conversations", figures.thousand),
    "sessions": ("Many conversations", figures.sessions),
    "notes": ("Searching notes", recall.notes),
    "skills": ("Many skills", recall.prompt),
    "sandbox": ("Commands", sandbox.commands),
    "rpc": ("A call over the WebSocket", control.rpc),
    "watchers": ("A streaming run that many watch", control.watchers),
    "history": ("A long conversation read back", control.history),
    "pages": ("The web page in a browser", pages.first_paint),
    "webhooks": ("The public door", webhooks.acknowledgement),
    "slow": ("Half-sent requests at the public door", webhooks.slow),
    "signatures": ("Twilio's signature", webhooks.signatures),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=inspect.getdoc(figures))
    parser.add_argument("parts", nargs="*", metavar="PART", help="only these")
    parser.add_argument("--list", action="store_true", help="name the parts")
    chosen = parser.parse_args()
    if unknown := [part for part in chosen.parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    if chosen.list:
        for name, (title, _) in PARTS.items():
            print(f"{name:12}{title}")
        return
    measured: dict[str, list[Figure]] = {}
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.platform(terse=True)}")
    for name in chosen.parts or PARTS:
        title, measure = PARTS[name]
        measured[name] = asyncio.run(_measure(measure))
        show(title, measured[name])
    keep(CHECKOUT / ".bench" / "latest.json", measured)


async def _measure(measure: Callable[[], Awaitable[list[Figure]]]) -> list[Figure]:
    return await measure()


if __name__ == "__main__":
    main()
