import base64
from datetime import datetime
from pathlib import Path

import pytest

from openclaw.migrate.peers.nanobot import our_key, parse_chat, read
from openclaw.migrate.records import Home
from tests.migrate.houses import TALK, nanobot, nanobot_lines, put


def numbered(*lines: str) -> list[tuple[int, bytes]]:
    return [(at, line.encode()) for at, line in enumerate(lines, start=1)]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("telegram:821071206", "agent:main:telegram:direct:821071206"),
        ("telegram:-100123:topic:7", "agent:main:telegram:group:-100123:topic:7"),
        ("unified:default", "agent:main:main"),
        ("cli:direct", "agent:main:main"),
        ("websocket:Ab", "agent:main:websocket:direct:ab"),
    ],
)
def test_each_chat_has_its_key(theirs: str, ours: str) -> None:
    assert our_key(theirs) == ours


def test_what_people_said_comes_over_and_its_own_work_stays(tmp_path: Path) -> None:
    findings = read(Home("nanobot", nanobot(tmp_path / ".nanobot")))

    assert {each.key for each in findings.sessions} == {
        "agent:main:main",
        "agent:main:telegram:direct:821071206",
        "agent:main:telegram:group:-100123:topic:7",
    }
    assert [(each.channel, each.ids) for each in findings.lists] == [("telegram", ("4711",))]
    assert {each.what for each in findings.told} == {
        "conversation cron:abc",
        "who is let in on discord",
        "config.json",
    }


def test_the_owner_is_who_sits_at_the_machine(tmp_path: Path) -> None:
    findings = read(Home("nanobot", nanobot(tmp_path / ".nanobot")))

    assert {each.key: each.speaker.provenance for each in findings.sessions} == {
        "agent:main:main": "owner",
        "agent:main:telegram:direct:821071206": "stranger",
        "agent:main:telegram:group:-100123:topic:7": "stranger",
    }


def test_older_places_count_where_there_is_nothing_newer(tmp_path: Path) -> None:
    home = nanobot(tmp_path / ".nanobot")
    put(home / "workspace/sessions/telegram_4711.jsonl", '{"role": "user", "content": "old"}\n')
    put(home / "sessions/telegram_821071206.jsonl", "".join(nanobot_lines("telegram:821071206", TALK)))

    found = {each.key: each.where.path for each in read(Home("nanobot", home)).sessions}

    assert found["agent:main:telegram:direct:4711"] == "workspace/sessions/telegram_4711.jsonl"
    name = base64.urlsafe_b64encode(b"telegram:821071206").decode().rstrip("=")
    assert found["agent:main:telegram:direct:821071206"].endswith(f"/{name}.jsonl")


def test_times_without_a_zone_are_this_machines() -> None:
    chat = parse_chat(numbered(*nanobot_lines("telegram:1", TALK)))

    assert chat.said[1].at == datetime(2026, 3, 1, 9, 0, 1).astimezone().timestamp() * 1000
    assert [each.message["role"] for each in chat.said] == ["user", "assistant", "tool", "assistant"]


def test_a_summary_and_hidden_lines_are_understood() -> None:
    hidden = {"role": "user", "content": "go on", "_hidden_history": True}
    talk = [TALK[0], TALK[3], hidden, *TALK]
    lines = nanobot_lines(
        "telegram:1", talk, metadata={"_last_summary": {"text": "They talked."}}, last_archived=2
    )

    chat = parse_chat(numbered(*lines))

    assert (chat.summary, chat.first_kept, len(chat.said)) == ("They talked.", 2, 6)


def test_torn_lines_are_numbered() -> None:
    lines = [*nanobot_lines("telegram:1", TALK[:1]), "[1]\n", '{"role": "us']

    chat = parse_chat(numbered(*lines))

    assert chat.damaged == ((3, "it is no message"), (4, "it is no JSON"))
    assert len(chat.said) == 1
