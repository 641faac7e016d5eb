from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from openclaw.migrate.carrying import Carrier
from openclaw.migrate.conversations import Conversations
from openclaw.migrate.records import FoundSession, Home, Speaker, Told, TranscriptFile
from tests.migrate.houses import ENTRY, PICTURE, SESSION, Branch, put, text, tree, weather

SESSIONS = "agents/main/sessions"
TARGET = f"{SESSIONS}/{SESSION}.jsonl"
LIST = f"{SESSIONS}/sessions.json"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "ours"
    path.mkdir()
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    put(tmp_path / "theirs" / TARGET, weather().text())
    return Home("openclaw", tmp_path / "theirs")


def found(key: str = "agent:main:main", name: str = SESSION) -> FoundSession:
    entry = {"sessionId": name, "updatedAt": 5}
    return FoundSession("main", key, name, entry, TranscriptFile(TARGET), Speaker("telegram:1", "owner"))


def bring(home: Home, state: Path, *sessions: FoundSession) -> list[Told]:
    carrier = Carrier(state)
    carrier.begin()
    conversations = Conversations(home, carrier, lambda _: None)
    told = [conversations.put(each) for each in sessions]
    conversations.enlist("main")
    carrier.end()
    return told


def test_a_conversation_is_named_in_the_list_beside_those_of_ours(home: Home, state: Path) -> None:
    put(state / LIST, {"agent:main:ours": {"sessionId": "ses_1", "updatedAt": 1}, "odd": 7})

    (told,) = bring(home, state, found())

    assert (told.outcome, told.why) == ("came over", "4 lines")
    assert set(orjson.loads((state / LIST).read_bytes())) == {"agent:main:ours", "odd", "agent:main:main"}


def test_one_that_has_grown_here_is_left_alone(home: Home, state: Path) -> None:
    bring(home, state, found())
    with (state / TARGET).open("a") as file:
        file.write('{"role": "user"}\n')
    before = tree(state)

    (told,) = bring(home, state, found())

    assert told.outcome == "there already"
    assert tree(state) == before


def test_one_that_went_on_there_is_brought_anew_while_nothing_was_said_here(home: Home, state: Path) -> None:
    bring(home, state, found())
    branch = weather()
    branch.said("user", "and tomorrow?")
    put(home.root / TARGET, branch.text())

    (told,) = bring(home, state, replace(found(), entry={"updatedAt": 9}))

    assert told.why == "5 lines; it had gone on there"
    assert b"and tomorrow?" in (state / TARGET).read_bytes()
    assert orjson.loads((state / LIST).read_bytes())["agent:main:main"]["updatedAt"] == 9


def test_one_that_has_begun_here_under_the_same_key_stays(home: Home, state: Path) -> None:
    put(state / LIST, {"agent:main:main": {"sessionId": "ses_1", "updatedAt": 1}})

    (told,) = bring(home, state, found())

    assert (told.outcome, told.why[:38]) == ("left", "a conversation of this key has begun h")
    assert list(tree(state)) == [LIST]


def test_a_list_of_ours_that_cannot_be_read_is_not_written_over(home: Home, state: Path) -> None:
    put(state / LIST, "torn {")

    (told,) = bring(home, state, found())

    assert told.outcome == "left"
    assert "openclaw doctor" in told.why
    assert tree(state) == {LIST: b"torn {"}


def test_what_a_stopped_run_brought_is_brought_anew_when_theirs_has_grown(home: Home, state: Path) -> None:
    bring(home, state, found())
    (state / LIST).unlink()
    branch = weather()
    branch.said("user", "and tomorrow?")
    put(home.root / TARGET, branch.text())

    (told,) = bring(home, state, found())

    assert told.why == "5 lines"
    assert b"and tomorrow?" in (state / TARGET).read_bytes()


def test_a_file_of_somebody_else_under_its_name_stays(home: Home, state: Path) -> None:
    put(state / TARGET, "somebody's\n")

    (told,) = bring(home, state, found())

    assert (told.outcome, told.why) == (
        "left",
        "there is a file of this name already, and it is another one",
    )


def test_two_conversations_do_not_share_a_file(home: Home, state: Path) -> None:
    first, second = bring(home, state, found(), found("agent:main:telegram:direct:7"))

    assert (first.outcome, second.outcome) == ("came over", "left")
    assert set(orjson.loads((state / LIST).read_bytes())) == {"agent:main:main"}


def test_a_transcript_that_is_gone_is_told(home: Home, state: Path) -> None:
    (home.root / TARGET).unlink()

    (told,) = bring(home, state, found())

    assert (told.outcome, told.why) == ("left", "its transcript is gone")


def test_pictures_and_losses_are_told(home: Home, state: Path) -> None:
    branch = Branch()
    branch.said("user", [text("look"), {"type": "image", "data": PICTURE, "mimeType": "image/png"}])
    branch.assistant({"type": "thinking", "thinking": "loose"}, text("seen"))
    lines = branch.text() + "torn\n" * 10
    put(home.root / TARGET, lines)

    (told,) = bring(home, state, found())

    assert told.outcome == "adapted"
    assert told.why.startswith(
        "2 lines; 1 thoughts without a signature stayed; damaged and left: line 4 (it is no"
    )
    assert told.why.endswith(" and 2 more")
    assert any(name.startswith("media/pictures/") for name in tree(state))


def test_an_entry_of_theirs_gets_our_spelling_when_the_directory_is_taken_over(state: Path) -> None:
    put(state / TARGET, weather().text())
    put(state / LIST, {"agent:main:main": ENTRY})
    home = Home("openclaw", state)
    carrier = Carrier(state, taking_over=True)
    for _ in range(2):
        carrier.begin()
        conversations = Conversations(home, carrier, lambda _: None)
        told = conversations.put(found())
        conversations.enlist("main")
        carrier.end()

    assert told.outcome == "there already"
    assert orjson.loads((state / TARGET).read_bytes().splitlines()[0])["key"] == "agent:main:main"
    assert (state / "before-migration" / TARGET).read_text() == weather().text()
