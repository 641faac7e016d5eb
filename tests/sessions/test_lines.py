import contextlib
import dataclasses
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.sessions.lines import decode, encode, encode_all, header
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    Picture,
    RedactedThinking,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
)
from tests.sessions.made import NOW, asked, called, came, entries, json_values, noted, said, summed_up

AT = "2026-11-21T02:29:02.000Z"


@given(entries)
def test_a_line_is_read_and_written_back_byte_for_byte(entry: Entry) -> None:
    line = encode(entry)

    read = decode(line)

    assert read is not None
    assert encode(read) == line
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.splitlines(keepends=True) == [line]


@given(entries)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    """Only texts that nothing stands between become one."""
    if isinstance(entry, AssistantMessage) and all(isinstance(block, Text) for block in entry.blocks):
        joined = (Text(entry.text),) if entry.text else ()
        entry = dataclasses.replace(entry, blocks=joined)
    assert decode(encode(entry)) == entry


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            asked("m_1"),
            {
                "role": "user",
                "content": "What's the weather like in Sydney?",
                "timestamp": AT,
                "id": "m_1",
                "from": "telegram:821071206",
                "trace": "t_1",
                "provenance": "owner",
            },
        ),
        (
            AssistantMessage("m_2", NOW, (Text("22 °C"),), "anthropic/claude", Usage(1, 2, 3, 4, 0.0021)),
            {
                "role": "assistant",
                "content": "22 °C",
                "timestamp": AT,
                "id": "m_2",
                "model": "anthropic/claude",
                "usage": {"input": 1, "output": 2, "cacheRead": 3, "cacheWrite": 4, "cost": 0.0021},
            },
        ),
        (
            ToolMessage("m_3", NOW, (ToolResult("toolu_1", "{}"), ToolResult("toolu_2", "no", failed=True))),
            {
                "role": "tool",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "{}"},
                    {"type": "tool_result", "tool_use_id": "toolu_2", "content": "no", "is_error": True},
                ],
                "timestamp": AT,
                "id": "m_3",
            },
        ),
        (
            noted("m_4"),
            {
                "role": "user",
                "kind": "note",
                "from": "sms:+12015550123",
                "content": "[SMS]\n> Did you book the dentist?",
                "timestamp": AT,
                "id": "m_4",
                "provenance": "tool",
            },
        ),
        (
            summed_up("m_5", "m_3"),
            {
                "type": "compaction",
                "summary": "They spoke of the weather.",
                "firstKept": "m_3",
                "tokensBefore": 181234,
                "timestamp": AT,
                "id": "m_5",
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_people_find_what_they_expect_in_a_line(entry: Entry, line: dict[str, object]) -> None:
    assert orjson.loads(encode(entry)) == line


def test_thoughts_and_calls_stand_in_blocks_with_their_signatures() -> None:
    signed = Thinking("hm\u2028", "c2lnbmF0dXJl==")
    blocks = (
        signed,
        RedactedThinking("ZGF0YQ=="),
        Text(""),
        ToolCall("toolu_1", "get_weather", {"n": [1.5, None]}),
    )
    message = AssistantMessage("m_1", NOW, blocks, "anthropic/claude")

    line = encode(message)

    assert [block["type"] for block in json.loads(line)["content"]] == [
        "thinking",
        "redacted_thinking",
        "text",
        "tool_use",
    ]
    assert decode(line) == message


def test_pictures_stand_beside_the_words_as_the_files_they_lie_in() -> None:
    picture = Picture("media/pictures/1f.png", "image/png")
    image = {
        "type": "image",
        "source": {"type": "file", "path": "media/pictures/1f.png", "media_type": "image/png"},
    }
    result = ToolResult("toolu_1", "dot.png: 2 × 1 pixels", pictures=(picture,))

    shown = orjson.loads(encode(ToolMessage("m_1", NOW, (result,))))["content"]
    asked_with = orjson.loads(
        encode(dataclasses.replace(asked("m_2"), text="What is it?", pictures=(picture,)))
    )

    assert shown[0]["content"] == [{"type": "text", "text": "dot.png: 2 × 1 pixels"}, image]
    assert asked_with["content"] == [{"type": "text", "text": "What is it?"}, image]


def test_a_message_that_says_nothing_has_no_blocks() -> None:
    """Providers refuse an empty text, for as long as the session lives."""
    read = decode(encode(AssistantMessage("m_1", NOW, (), "anthropic/claude")))
    assert isinstance(read, AssistantMessage)
    assert read.blocks == ()


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("half a pair \ud83d", "half a pair ?"),
        (2**64, "18446744073709551616"),
        (-(2**63) - 1, "-9223372036854775809"),
        ({"\udc00": [10**400]}, {"?": [str(10**400)]}),
    ],
)
def test_what_json_cannot_hold_becomes_the_nearest_that_it_can(value: object, kept: object) -> None:
    """A model may write it; the turn is not lost for it."""
    (call,) = _calls(
        decode(encode(AssistantMessage("m", NOW, (ToolCall("c", "t", {"a": value, "b": True}),), "x")))
    )
    assert call.arguments == {"a": kept, "b": True}


