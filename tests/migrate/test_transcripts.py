from pathlib import Path

import pytest

from openclaw.migrate.records import FoundSession, Home, Speaker, TranscriptFile, TranscriptRows
from openclaw.migrate.transcripts import convert, transcript
from openclaw.sessions.transcript import read
from tests.migrate.houses import SESSION, hermes, modern, nanobot, original, weather

SPEAKER = Speaker("telegram:1", "owner")
CHAT = "20260301_090000_abc"
AGENT = "agents/main/agent/openclaw-agent.sqlite"


def found(where: TranscriptFile | TranscriptRows) -> FoundSession:
    return FoundSession("main", "agent:main:main", SESSION, {}, where, SPEAKER)


def cases(root: Path) -> list[tuple[Home, TranscriptFile | TranscriptRows]]:
    old, new = original(root / "old/.openclaw"), modern(root / "new/.openclaw")
    bot, agent = nanobot(root / ".nanobot"), hermes(root / ".hermes")
    talk = next(path for path in bot.rglob("*.jsonl") if path.name.startswith("dGVsZWdyYW06ODI"))
    return [
        (Home("openclaw", old), TranscriptFile(f"agents/main/sessions/{SESSION}.jsonl")),
        (Home("openclaw", new), TranscriptRows(AGENT, new / AGENT, SESSION)),
        (Home("nanobot", bot), TranscriptFile(talk.relative_to(bot).as_posix())),
        (Home("hermes", agent), TranscriptRows("state.db", agent / "state.db", CHAT)),
    ]


@pytest.mark.parametrize("number", range(4))
def test_every_form_becomes_a_file_that_needs_no_mending(number: int, tmp_path: Path) -> None:
    home, where = cases(tmp_path)[number]
    conversation = convert(home, found(where), lambda _: None)
    file = tmp_path / "ours.jsonl"
    file.write_bytes(transcript(found(where), conversation))

    reading = read(file)

    assert reading.entries == conversation.entries
    assert len(reading.entries) == 4
    assert (reading.torn, reading.unreadable, reading.unpaired) == (b"", [], 0)


def test_progress_is_told_in_steps(tmp_path: Path) -> None:
    home = original(tmp_path / ".openclaw")
    branch = weather()
    for number in range(1200):
        branch.said("user", str(number))
    (home / f"agents/main/sessions/{SESSION}.jsonl").write_text(branch.text())
    steps: list[int] = []

    where = TranscriptFile(f"agents/main/sessions/{SESSION}.jsonl")
    conversation = convert(Home("openclaw", home), found(where), steps.append)

    assert steps == [500, 500, 207]
    assert conversation.lines == 1207
