"""What is measured of the running daemon. Targets are those of the design."""

import asyncio
import statistics
import sys
import time
from pathlib import Path

import orjson

from tests.bench import floors
from tests.bench.house import OWNER, House, Turn, ground, port_opens, running
from tests.bench.report import Figure
from tests.fake.daemon import CHECKOUT, clean_environment


async def start(times: int = 5) -> list[Figure]:
    ports, polls, at_once = [], [], []
    for _ in range(times):
        async with ground() as house:
            begun = time.monotonic()
            await house.daemon.start(ready=False)
            ports.append((await port_opens(house.daemon.port) - begun) * 1000)
            polls.append(((await house.telegram.wait_calls("getUpdates"))[0].at - begun) * 1000)
            said = time.monotonic()
            house.telegram.say("hello")
            at_once.append(((await house.telegram.wait_sent(1, 30))[0].at - said) * 1000)
    bare, _ = await floors.importing("httpx", "starlette.applications", "uvicorn", "sqlite3")
    telegram, _ = await floors.importing("httpx", "starlette.applications", "uvicorn", "sqlite3", "telegram")
    sdk, _ = await floors.importing("anthropic")
    return [
        Figure("start to port ready", ports, "ms", statistics.median(bare), 600),
        Figure("start to first Telegram poll", polls, "ms", statistics.median(telegram), 900),
        Figure(
            "the first message, at once",
            at_once,
            "ms",
            statistics.median(sdk),
            1200,
            "floor: the SDK's import",
        ),
    ]


async def commands(times: int = 7) -> list[Figure]:
    async with running() as house:
        bare = await _timed(times, house, sys.executable, "-c", "pass")
        program = (sys.executable, "-m", "openclaw")
        version = await _timed(times, house, *program, "--version")
        status = await _timed(times, house, *program, "status")
    floor = statistics.median(bare)
    return [
        Figure("openclaw --version", version, "ms", floor, 80),
        Figure("openclaw status", status, "ms", floor, 300),
    ]


async def _timed(times: int, house: House, *command: str) -> list[float]:
    took = []
    for _ in range(times):
        before = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *command,
            env=clean_environment(house.daemon.home),
            cwd=CHECKOUT,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await process.wait()
        took.append((time.monotonic() - before) * 1000)
    return took


