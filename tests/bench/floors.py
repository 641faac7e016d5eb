"""What this machine takes without us: importing, one call to a model, bringing bytes to the disk."""

import asyncio
import json
import os
import sqlite3
import sys
import time
from pathlib import Path

from tests.bench.report import Figure
from tests.fake.daemon import CHECKOUT, clean_environment
from tests.fakes import FakeAnthropic

IMPORTING = """
import resource, sys, time
before = time.perf_counter()
for name in sys.argv[1:]:
    __import__(name)
took = time.perf_counter() - before
with open("/proc/self/statm" if sys.platform == "linux" else "/dev/null") as file:
    pages = file.read().split()
print(took * 1000, int(pages[1]) * resource.getpagesize() / 2**20 if pages else 0)
"""

CALLING = """
import asyncio, json, sys, time
url, way, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
body = {"model": "m", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hi"}]}

async def raw():
    import httpx2
    async with httpx2.AsyncClient(headers={"x-api-key": "k"}) as client:
        async def call():
            async with client.stream("POST", url + "/v1/messages", json=body) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        json.loads(line[6:])
        return await timed(call)

async def sdk():
    from anthropic import AsyncAnthropic
    async with AsyncAnthropic(api_key="k", base_url=url) as client:
        async def call():
            async with client.messages.stream(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
            ) as stream:
                await stream.get_final_message()
        return await timed(call)

async def timed(call):
    for _ in range(5):
        await call()
    took, cpu = [], time.process_time()
    for _ in range(count):
        before = time.perf_counter()
        await call()
        took.append((time.perf_counter() - before) * 1000)
    return {"ms": took, "cpu": (time.process_time() - cpu) * 1000 / count}

print(json.dumps(asyncio.run({"raw": raw, "sdk": sdk}[way]())))
"""


async def run_python(code: str, *args: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, *args),
        stdout=asyncio.subprocess.PIPE,
        env=clean_environment(CHECKOUT),
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"a floor could not be measured: exit {process.returncode}")
    return out.decode()


async def importing(*modules: str, times: int = 3) -> tuple[list[float], float]:
    """Milliseconds of each try, and the MiB that the process then holds."""
    tries = [[float(n) for n in (await run_python(IMPORTING, *modules)).split()] for _ in range(times)]
    return [ms for ms, _ in tries], tries[-1][1]


async def imports() -> list[Figure]:
    figures = []
    for modules in (
        ("httpx", "starlette.applications", "uvicorn", "sqlite3"),
        ("telegram",),
        ("anthropic",),
        ("telegram", "anthropic", "starlette.applications", "uvicorn", "sqlite3"),
    ):
        took, held = await importing(*modules)
        names = ", ".join(name.partition(".")[0] for name in modules)
        figures.append(Figure(f"import {names}", took, "ms", note=f"{held:.0f} MiB"))
    return figures


async def model_calls(count: int = 200) -> list[Figure]:
    figures = []
    async with FakeAnthropic() as model:
        for way, name in (("raw", "a streaming call, bare"), ("sdk", "a streaming call, by the SDK")):
            measured = json.loads(await run_python(CALLING, model.url, way, str(count)))
            note = f"{measured['cpu']:.2f} ms of processor time"
            figures.append(Figure(name, measured["ms"], "ms", note=note))
    return figures


def disk(folder: Path, count: int = 500) -> list[Figure]:
    return [appending(folder, count), committing(folder, count)]


def appending(folder: Path, count: int) -> Figure:
    took = []
    file = os.open(folder / "append", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for _ in range(count):
        before = time.perf_counter()
        os.write(file, b"x" * 1023 + b"\n")
        os.fsync(file)
        took.append((time.perf_counter() - before) * 1000)
    os.close(file)
    return Figure("append 1 KB and fsync", took, "ms")


def committing(folder: Path, count: int) -> Figure:
    database = sqlite3.connect(folder / "commit.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE rows (text TEXT)")
    took = []
    for _ in range(count):
        before = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO rows VALUES (?)", ("x" * 1024,))
        database.execute("COMMIT")
        took.append((time.perf_counter() - before) * 1000)
    database.close()
    return Figure("SQLite: insert 1 KB and commit, WAL FULL", took, "ms")
