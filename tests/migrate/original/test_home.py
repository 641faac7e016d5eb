"""Homes that were damaged, and homes that somebody made to do harm."""

import json
import os
from pathlib import Path

import pytest

from openclaw.migrate.original.home import OriginalReader
from openclaw.migrate.records import Findings, Home, TranscriptFile
from tests.migrate.houses import ENTRY, SESSION, Branch, moved, original, outcomes, put, tree, weather, why

SESSIONS = "agents/main/sessions"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return original(tmp_path / ".openclaw")


def read(home: Path) -> Findings:
    copies = home.parent / "copies"
    copies.mkdir(exist_ok=True)
    return OriginalReader(Home("openclaw", home), home.parent / "ours", copies).read()


def left(home: Path) -> dict[str, str]:
    return {each.what: each.why for each in read(home).told if each.outcome == "left"}


@pytest.mark.parametrize(
    ("path", "content", "what"),
    [
        ("openclaw.json", "{ gateway: ", "config"),
        ("openclaw.json", b"\xff\xfe\x00", "config"),
        (f"{SESSIONS}/sessions.json", "{", "list of conversations"),
        (f"{SESSIONS}/sessions.json", "[]", "list of conversations"),
        ("agents/main/agent/auth-profiles.json", "nonsense", "keys"),
        ("credentials/telegram-allowFrom.json", "nonsense", "list of those who are let in"),
        ("cron/jobs.json", "nonsense", "jobs"),
        ("cron/jobs.json", '{"jobs": ["text"]}', "job"),
        ("agents/main/agent/openclaw-agent.sqlite", b"no database" * 99, "database of main"),
        ("state/openclaw.sqlite", b"no database" * 99, "the database of all agents"),
    ],
)
def test_what_is_damaged_is_named_and_the_rest_comes_over(
    home: Path, path: str, content: object, what: str, tmp_path: Path
) -> None:
    put(home / path, content)

    told = moved(home, tmp_path / "ours")

    assert outcomes(told)[what] == "left"
    assert outcomes(told)["workspace of main" if path != "openclaw.json" else "variables"] == "came over"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("text", "its entry is no object"),
        ({}, "its id is no name that a file may have"),
        ({"sessionId": "../../evil"}, "its id is no name that a file may have"),
        ({"sessionId": "a..b"}, "its id is no name that a file may have"),
        ({"sessionId": "/etc/passwd"}, "its id is no name that a file may have"),
        ({"sessionId": "x" * 300}, "its id is no name that a file may have"),
        ({"sessionId": "gone"}, "its transcript gone.jsonl is not there"),
        (
            {"sessionId": "gone", "sessionFile": "../../../secret.jsonl"},
            "its transcript gone.jsonl is not there",
        ),
    ],
)
def test_an_entry_that_leads_nowhere_is_told(home: Path, entry: object, why: str) -> None:
    put(home.parent / "secret.jsonl", weather().text())
    put(home / f"{SESSIONS}/sessions.json", {"agent:main:bad": entry, "agent:main:main": ENTRY})

    findings = read(home)

    assert left(home)["conversation agent:main:bad"] == why
    assert [each.key for each in findings.sessions] == ["agent:main:main"]


def test_two_keys_of_one_conversation_are_one(home: Path) -> None:
    put(home / f"{SESSIONS}/sessions.json", {"main": ENTRY, "agent:main:main": ENTRY})

    (found,) = read(home).sessions

    assert (found.key, found.where) == ("agent:main:main", TranscriptFile(f"{SESSIONS}/{SESSION}.jsonl"))
    assert left(home)["conversation agent:main:main"] == "another conversation is agent:main:main already"


def test_a_topic_has_its_transcript_under_another_name(home: Path) -> None:
    found = {each.key: each.where.path for each in read(home).sessions}

    assert found["agent:main:telegram:group:-100123:topic:7"].endswith("-topic-7.jsonl")


