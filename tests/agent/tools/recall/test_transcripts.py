from pathlib import Path

import orjson

from openclaw.agent.tools.recall.transcripts import SessionNotes
from openclaw.sessions.lines import encode, header
from openclaw.types.conversation import (
    AssistantMessage,
    Compaction,
    Entry,
    Note,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from openclaw.types.notes import Passage, Reading

KEY = "agent:main:main"
AT = 1_772_000_000_000


def said(text: str, provenance: str = "owner", number: int = 1) -> UserMessage:
    return UserMessage(f"m_{number}", AT, text, "telegram:821071206", provenance)  # type: ignore[arg-type]


def answered(text: str, *calls: ToolCall) -> AssistantMessage:
    return AssistantMessage("m_a", AT, (Text(text), *calls), "anthropic/x")


def transcript(folder: Path, *entries: Entry, name: str = "ses_1.jsonl") -> Path:
    path = folder / name
    path.write_bytes(header("ses_1", KEY, "main", AT) + b"".join(map(encode, entries)))
    return path


def read(folder: Path, known: Reading | None = None, name: str = "ses_1.jsonl") -> Reading:
    reading = SessionNotes(folder).read(f"sessions/{name}", known)
    assert reading is not None
    return reading


def texts(reading: Reading) -> list[tuple[int, str, str]]:
    return [(passage.line, passage.text, passage.provenance) for passage in reading.passages]


def test_what_people_and_the_assistant_said_is_found_on_its_line(tmp_path: Path) -> None:
    transcript(
        tmp_path, said("book the dentist"), answered("done"), Note("m_n", AT, "> yes", "sms:1", "stranger")
    )

    reading = read(tmp_path)

    assert texts(reading) == [
        (2, "book the dentist", "owner"),
        (3, "done", "owner"),
        (4, "> yes", "stranger"),
    ]
    assert reading.passages[0] == Passage(2, 2, "book the dentist", "", "owner", KEY, AT)


def test_the_assistant_s_words_are_as_trusted_as_all_it_had_read(tmp_path: Path) -> None:
    call = ToolCall("t1", "web_fetch", {})
    page = ToolMessage("m_t", AT, (ToolResult("t1", "secret page text", provenance="web"),))
    transcript(
        tmp_path, said("read it"), answered("reading", call), page, answered("it says"), said("thanks")
    )

    assert texts(read(tmp_path)) == [
        (2, "read it", "owner"),
        (3, "reading", "owner"),
        (5, "it says", "web"),
        (6, "thanks", "owner"),
    ]


def test_a_summary_hands_its_trust_on(tmp_path: Path) -> None:
    transcript(tmp_path, Compaction("m_c", AT, "they met", "m_1", 5, "member"), answered("so"))

    assert texts(read(tmp_path)) == [(3, "so", "member")]


def test_a_file_that_has_grown_is_read_on_with_its_trust(tmp_path: Path) -> None:
    path = transcript(tmp_path, said("hello", "stranger"))
    first = read(tmp_path)
    with path.open("ab") as file:
        file.write(encode(answered("hi")) + encode(said("half"))[:-5])

    second = read(tmp_path, first)

    assert second.appended
    assert texts(second) == [(3, "hi", "stranger")]
    assert second.passages[0].session == KEY
    assert SessionNotes(tmp_path).read("sessions/ses_1.jsonl", second) is None


def test_a_file_that_was_rewritten_is_read_from_its_beginning(tmp_path: Path) -> None:
    transcript(tmp_path, said("hello"), said("again"))
    first = read(tmp_path)
    transcript(tmp_path, said("other"), said("words"), said("more"))

    second = read(tmp_path, first)

    assert not second.appended
    assert [text for _, text, _ in texts(second)] == ["other", "words", "more"]


def test_a_shorter_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    transcript(tmp_path, said("hello"), said("again"))
    first = read(tmp_path)
    transcript(tmp_path, said("hello"))

    assert texts(read(tmp_path, first)) == [(2, "hello", "owner")]


def test_lines_that_nobody_can_read_are_passed_over(tmp_path: Path) -> None:
    path = transcript(tmp_path, said("hello"))
    odd: list[object] = [
        5,
        {"role": "user"},
        {"role": "user", "content": "who?", "provenance": "king"},
        {"role": "tool", "content": [1]},
    ]
    with path.open("ab") as file:
        file.write(b"{no json\n" + b"".join(orjson.dumps(line) + b"\n" for line in odd))

    assert texts(read(tmp_path))[1:] == [(6, "who?", "stranger")]


def test_current_and_old_transcripts_are_listed(tmp_path: Path) -> None:
    names = ("ses_1.jsonl", "ses_0.jsonl.reset.2026-02-27T09-00-00", "sessions.json", "ses_1.jsonl.torn")
    for name in names:
        (tmp_path / name).write_text("{}\n")

    assert set(SessionNotes(tmp_path).listing().files) == {f"sessions/{name}" for name in names[:2]}
