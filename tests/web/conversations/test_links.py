from typing import Any

import pytest

from openclaw.web.conversations.links import as_sent, brings_foreign

AT = "2026-02-27T09:00:00.000Z"
LEAK, TAMED = "https://evil.example/?d=hunter2", "hxxps://evil[.]example/?d=hunter2"
KNOWN = "https://news.example/1"


def user(text: str, provenance: str = "owner") -> dict[str, Any]:
    return {
        "role": "user",
        "content": text,
        "timestamp": AT,
        "id": "m",
        "from": "telegram:1",
        "provenance": provenance,
    }


def answer(content: object) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "timestamp": AT, "id": "m", "model": "m", "usage": {}}


FETCHED = {
    "role": "tool", "id": "t", "timestamp": AT,
    "content": [{"type": "tool_result", "tool_use_id": "c", "content": f"Today: {KNOWN}", "provenance": "web"}],
}  # fmt: skip
CALL = answer([{"type": "tool_use", "id": "c", "name": "web_fetch", "input": {"url": "x"}}])


def contents(*lines: dict[str, Any], system: str = "", begins: bool = True) -> list[Any]:
    return [
        line["content"] for line in as_sent(lines, (), system, begins=begins) if line["role"] == "assistant"
    ]


def test_from_the_words_of_others_on_links_are_shown_as_they_left() -> None:
    lines = (user("my own?"), answer(LEAK), CALL, FETCHED, answer(f"{KNOWN} and {LEAK}"))
    first, _, last = contents(*lines)
    assert (first, last) == (LEAK, f"{KNOWN} and {TAMED}")


def test_where_the_beginning_is_not_there_nothing_is_trusted_but_what_is_known() -> None:
    assert contents(answer(LEAK), begins=False) == [TAMED]
    assert contents(answer(LEAK), system=f"Book at {LEAK}.", begins=False) == [LEAK]
    assert contents(user(f"what is {LEAK}?"), answer(LEAK), begins=False) == [LEAK]


def test_words_in_blocks_and_thoughts_are_looked_through_and_calls_are_not() -> None:
    blocks = [
        {"type": "text", "text": LEAK},
        {"type": "thinking", "thinking": LEAK, "signature": "s"},
        {"type": "tool_use", "id": "c", "name": "web_fetch", "input": {"url": LEAK}},
    ]
    ((text, thought, call),) = contents(user("hi", "stranger"), answer(blocks))
    assert (text["text"], thought["thinking"], call["input"]["url"]) == (TAMED, TAMED, LEAK)


@pytest.mark.parametrize(
    ("line", "foreign"),
    [
        (user("hi"), False),
        (user("hi", "member"), True),
        ({"role": "user", "content": "hi"}, True),
        (FETCHED, True),
        ({"role": "tool", "content": [{"provenance": "file"}, {}]}, False),
        ({"type": "compaction", "summary": "s"}, True),
        ({"type": "compaction", "summary": "s", "provenance": "owner"}, False),
        ({"type": "session"}, False),
        (answer("hi"), False),
    ],
)
def test_whose_words_a_line_brings(line: dict[str, Any], foreign: bool) -> None:
    assert brings_foreign(line) is foreign