def test_damaged_lines_are_counted_with_their_numbers(home: Path, tmp_path: Path) -> None:
    whole = weather().text().splitlines(keepends=True)
    put(home / f"{SESSIONS}/{SESSION}.jsonl", "".join([*whole[:4], "torn {\n", *whole[4:], '{"type": "mess']))

    told = moved(home, tmp_path / "ours")

    assert "damaged and left: line 5 (it is no JSON), line 9 (it is no JSON)" in why(
        told, "conversation agent:main:main"
    )
    assert len((tmp_path / f"ours/{SESSIONS}/{SESSION}.jsonl").read_text().splitlines()) == 5


def test_nothing_outside_is_read_through_a_link(home: Path, tmp_path: Path) -> None:
    secret = "the neighbour's words"
    put(tmp_path / "neighbour/secret.jsonl", Branch().text() + json.dumps({"type": "x", "id": "1"}) + secret)
    put(tmp_path / "neighbour/note.md", secret)
    outside = tmp_path / "neighbour"
    transcript = home / f"{SESSIONS}/{SESSION}.jsonl"
    transcript.unlink()
    transcript.symlink_to(outside / "secret.jsonl")
    (home / "agents/evil").symlink_to(outside)
    (tmp_path / "clawd/note.md").symlink_to(outside / "note.md")
    (tmp_path / "clawd/folder").symlink_to(outside)
    (home / "skills/bad").symlink_to(outside)
    os.mkfifo(tmp_path / "clawd/pipe")

    told = moved(home, tmp_path / "ours")

    assert all(secret.encode() not in data for data in tree(tmp_path / "ours").values())
    found = outcomes(told)
    assert found["conversation agent:main:main"] == found["agent"] == "left"
    refused = {each.source: each.why for each in told if each.what == "file"}
    assert refused == {
        "~/clawd/folder": "it is a link",
        "~/clawd/note.md": "it is a link",
        "~/clawd/pipe": "it is no regular file",
        "skills/bad": "it is a link",
    }


def test_huge_files_stay_where_they_are(home: Path, tmp_path: Path) -> None:
    for path in (home / f"{SESSIONS}/{SESSION}.jsonl", tmp_path / "clawd/huge", home / "cron/jobs.json"):
        with path.open("ab") as file:
            file.truncate(1 << 40)

    told = moved(home, tmp_path / "ours")

    assert why(told, "conversation agent:main:main") == "it is larger than 256 MiB"
    assert why(told, "file") == why(told, "jobs") == "it is larger than 64 MiB"


@pytest.mark.parametrize("name", ["..evil", "UPPER", "a b", "ä"])
def test_agents_have_names_that_an_agent_can_have(home: Path, name: str, tmp_path: Path) -> None:
    put(home / f"agents/{name}/sessions/sessions.json", {"main": ENTRY})

    moved(home, tmp_path / "ours")

    assert left(home)["agent"] == "its name is none that an agent can have here"
    assert {path.name for path in (tmp_path / "ours/agents").iterdir()} == {"main"}


def test_a_config_includes_nothing_from_outside(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "outside.json5", '{ talk: "the neighbour\'s" }')
    put(home / "openclaw.json", '{ "$include": ["../outside.json5", "own.json5"] }')
    put(home / "own.json5", '{ session: { dmScope: "per-peer" } }')

    moved(home, tmp_path / "ours")

    text = (tmp_path / "ours/openclaw.json").read_text()
    assert "per-peer" in text
    assert "neighbour" not in text
    assert left(home)["config $include"].endswith("it lies outside the folder of the main config file")


def test_an_owner_who_was_only_paired_is_told_that_he_is_a_member_here(home: Path) -> None:
    assert "owner" not in left(home)

    put(home / "openclaw.json", '{ channels: { telegram: { botToken: "invented" } } }')

    assert "commands.ownerAllowFrom" in left(home)["owner"]
