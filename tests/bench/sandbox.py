"""What a command costs, from the tool's call to its answer."""

import subprocess
import tempfile
import time
from pathlib import Path

from openclaw.agent.tools.exec.sandbox.base import Unavailable
from openclaw.agent.tools.exec.sandbox.probe import probe
from tests.agent.tools.exec.workshop import open_workshop
from tests.bench.report import Figure

ROUNDS = 100


async def commands() -> list[Figure]:
    began = time.perf_counter()
    found = probe()
    probed = (time.perf_counter() - began) * 1000
    if isinstance(found, Unavailable):
        return [Figure("trying the sandbox out", [probed], "ms", note=found.reason)]
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as folder:
        async with open_workshop(lambda: found, Path(folder)) as shop:
            await shop.exec("true")
            taken = []
            for _ in range(ROUNDS):
                before = time.perf_counter()
                await shop.exec("true")
                taken.append((time.perf_counter() - before) * 1000)
    return [
        Figure("trying the sandbox out", [probed], "ms", note="once, in the background"),
        Figure("exec `true`", taken, "ms", floor=_floor(), note="floor: bash -c true, without a sandbox"),
    ]


def _floor() -> float:
    before = time.perf_counter()
    for _ in range(ROUNDS):
        subprocess.run(["/bin/bash", "-c", "true"], check=True)
    return (time.perf_counter() - before) * 1000 / ROUNDS