def _calls(entry: Entry | None) -> tuple[ToolCall, ...]:
    assert isinstance(entry, AssistantMessage)
    return entry.calls


def test_a_header_is_no_part_of_the_conversation() -> None:
    line = header("ses_1", "agent:main:main", "main", NOW)
    assert orjson.loads(line) == {
        "type": "session",
        "version": 1,
        "id": "ses_1",
        "key": "agent:main:main",
        "agent": "main",
        "timestamp": AT,
    }
    assert decode(line) is None


@pytest.mark.parametrize(
    "line", [b"{}", b'{"type":"model_change"}', b'{"type":"message","message":{}}', b'{"role":"system"}']
)
def test_a_line_of_another_kind_is_passed_over(line: bytes) -> None:
    assert decode(line) is None


USER: dict[str, Any] = orjson.loads(encode(asked("m_1")))
REPLY: dict[str, Any] = orjson.loads(encode(called("m_2", "toolu_1")))
RESULTS: dict[str, Any] = orjson.loads(encode(came("m_3", "toolu_1")))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null",
        b"[]",
        b'"text"',
        b"\x00" * 40,
        b'{"role":"user"',
        b'{"role":"user","content":"\xff"}',
        b'{"role":"user","content":"\\ud800"}',
        b"[" * 100_000,
        *(
            orjson.dumps(broken)
            for broken in (
                {**USER, "id": None},
                {**USER, "id": ["m_1"]},
                {**USER, "content": [{"type": "text", "text": "x"}]},
                {**USER, "timestamp": 5},
                {**USER, "timestamp": "yesterday"},
                {**USER, "from": {}},
                {**USER, "provenance": []},
                {**REPLY, "content": None},
                {**REPLY, "content": ["text"]},
                {**REPLY, "content": [{"type": "image"}]},
                {**REPLY, "content": [{"type": "text", "text": 5}]},
                {**REPLY, "content": [{"type": "tool_use", "id": "c", "name": "t", "input": "{}"}]},
                {**REPLY, "usage": {"input": "many"}},
                {**REPLY, "usage": [1]},
                {**USER, "content": [{"type": "image", "source": {"path": "x"}}]},
                {**USER, "content": [{"type": "video", "source": {}}]},
                {**RESULTS, "content": "22"},
                {**RESULTS, "content": [{"tool_use_id": ["c"], "content": "22"}]},
                {**RESULTS, "content": [{"tool_use_id": "c", "content": {"temperature": 22}}]},
                {"type": "compaction", "timestamp": AT, "id": "m_5"},
                {"type": ["compaction"], "timestamp": AT, "id": "m_5"},
            )
        ),
    ],
)
def test_what_is_not_ours_is_refused_and_nothing_worse(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(line)


@given(st.sampled_from([USER, REPLY, RESULTS]), st.data())
def test_whatever_stands_in_a_field_a_line_is_read_or_refused(
    whole: dict[str, Any], data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(whole)))
    try:
        entry = decode(orjson.dumps({**whole, field: data.draw(json_values)}))
    except ValueError:
        return
    assert entry is None or decode(encode(entry)) == entry


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_being_refused(line: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode(line)


def test_someone_of_unknown_provenance_is_a_stranger() -> None:
    read = decode(orjson.dumps({**USER, "provenance": "administrator"}))
    assert read == dataclasses.replace(asked("m_1"), provenance="stranger")


def test_a_turns_lines_stand_one_behind_the_other() -> None:
    lines = encode_all([asked("m_1"), said("m_2")])
    assert lines.encode() == encode(asked("m_1")) + encode(said("m_2"))
    assert encode_all([]) == ""
