"""Searching notes, and the prompt of an agent with many skills."""

import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from openclaw.agent.config import SkillsConfig
from openclaw.agent.profile import AgentProfile
from openclaw.agent.prompt import Abilities, Audience, PromptParts, Runtime, Workspace, system_prompt
from openclaw.agent.skills.catalog import SkillCatalog, SkillRoot
from openclaw.agent.skills.listing import listed
from openclaw.agent.skills.manifest import Surroundings
from openclaw.agent.tools.base import Scene
from openclaw.agent.tools.memory_search import MemoryFamily
from openclaw.agent.tools.recall.config import MemorySearchConfig
from openclaw.store.notes import NoteIndex
from openclaw.types.clock import SystemClock
from tests.bench.report import Figure


async def notes(count: int = 10_000, times: int = 15) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="openclaw-notes-") as folder:
        root, words = Path(folder), _words(20_000)
        _write_notes(root / "vault" / "event", count, words)
        floor = _walk_ms(root / "vault")
        index = NoteIndex(root / "index")
        family = MemoryFamily(index, root, MemorySearchConfig(), SystemClock())
        search = family.tools(AgentProfile("main", root / "workspace"))[1]
        scene = Scene("main", "agent:main:main", "run_1", root, "telegram", "telegram:1", "owner")
        asked = {
            "one rare word": [words[9_000]],
            "one common word": [words[3]],
            "five words": words[200:700:100],
        }
        first = time.perf_counter()
        await search.run({"query": words[9_000]}, scene)
        figures = [Figure(f"first search, reading {count:,} notes", [_since(first)], "ms")]
        for name, query in asked.items():
            took = []
            for _ in range(times):
                before = time.perf_counter()
                await search.run({"query": " ".join(query)}, scene)
                took.append(_since(before))
            figures.append(
                Figure(f"search over {count:,} notes: {name}", took, "ms", floor, note="floor: stat of each")
            )
        await index.aclose()
    return figures


async def prompt(count: int = 150, times: int = 50) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="openclaw-skills-") as folder:
        root = Path(folder)
        for number in range(count):
            _write_skill(root / f"skill{number:03d}", number)
        before = time.perf_counter()
        catalog = SkillCatalog(
            [SkillRoot(root)], SkillsConfig(), Surroundings("linux", lambda _: True), SystemClock()
        )
        skills = (await catalog.skills()).usable
        scanned = _since(before)
        took, length = [], 0
        for _ in range(times):
            before = time.perf_counter()
            lines, _ = listed(skills)
            length = len(system_prompt(_parts(Abilities(skills=lines))))
            took.append(_since(before))
    return [
        Figure(f"finding and reading {count} skills", [scanned], "ms"),
        Figure(f"prompt with {count} skills", took, "ms", note=f"{length:,} characters"),
    ]


def _words(count: int) -> Sequence[str]:
    chance = random.Random(5)
    return [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(count)
    ]


def _write_notes(folder: Path, count: int, words: Sequence[str]) -> None:
    """As often as words stand in a language: the second half as often as the first, the third a third as often."""
    chance, weights = random.Random(7), [1 / (rank + 1) for rank in range(len(words))]
    for number in range(count):
        day = folder / f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}"
        day.mkdir(parents=True, exist_ok=True)
        text = " ".join(chance.choices(words, weights, k=120))
        (day / f"e{number}.md").write_text(
            f"---\nid: e{number}\ntype: sms\nfrom: +12015550123\n---\n{text}\n"
        )


def _write_skill(folder: Path, number: int) -> None:
    folder.mkdir()
    (folder / "SKILL.md").write_text(
        f"---\nname: skill{number:03d}\ndescription: What skill {number} is for, in a sentence of about usual length.\n"
        'metadata: {"openclaw": {"emoji": "🍵", "requires": {"bins": ["kettle"]}}}\n---\n# Skill\n'
    )


def _parts(abilities: Abilities) -> PromptParts:
    runtime = Runtime("main", "anthropic/claude-opus-4-6", "host", "Linux")
    return PromptParts(runtime, abilities, Workspace("/workspace"), Audience("telegram", private=True), "UTC")


def _walk_ms(folder: Path) -> float:
    took = []
    for _ in range(5):
        before = time.perf_counter()
        for path in folder.rglob("*.md"):
            path.stat()
        took.append(_since(before))
    return statistics.median(took)


def _since(before: float) -> float:
    return (time.perf_counter() - before) * 1000
