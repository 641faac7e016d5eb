import json
from typing import Any

from openclaw.migrate.original.messages import converted
from openclaw.migrate.original.tree import read_tree
from openclaw.migrate.records import Converted, Speaker
from openclaw.sessions.transcript import INTERRUPTED, window
from openclaw.types.conversation import (
    AssistantMessage,
    Compaction,
    Note,
    Text,
    Thinking,
    ToolMessage,
    UserMessage,
)
from tests.migrate.houses import PICTURE, Branch, call, text, weather

OWNER = Speaker("telegram:821071206", "owner")


def read(branch: Branch) -> Converted:
    return converted(read_tree(branch.numbered()), OWNER)


def test_words_are_those_of_whoever_is_on_the_other_side() -> None:
    branch = Branch()
    branch.said("user", "hello")
    branch.said("user", "from another session", provenance={"kind": "inter_session"})

    first, second = read(branch).entries

    assert isinstance(first, UserMessage)
    assert isinstance(second, UserMessage)
    assert (first.text, first.sender, first.provenance, first.at) == (
        "hello",
        "telegram:821071206",
        "owner",
        1772182801000,
    )
    assert (second.sender, second.provenance) == ("session:other", "tool")


def test_results_stand_behind_their_calls_in_the_order_of_the_calls() -> None:
    branch = Branch()
    branch.assistant(call("a|1"), call("b"))
    branch.said("toolResult", [text("of b")], toolCallId="b", isError=True)
    branch.add("custom", customType="x", data={})
    branch.said("toolResult", [text("of a")], toolCallId="a|1")
    branch.said("toolResult", [text("of nobody")], toolCallId="zzz")

    found = read(branch)
    called, answered = found.entries

    assert isinstance(called, AssistantMessage)
    assert isinstance(answered, ToolMessage)
    assert [each.id for each in called.calls] == ["a_1", "b"]
    assert [(each.call_id, each.content, each.failed) for each in answered.results] == [
        ("a_1", "of a", False),
        ("b", "of b", True),
    ]
    assert found.left == {"results of no call": 1}


def test_a_call_that_was_never_answered_is_closed() -> None:
    branch = Branch()
    branch.assistant(call("a"))

    found = read(branch)
    answered = found.entries[-1]

    assert isinstance(answered, ToolMessage)
    assert answered.results[0].content == INTERRUPTED
    assert found.adapted == {"tool calls without a result, closed": 1}


def test_thoughts_come_over_only_with_their_signature() -> None:
    branch = Branch()
    signed = {"type": "thinking", "thinking": "mine", "thinkingSignature": "c2ln"}
    branch.assistant(signed, {"type": "thinking", "thinking": "loose"}, text("said"))
    branch.assistant({"type": "thinking", "thinking": "nothing else"})

    found = read(branch)
    (entry,) = found.entries

    assert isinstance(entry, AssistantMessage)
    assert entry.blocks == (Thinking("mine", "c2ln"), Text("said"))
    assert found.left == {
        "thoughts without a signature": 2,
        "answers that failed or were stopped before a word": 1,
    }


def test_pictures_become_files_that_the_conversation_names() -> None:
    branch = Branch()
    picture = {"type": "image", "data": PICTURE, "mimeType": "image/png"}
    drawing = {"type": "image", "data": PICTURE, "mimeType": "image/svg+xml"}
    branch.said("user", [text("look"), picture, drawing])

    found = read(branch)
    (entry,) = found.entries

    assert isinstance(entry, UserMessage)
    (shown,) = entry.pictures
    assert found.pictures[shown.path].startswith(b"\x89PNG")
    assert (shown.media_type, shown.path.rpartition("/")[0]) == ("image/png", "media/pictures")
    assert found.left == {"parts of the kind 'image'": 1}


def test_a_summary_keeps_what_it_kept_and_never_parts_a_call_from_its_result() -> None:
    branch = weather()
    result = next(line["id"] for line in branch.lines if line.get("message", {}).get("role") == "toolResult")
    branch.add("compaction", summary="They asked for the weather.", firstKeptEntryId=result, tokensBefore=9)
    branch.said("user", "and tomorrow?")

    found = read(branch)
    seen = window(found.entries)

    assert [type(each) for each in seen] == [
        Compaction,
        AssistantMessage,
        ToolMessage,
        AssistantMessage,
        UserMessage,
    ]
    assert isinstance(seen[0], Compaction)
    assert (seen[0].summary, seen[0].tokens_before) == ("They asked for the weather.", 9)


def test_a_summary_of_everything_keeps_nothing() -> None:
    branch = weather()
    branch.add("compaction", summary="All of it.", firstKeptEntryId="unknown", tokensBefore=9)

    assert len(window(read(branch).entries)) == 1


def test_what_was_before_a_reset_is_no_part_of_it() -> None:
    branch = weather()
    branch.add("reset")
    branch.said("user", "anew")

    found = read(branch)

    assert [each.text for each in found.entries if isinstance(each, UserMessage)] == ["anew"]
    assert found.left == {"lines before a reset": 4}


def test_what_happened_beside_the_talk_becomes_notes() -> None:
    branch = Branch()
    branch.said("bashExecution", None, command="ls", output="a.txt")
    branch.add("custom_message", customType="x", content="told by a plugin", display=True)
    branch.add("branch_summary", fromId="x", summary="went another way")
    branch.add("label", targetId="x", label="mark")
    branch.add("unheard_of")

    found = read(branch)

    assert [each.text for each in found.entries if isinstance(each, Note)] == [
        "$ ls\na.txt",
        "told by a plugin",
        "went another way",
    ]
    assert found.left == {"lines of the kind 'unheard_of'": 1}


def test_lines_that_make_no_sense_are_numbered() -> None:
    broken: list[dict[str, Any]] = [
        {"message": {"role": "user", "content": [{"type": "text", "text": 5}]}},
        {"message": {"role": "assistant", "content": [7]}},
        {"message": {"role": "assistant", "content": [{"type": "toolCall"}]}},
        {"message": "text"},
        {},
        {"message": {"role": "toolResult", "toolCallId": "a", "content": [{"type": "text", "text": None}]}},
    ]
    branch = Branch()
    for line in broken:
        branch.add("message", **line)
    branch.said("user", "sound")

    found = read(branch)

    assert [number for number, _ in sorted(found.damaged)] == [2, 3, 4, 5, 6, 7]
    assert [each.text for each in found.entries if isinstance(each, UserMessage)] == ["sound"]


def test_names_that_came_twice_are_told_apart() -> None:
    lines = [
        {"type": "message", "id": "same", "message": {"role": "user", "content": str(n)}} for n in range(3)
    ]
    numbered = [(at, json.dumps(line).encode()) for at, line in enumerate(lines, start=1)]

    found = converted(read_tree(numbered), OWNER)

    assert len({each.id for each in found.entries}) == len(found.entries)