async def latency(messages: int = 200) -> list[Figure]:
    (bare, sdk) = await floors.model_calls(50)
    async with running() as house:
        before = house.cpu_ms()
        turns = [await house.turn(f"message {number}") for number in range(messages)]
        cpu = (house.cpu_ms() - before) / messages
    tenth = max(1, messages // 10)
    first, last = (statistics.median(t.inward_ms for t in part) for part in (turns[:tenth], turns[-tenth:]))
    growth = f"first tenth {first:.1f}, last tenth {last:.1f}"
    return [
        Figure("delivery → model request", [t.inward_ms for t in turns], "ms", bare.middle, 5, growth),
        Figure("model end → send", [t.outward_ms for t in turns], "ms", bare.middle, 5),
        Figure("processor time per message", [cpu], "ms", sdk.middle, 8, "floor: one call by the SDK"),
    ]


async def tool_calls(turns: int = 50) -> list[Figure]:
    """From a model's call of a tool that does next to nothing to the request that holds its result."""
    async with running() as house:
        gaps = []
        for number in range(turns):
            asked = len(house.model.requests)
            house.model.call_tool("agents_list", {})
            await house.turn(f"look {number}")
            called, answered = house.model.requests[asked : asked + 2]
            gaps.append((answered.at - called.ended_at) * 1000)
    return [
        Figure("a tool call: model end → next request", gaps, "ms", note="journal, gate, trace and events")
    ]


async def crowd(users: int = 50, rounds: int = 3) -> list[Figure]:
    last, peaks = [], []
    async with running({"session": {"dmScope": "per-peer"}}) as house:
        house.model.delay = 0.2
        before = house.cpu_ms()
        for number in range(rounds):
            house.model.peak = 0
            answered = len(house.telegram.sent)
            said = time.monotonic()
            for user in range(users):
                house.telegram.say(f"round {number}", sender=5_000_000 + user, name=f"User {user}")
            sent = await house.telegram.wait_sent(answered + users, 120)
            last.append((sent[-1].at - said) * 1000)
            peaks.append(house.model.peak)
        cpu = (house.cpu_ms() - before) / (users * rounds)
    note = f"at most {max(peaks)} in the model at once; {cpu:.1f} ms of processor time each"
    return [Figure(f"{users} users at once, model 200 ms: last reply", last, "ms", 200, 600, note)]


async def memory(turns: int = 100) -> list[Figure]:
    async with ground() as house:
        await house.daemon.start()
        await house.telegram.wait_calls("getUpdates")
        idle = house.memory_mib()
        await asyncio.sleep(5)
        settled = house.memory_mib()
        for number in range(turns):
            await house.turn(f"message {number}")
        after = house.memory_mib()
    _, bare = await floors.importing("httpx", "starlette.applications", "uvicorn", "sqlite3", times=1)
    _, everything = await floors.importing(
        "anthropic", "telegram", "starlette.applications", "uvicorn", times=1
    )
    return [
        Figure("memory at the first poll", [idle], "MiB", bare, 75),
        Figure("memory idle, 5 s later", [settled], "MiB", bare, 75, "the SDK may be warm by then"),
        Figure(f"memory after {turns} turns", [after], "MiB", everything, 130),
    ]


LOADING = """
import sys, time
from pathlib import Path
from openclaw.sessions.transcript import read
before = time.perf_counter()
entries = read(Path(sys.argv[1])).entries
print((time.perf_counter() - before) * 1000, len(entries))
"""


async def transcript(megabytes: int = 50) -> list[Figure]:
    async with ground() as house:
        path = house.daemon.home / "long.jsonl"
        path.parent.mkdir(exist_ok=True)
        lines = await asyncio.to_thread(_write_transcript, path, megabytes << 20)
        took = [float((await floors.run_python(LOADING, str(path))).split()[0]) for _ in range(3)]
        before = time.perf_counter()
        for line in path.read_bytes().splitlines():
            orjson.loads(line)
        floor = (time.perf_counter() - before) * 1000
    note = f"{lines} lines; floor: orjson alone"
    return [Figure(f"loading a transcript of {megabytes} MB", took, "ms", floor, note=note)]


def _write_transcript(path: Path, size: int) -> int:
    """Questions and answers of 1 KB in turn."""
    from openclaw.sessions.lines import encode, header
    from openclaw.types.conversation import AssistantMessage, Text, Usage, UserMessage

    now, number, written = 1_772_000_000_000, 0, 0
    with path.open("wb") as file:
        written += file.write(header("ses_long", "agent:main:main", "main", now))
        while written < size:
            number += 1
            asked = UserMessage(
                id=f"m_{number}a",
                at=now,
                text="word " * 180,
                sender=f"telegram:{OWNER}",
                provenance="owner",
            )
            told = AssistantMessage(
                id=f"m_{number}b", at=now, blocks=(Text("answer " * 130),), model="anthropic/x", usage=Usage()
            )
            written += file.write(encode(asked) + encode(told))
    return 2 * number + 1


async def grown(turns: int = 40) -> list[Figure]:
    """Turns of long conversations: one that just fits into its model, and one that was mostly summed up."""
    figures = []
    for size in (0, 0.5, 5):
        async with ground() as house:
            if size:
                await asyncio.to_thread(_grow, house, int(size * (1 << 20)))
            await house.daemon.start()
            for number in range(3):
                await house.turn(f"warm up {number}")
            before = house.cpu_ms()
            took = [await house.turn(f"message {number}") for number in range(turns)]
            cpu = (house.cpu_ms() - before) / turns
        own = [turn.inward_ms + turn.outward_ms for turn in took]
        name = f"own time of a turn, transcript of {size:g} MB"
        figures.append(Figure(name, own, "ms", note=f"{cpu:.1f} ms of processor"))
    return figures


def _grow(house: House, size: int) -> None:
    folder = house.daemon.state_dir / "agents" / "main" / "sessions"
    folder.mkdir(parents=True, mode=0o700)
    _write_transcript(folder / "ses_long.jsonl", size)
    entry = {"sessionId": "ses_long", "updatedAt": 1_772_000_000_000, "chatType": "direct"}
    (folder / "sessions.json").write_bytes(orjson.dumps({"agent:main:main": entry}))


async def compaction(times: int = 3) -> list[Figure]:
    """`/compact` of a conversation of about 150,000 tokens; the model takes no time."""
    took, cpu = [], []
    for _ in range(times):
        async with ground() as house:
            await asyncio.to_thread(_grow, house, 600_000)
            await house.daemon.start()
            await house.turn("hello")
            sent, before = len(house.telegram.sent), house.cpu_ms()
            said = time.monotonic()
            house.telegram.say("/compact")
            done = (await house.telegram.wait_sent(sent + 1, 60))[sent]
            took.append((done.at - said) * 1000)
            cpu.append(house.cpu_ms() - before)
    note = f"{statistics.median(cpu):.0f} ms of processor, {len(house.model.requests)} requests"
    return [Figure("summing up 0.6 MB of conversation", took, "ms", note=note)]


async def thousand(users: int = 1000) -> list[Figure]:
    async with ground(session={"dmScope": "per-peer"}) as house:
        await house.daemon.start()
        await house.turn("hello")
        before, memory = house.cpu_ms(), house.memory_mib()
        said = time.monotonic()
        for user in range(users):
            house.telegram.say("hello", sender=5_000_000 + user)
        sent = await house.telegram.wait_sent(1 + users, 240)
        took = (sent[-1].at - said) * 1000
        cpu, grown_by = (house.cpu_ms() - before) / users, house.memory_mib() - memory
    note = f"{cpu:.1f} ms of processor each, {grown_by:.0f} MiB more"
    return [Figure(f"{users} sessions with one message each: last reply", [took], "ms", note=note)]


async def sessions(turns: int = 100) -> list[Figure]:
    figures = []
    for count in (10, 10_000):
        async with ground(session={"dmScope": "per-peer"}) as house:
            _write_sessions(house, count)
            await house.daemon.start()
            for number in range(3):
                await house.turn(f"warm up {number}")
            before = house.cpu_ms()
            took: list[Turn] = [await house.turn(f"message {number}") for number in range(turns)]
            cpu = (house.cpu_ms() - before) / turns
        own = [turn.inward_ms + turn.outward_ms for turn in took]
        figures.append(
            Figure(f"own time of a turn, {count} sessions", own, "ms", note=f"{cpu:.1f} ms of processor")
        )
    return figures


def _write_sessions(house: House, count: int) -> None:
    folder = house.daemon.state_dir / "agents" / "main" / "sessions"
    folder.mkdir(parents=True, mode=0o700)
    entries = {
        f"agent:main:direct:{6_000_000 + number}": {
            "sessionId": f"ses_{number:08d}",
            "updatedAt": 1_772_000_000_000 + number,
            "chatType": "direct",
            "channel": "telegram",
            "lastChannel": "telegram",
            "lastTo": str(6_000_000 + number),
            "inputTokens": 1200,
            "outputTokens": 40,
        }
        for number in range(count)
    }
    (folder / "sessions.json").write_bytes(orjson.dumps(entries))
