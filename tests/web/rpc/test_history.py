from typing import Any

import pytest

from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.history import LARGEST, fitting, messages
from openclaw.web.rpc.methods import dispatch
from tests.web.fake_house import MAIN, FakeHouse

AT = "2026-02-27T09:00:00.000Z"
MS = 1_772_182_800_000


async def ask(house: FakeHouse, method: str, **params: Any) -> dict[str, Any]:
    answer = await dispatch(house, OPERATOR, method, params)
    assert isinstance(answer, dict)
    return answer


async def test_history_is_a_conversation_as_messages() -> None:
    answer = await ask(FakeHouse(), "chat.history", sessionKey="main")

    assert (answer["sessionKey"], answer["sessionId"], answer["hasMore"]) == (MAIN, "ses_1", False)
    (message,) = answer["messages"]
    assert (message["role"], message["content"]) == ("user", [{"type": "text", "text": "hello"}])
    assert message["timestamp"] == MS


async def test_a_conversation_that_has_not_begun_is_empty() -> None:
    answer = await ask(FakeHouse(), "chat.history", sessionKey="agent:main:telegram:direct:9")

    assert (answer["messages"], answer["sessionId"], answer["totalMessages"]) == ([], None, 0)


def test_every_kind_of_line_has_its_message() -> None:
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "22 °C", "is_error": True}
    call = {"type": "tool_use", "id": "c1", "name": "get_weather", "input": {}}
    lines: list[dict[str, Any]] = [
        {"type": "session", "version": 1, "id": "s", "timestamp": AT},
        {"type": "compaction", "summary": "before", "id": "m0", "timestamp": AT, "firstKept": "m1"},
        {
            "role": "user",
            "content": "hi",
            "id": "m1",
            "timestamp": AT,
            "from": "telegram:7",
            "provenance": "owner",
        },
        {
            "role": "assistant",
            "content": [call],
            "id": "m2",
            "timestamp": AT,
            "model": "m",
            "usage": {"input": 1},
        },
        {"role": "tool", "content": [result], "id": "m3", "timestamp": AT},
        {"role": "user", "kind": "note", "content": "a note", "id": "m4", "timestamp": AT, "from": "x"},
        {"type": "from a later version", "timestamp": AT},
    ]

    found = list(messages(lines))

    assert [message["role"] for message in found] == ["system", "user", "assistant", "toolResult", "user"]
    assert found[1]["from"] == "telegram:7"
    assert (found[2]["content"], found[2]["model"], found[2]["usage"]) == ([call], "m", {"input": 1})
    assert (found[3]["toolCallId"], found[3]["isError"]) == ("c1", True)
    assert found[4]["kind"] == "note"


def test_the_newest_fit_first_and_stand_in_their_order() -> None:
    every = [{"id": str(number), "content": "x" * 100} for number in range(10)]
    size = len('{"id":"0","content":""}') + 100

    assert [message["id"] for message in fitting(every, 3 * size)] == ["7", "8", "9"]


def test_what_is_too_large_to_show_is_named() -> None:
    (kept,) = fitting([{"id": "1", "content": [{"type": "text", "text": "x" * LARGEST}]}], 6 << 20)

    assert "bytes are not shown here" in kept["content"][0]["text"]


async def test_words_are_put_into_a_conversation_without_a_turn() -> None:
    house = FakeHouse()
    answer = await ask(house, "chat.inject", sessionKey="main", message="The door is open.", label="door")

    assert answer == {"ok": True, "messageId": "m_1"}
    (asked,) = house.desk.questions
    assert (asked.message, asked.session_key) == ("[door] The door is open.", "main")
    assert house.desk.runs == {}


async def test_previews_are_short_and_name_what_is_missing() -> None:
    found, missing = (await ask(FakeHouse(), "sessions.preview", keys=["main", "agent:main:nope"]))[
        "previews"
    ]

    assert found == {"key": MAIN, "status": "ok", "items": [{"role": "user", "text": "hello"}]}
    assert missing == {"key": "agent:main:nope", "status": "missing", "items": []}


@pytest.mark.parametrize("params", [{"key": "main"}, {"sessionId": "ses_1"}])
async def test_a_session_is_found_by_what_names_it(params: dict[str, Any]) -> None:
    assert await ask(FakeHouse(), "sessions.resolve", **params) == {"ok": True, "key": MAIN}


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({}, "by one of key, sessionId and label"),
        ({"key": "main", "sessionId": "ses_1"}, "by one of key, sessionId and label"),
        ({"sessionId": "ses_7"}, "there is no session with the sessionId 'ses_7'"),
        ({"label": "work"}, "there is no session with the label 'work'"),
        ({"key": "agent:main:nope"}, "there is no session"),
    ],
)
async def test_a_session_that_is_not_named_by_one_thing_is_refused(
    params: dict[str, Any], problem: str
) -> None:
    with pytest.raises(RpcError, match=problem):
        await ask(FakeHouse(), "sessions.resolve", **params)
