from collections.abc import Mapping

import pytest

from openclaw.web.openai.addressing import AGENT_HEADER, SESSION_HEADER, Destination, destination
from openclaw.web.openai.faults import ApiError

AGENTS = ("main", "clerk")
MAIN = "agent:main:main"


def of(headers: Mapping[str, str], model: str = "openclaw", user: str | None = None) -> Destination:
    return destination(headers, model, user, AGENTS, "4f2a")


@pytest.mark.parametrize(
    ("headers", "model", "user", "meant"),
    [
        ({}, "openclaw", None, Destination("main", "agent:main:openai:4f2a", lasts=False)),
        ({}, "openclaw/clerk", None, Destination("clerk", "agent:clerk:openai:4f2a", lasts=False)),
        ({}, "openclaw", " ", Destination("main", "agent:main:openai:4f2a", lasts=False)),
        ({}, "openclaw", "Ana", Destination("main", "agent:main:openai-user:ana", lasts=True)),
        ({AGENT_HEADER: "Clerk"}, "openclaw/main", None, Destination("clerk", "agent:clerk:openai:4f2a", lasts=False)),
        ({AGENT_HEADER: "clerk"}, "gpt-4o", "a", Destination("clerk", "agent:clerk:openai-user:a", lasts=True)),
        ({SESSION_HEADER: "main"}, "openclaw", "Ana", Destination("main", MAIN, lasts=True)),
        ({SESSION_HEADER: "main"}, "agent:clerk", None, Destination("clerk", "agent:clerk:main", lasts=True)),
        ({SESSION_HEADER: MAIN, AGENT_HEADER: "clerk"}, "openclaw", None, Destination("main", MAIN, lasts=True)),
    ],
)  # fmt: skip
def test_header_then_user_then_a_conversation_of_its_own(
    headers: dict[str, str], model: str, user: str | None, meant: Destination
) -> None:
    assert of(headers, model, user) == meant


def test_an_agent_that_is_not_there_is_named() -> None:
    with pytest.raises(ApiError, match=r"no agent 'ghost'.*main, clerk") as refused:
        of({AGENT_HEADER: "ghost"})

    assert (refused.value.status, refused.value.param) == (404, AGENT_HEADER)


@pytest.mark.parametrize(
    "text", ["subagent:x", "agent:main:subagent:x", "a:CRON:b", "acp:1", "x" * 513, "a\nb"]
)
def test_the_house_s_own_conversations_are_not_to_be_had(text: str) -> None:
    with pytest.raises(ApiError) as by_header:
        of({SESSION_HEADER: text})
    with pytest.raises(ApiError) as by_user:
        of({}, user=text)

    assert (by_header.value.status, by_header.value.param) == (400, SESSION_HEADER)
    assert (by_user.value.status, by_user.value.param) == (400, "user")
