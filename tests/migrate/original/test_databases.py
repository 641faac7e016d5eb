import sqlite3
from pathlib import Path

import pytest

from openclaw.migrate.opening import UnreadableFileError
from openclaw.migrate.original.databases import read_agent, read_shared, transcript_lines
from tests.journeys.test_original import installed
from tests.migrate.houses import JOB, SESSION, modern, moved, outcomes, weather

AGENT = ".openclaw/agents/main/agent/openclaw-agent.sqlite"
SHARED = ".openclaw/state/openclaw.sqlite"
_READ = {
    "session_nodes": ("session_key", "current_session_id", "entry_json"),
    "transcript_events": ("session_id", "seq", "event_json"),
    "auth_profile_store": ("store_json",),
    "config_machine_state": ("state_key", "value_json"),
    "channel_pairing_allow_entries": ("channel_key", "account_id", "entry"),
    "cron_jobs": ("job_id", "job_json", "enabled"),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    modern(tmp_path / ".openclaw")
    return tmp_path


def test_conversations_are_those_that_are_current(home: Path) -> None:
    book = read_agent(home / AGENT)

    assert list(book.entries) == ["agent:main:main"]
    assert book.entries["agent:main:main"]["sessionId"] == SESSION
    assert book.strangers == ("heartbeat_outcomes",)
    assert list(transcript_lines(home / AGENT, SESSION)) == weather().numbered()


def test_keys_people_and_jobs_are_kept_for_all_agents(home: Path) -> None:
    book = read_shared(home / SHARED)

    assert book.profiles is not None
    assert set(book.profiles["profiles"]) == {"anthropic:default", "anthropic:work"}
    assert book.allowed == {("telegram", "default"): ["12345"]}
    assert {job["id"] for job in book.jobs} == {JOB, "beat"}


def test_a_line_that_is_compressed_is_no_json(home: Path) -> None:
    with sqlite3.connect(home / AGENT) as connection:
        connection.execute("UPDATE transcript_events SET event_json = NULL, event_zstd = x'00' WHERE seq = 3")
    connection.close()

    assert dict(transcript_lines(home / AGENT, SESSION))[4] == b"{"


def test_a_newer_form_is_told_by_the_name_of_its_table(home: Path) -> None:
    with sqlite3.connect(home / AGENT) as connection:
        connection.execute("ALTER TABLE session_nodes RENAME COLUMN entry_json TO entry_blob")
    connection.close()

    with pytest.raises(UnreadableFileError, match="its table session_nodes is not as known here"):
        read_agent(home / AGENT)


def test_what_is_packed_away_or_put_aside_is_counted(home: Path) -> None:
    with sqlite3.connect(home / AGENT) as connection:
        connection.execute("CREATE TABLE session_transcript_cold_archives (session_id TEXT)")
        connection.execute("INSERT INTO session_transcript_cold_archives VALUES ('cold')")
        connection.execute("INSERT INTO transcript_events VALUES ('before', 0, '{}', 0, NULL)")
        connection.execute("INSERT INTO session_nodes VALUES ('agent:main:cold', 'cold', '{}', 0)")
    connection.close()

    book = read_agent(home / AGENT)

    assert (book.archived, book.ended) == (frozenset({"cold"}), 1)
    told = outcomes(moved(home / ".openclaw", home / "ours"))
    assert told["conversation agent:main:cold"] == told["1 ended conversation"] == "left"


def test_an_entry_that_cannot_be_read_is_named(home: Path) -> None:
    with sqlite3.connect(home / AGENT) as connection:
        connection.execute("UPDATE session_nodes SET entry_json = '{'")
    connection.close()

    assert read_agent(home / AGENT).unreadable == ["agent:main:main"]


def test_the_original_as_it_is_installed_has_the_tables_that_are_read() -> None:
    """A home that it makes itself takes half a minute; its schemas lie in its package as text."""
    _, script = installed()
    texts = [path.read_text() for path in Path(script).parent.glob("dist/*schema*.mjs")]
    texts += [path.read_text() for path in Path(script).parent.glob("dist/openclaw-state-db-*.mjs")]

    for table, columns in _READ.items():
        marker = f"CREATE TABLE IF NOT EXISTS {table} ("
        found = [text.partition(marker)[2].partition("CREATE ")[0] for text in texts if marker in text]
        assert any(all(f"{column} " in each for column in columns) for each in found), table
