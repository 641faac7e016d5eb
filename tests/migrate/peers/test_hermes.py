import sqlite3
from pathlib import Path

import pytest

from openclaw.migrate.peers.hermes import parse_chat, read
from openclaw.migrate.records import Findings, Home
from tests.migrate.houses import hermes, put

CHAT, LOCAL = "20260301_090000_abc", "20260301_100000_cli"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return hermes(tmp_path / ".hermes")


def found(home: Path) -> Findings:
    copies = home.parent / "copies"
    copies.mkdir(exist_ok=True)
    return read(Home("hermes", home), copies)


def change(home: Path, *statements: str) -> None:
    connection = sqlite3.connect(home / "state.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_chats_keep_their_place_and_the_rest_is_kept_to_be_read(home: Path) -> None:
    sessions = {each.key: each for each in found(home).sessions}

    chat = sessions["agent:main:telegram:direct:821071206"]
    local = sessions[f"agent:main:hermes:direct:{LOCAL}"]
    assert (chat.id, chat.entry["inputTokens"], chat.entry["updatedAt"]) == (CHAT, 100, 1772355604000)
    assert (local.id, local.entry["label"], local.speaker.provenance) == (LOCAL, "Notes", "owner")


def test_a_list_in_a_file_of_older_versions_counts_too(home: Path) -> None:
    change(home, "DROP TABLE gateway_routing")
    put(home / "sessions/sessions.json", {"agent:main:telegram:dm:7": {"session_id": CHAT}, "bad": 1})

    assert found(home).sessions[0].key == "agent:main:telegram:direct:7"


def test_rows_that_were_taken_back_do_not_count(home: Path) -> None:
    chat = parse_chat(home / "state.db", CHAT)

    assert [each.message["role"] for each in chat.said] == ["user", "assistant", "tool", "assistant"]
    assert (chat.model, chat.started_at) == ("claude-opus-4-6", 1772355600000)


def test_contents_that_are_no_text_are_unwrapped_and_broken_ones_numbered(home: Path) -> None:
    change(
        home,
        """UPDATE messages SET content = char(0) || 'json:[{"type": "text", "text": "22"}]' WHERE id = 3""",
        "UPDATE messages SET tool_calls = '[{' WHERE id = 2",
    )

    chat = parse_chat(home / "state.db", CHAT)

    assert chat.said[1].message["content"] == [{"type": "text", "text": "22"}]
    assert chat.damaged == ((2, "it cannot be read"),)


def test_those_who_are_let_in_are_looked_for_in_both_places(home: Path) -> None:
    put(home / "pairing/discord-approved.json", {"9": {}})
    put(home / "pairing/whatsapp-approved.json", "torn {")

    findings = found(home)

    assert [(each.channel, each.ids) for each in findings.lists] == [
        ("telegram", ("4711",)),
        ("telegram", ("4712",)),
    ]
    told = {each.what: each.why for each in findings.told}
    assert told["who is let in on discord"] == "there is no such channel here"
    assert told["who is let in on whatsapp"] == "it cannot be read"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("ALTER TABLE messages RENAME COLUMN role TO speaker", "its table messages is not as known here"),
        ("DROP TABLE sessions", "its table sessions is not as known here"),
    ],
)
def test_a_newer_form_is_told(home: Path, statement: str, why: str) -> None:
    change(home, statement)

    assert {each.what: each.why for each in found(home).told}["conversations"] == why


def test_names_that_no_file_may_have_stay(home: Path) -> None:
    change(
        home,
        f"UPDATE sessions SET id = '../evil' WHERE id = '{CHAT}'",
        f"UPDATE messages SET session_id = '../evil' WHERE session_id = '{CHAT}'",
    )

    assert [each.id for each in found(home).sessions] == [LOCAL]
