from typing import Any

import pytest

from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.sessions import agent_of, kind_of
from tests.web.fake_house import NAMEPLATE, FakeHouse


async def listed(**params: Any) -> dict[str, Any]:
    return dict(await dispatch(FakeHouse(), OPERATOR, "sessions.list", params))  # type: ignore[arg-type]


async def test_sessions_are_listed_as_the_original_lists_them() -> None:
    answer = await listed(includeGlobal=True, includeUnknown=False)
    assert answer["path"] == NAMEPLATE.sessions_path
    assert answer["defaults"] == {
        "modelProvider": "anthropic",
        "model": "claude-opus-4-6",
        "contextTokens": 200_000,
    }
    assert (answer["count"], answer["hasMore"]) == (2, False)
    first = answer["sessions"][0]
    assert (first["key"], first["kind"], first["isMain"], first["totalTokens"]) == (
        "agent:main:main",
        "direct",
        True,
        1240,
    )


async def test_a_limit_tells_that_there_are_more() -> None:
    answer = await listed(limit=1)
    assert (answer["count"], answer["hasMore"], answer["nextOffset"]) == (1, True, 1)


async def test_page_after_page_tells_each_session_once() -> None:
    first, second, third = [await listed(limit=1, offset=offset) for offset in (0, 1, 2)]
    keys = [row["key"] for row in (*first["sessions"], *second["sessions"])]
    assert keys == ["agent:main:main", "agent:main:telegram:group:-100"]
    assert (second["hasMore"], second["nextOffset"]) == (False, None)
    assert third["sessions"] == []


async def test_only_sessions_of_the_last_minutes() -> None:
    assert (await listed(activeMinutes=0.001))["count"] == 0


@pytest.mark.parametrize(
    ("key", "kind", "agent"),
    [
        ("agent:main:main", "direct", "main"),
        ("agent:aurora:telegram:direct:821071206", "direct", "aurora"),
        ("agent:main:telegram:group:-100:topic:7", "group", "main"),
        ("agent:main:discord:channel:5", "channel", "main"),
        ("agent:main:openai-user:group", "direct", "main"),
        ("global", "global", "main"),
        ("odd", "unknown", "main"),
    ],
)
def test_what_a_key_tells(key: str, kind: str, agent: str) -> None:
    assert kind_of(key) == kind
    assert agent_of(key) == agent


async def test_the_last_words_of_each_are_told_where_they_are_asked_for() -> None:
    answer = await listed(includeLastMessage=True)
    assert [each["lastMessagePreview"] for each in answer["sessions"]] == ["hello", ""]
    assert "lastMessagePreview" not in (await listed())["sessions"][0]


async def test_whoever_wants_to_hear_of_changes_hears_of_them_already() -> None:
    assert await dispatch(FakeHouse(), OPERATOR, "sessions.subscribe", {}) == {"subscribed": True}
