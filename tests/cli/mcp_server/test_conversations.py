from typing import Any

from openclaw.cli.mcp_server.conversations import MESSAGE_CHARACTERS, conversation, messages

LINES: list[dict[str, Any]] = [
    {"type": "session", "id": "ses_1"},
    {"role": "user", "id": "m_1", "timestamp": "T1", "from": "telegram:821071206", "content": "Weather?"},
    {
        "role": "assistant",
        "id": "m_2",
        "model": "anthropic/claude-opus-4-6",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}},
        ],
    },
    {"role": "tool", "id": "m_3", "content": [{"type": "tool_result", "content": "22", "is_error": True}]},
    {"role": "user", "kind": "note", "id": "m_4", "from": "sms:+12015550123", "content": "> hi"},
    {"type": "compaction", "id": "m_5", "summary": "They spoke of weather."},
    {"role": "assistant", "id": "m_6", "content": "It is 22 °C."},
]


def test_a_conversation_shows_what_is_known_of_it() -> None:
    row = {"key": "agent:main:main", "agentId": "main", "lastTo": "", "updatedAt": 5, "sessionId": "ses_1"}
    assert conversation(row) == {"sessionKey": "agent:main:main", "agentId": "main", "updatedAt": 5}


def test_every_kind_of_line_is_told_and_thoughts_are_not() -> None:
    found = messages(LINES, None, 20)["messages"]
    assert [(each["role"], each["text"]) for each in found] == [
        ("user", "Weather?"),
        ("assistant", "Let me look.\n[calls get_weather]"),
        ("tool", "[failed] 22"),
        ("note", "> hi"),
        ("compaction", "They spoke of weather."),
        ("assistant", "It is 22 °C."),
    ]
    assert found[0]["from"] == "telegram:821071206"


def test_the_past_is_read_page_by_page() -> None:
    newest = messages(LINES, None, 4)
    assert [each["id"] for each in newest["messages"]] == ["m_3", "m_4", "m_5", "m_6"]
    older = messages(LINES, newest["before"], 4)
    assert [each["id"] for each in older["messages"]] == ["m_1", "m_2"]
    assert "before" not in older
    assert messages(LINES, "m_99", 4) == {"messages": []}


def test_a_long_message_is_cut_with_a_note() -> None:
    (found,) = messages([{"role": "user", "content": "x" * 9_000}], None, 1)["messages"]
    assert found["text"].endswith("\n[1,000 more characters]")
    assert len(found["text"]) < MESSAGE_CHARACTERS + 40


def test_an_image_is_named() -> None:
    content = [{"type": "tool_result", "content": [{"type": "text", "text": "a dot"}, {"type": "image"}]}]
    (found,) = messages([{"role": "tool", "content": content}], None, 1)["messages"]
    assert found["text"] == "[answered] a dot\n[an image]"
