"""The tools over a real line to a control plane."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from openclaw.agent.tools.base import ToolInputError
from openclaw.cli.mcp_server.happenings import Happenings
from openclaw.cli.mcp_server.line import DaemonLine, Gateway
from openclaw.cli.mcp_server.offers import OFFERS, Desk, answer
from openclaw.cli.rpc import RefusedError
from openclaw.types.errors import OpenClawError
from openclaw.types.secrets import Secret
from tests.cli.gateway import nothing, weather
from tests.web.conftest import Plane, plane
from tests.web.fake_house import MAIN

__all__ = ["plane"]


@pytest.fixture
async def desk(plane: Plane) -> AsyncIterator[Desk]:
    happenings = Happenings()
    line = DaemonLine(lambda: Gateway(plane.port, Secret(plane.token[0])), happenings.see)
    async with anyio.create_task_group() as group:
        group.start_soon(line.run)
        yield Desk(line, happenings)
        group.cancel_scope.cancel()


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_every_offer_says_what_it_takes(offer: Any) -> None:
    schema = offer.schema
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert all(name[0].islower() and "_" not in name for name in schema["properties"])
    assert offer.description.endswith(".")


async def test_conversations_are_listed_shown_and_read(desk: Desk) -> None:
    listed = await answer(desk, "conversations_list", {"limit": 1})
    assert [row["sessionKey"] for row in listed["conversations"]] == [MAIN]
    assert listed["more"] is True
    assert (await answer(desk, "conversations_list", {"search": "group"}))["more"] is False
    assert (await answer(desk, "conversation_get", {"sessionKey": "main"}))["messages"] == 1
    read = await answer(desk, "messages_read", {"sessionKey": "main"})
    assert [each["text"] for each in read["messages"]] == ["hello"]


async def test_a_task_is_handed_over_and_its_answer_comes_back(desk: Desk, plane: Plane) -> None:
    plane.house.desk.reply = weather
    done = await answer(desk, "dispatch_agent", {"agent": "aurora", "task": "look outside"})
    (question,) = plane.house.desk.questions
    assert (question.agent, question.message) == ("aurora", "look outside")
    assert question.session_key.startswith("agent:aurora:task:")
    assert (done["status"], done["text"]) == ("ok", "It is 22 °C.")
    assert done["sessionKey"] == question.session_key


async def test_a_task_goes_on_in_the_conversation_that_is_named(desk: Desk, plane: Plane) -> None:
    plane.house.desk.reply = weather
    await answer(desk, "dispatch_agent", {"agent": "main", "task": "and now?", "sessionKey": MAIN})
    await answer(desk, "messages_send", {"sessionKey": "main", "message": "hello"})
    assert [question.session_key for question in plane.house.desk.questions] == [MAIN, "main"]


async def test_who_does_not_wait_gets_a_run_to_wait_for(desk: Desk, plane: Plane) -> None:
    begun = await answer(desk, "dispatch_agent", {"agent": "main", "task": "slowly", "timeoutSeconds": 0})
    assert begun["status"] == "running"
    still = await answer(desk, "run_wait", {"runId": begun["runId"], "timeoutSeconds": 0})
    assert still["status"] == "running"
    await weather(plane.house.desk, begun["runId"])
    ended = await answer(desk, "run_wait", {"runId": begun["runId"]})
    assert (ended["status"], ended["text"]) == ("ok", "It is 22 °C.")


async def test_a_run_that_takes_too_long_goes_on_without_us(desk: Desk, plane: Plane) -> None:
    begun = await answer(
        desk, "messages_send", {"sessionKey": "main", "message": "x", "timeoutSeconds": 0.05}
    )
    assert begun["status"] == "running"
    assert len(plane.house.desk.questions) == 1


async def test_a_failed_run_is_an_error_in_its_own_words(desk: Desk, plane: Plane) -> None:
    plane.house.desk.reply = nothing
    with pytest.raises(RefusedError, match="no model answers"):
        await answer(desk, "dispatch_agent", {"agent": "main", "task": "x"})


async def test_a_lost_line_does_not_ask_twice(desk: Desk, plane: Plane) -> None:
    found: list[Any] = []

    async def dispatch() -> None:
        found.append(await answer(desk, "dispatch_agent", {"agent": "main", "task": "once"}))

    async with anyio.create_task_group() as group:
        group.start_soon(dispatch)
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(5):
            while not plane.house.desk.questions:  # noqa: ASYNC110 - it comes over a socket
                await anyio.sleep(0.01)
        assert desk.line._socket is not None
        await desk.line._socket.close()
        await weather(plane.house.desk, plane.house.desk.questions[0].run_id)
    assert found[0]["text"] == "It is 22 °C."
    assert len(plane.house.desk.questions) == 1


async def test_what_happens_is_polled(desk: Desk, plane: Plane) -> None:
    plane.house.desk.reply = weather
    await answer(desk, "messages_send", {"sessionKey": "main", "message": "hello"})
    found = await answer(desk, "events_poll", {"sessionKey": MAIN, "waitSeconds": 5})
    kinds = [event["type"] for event in found["events"]]
    assert kinds[0] == "started"
    assert (await answer(desk, "events_poll", {"cursor": found["nextCursor"]}))["events"] == []


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("dispatch_agent", {"agent": "main"}, "task is required"),
        ("messages_send", {"sessionKey": "main", "message": ""}, "message is required"),
        ("conversations_list", {"limit": 0}, "limit must be an integer ≥ 1"),
        ("agents_list", {"all": True}, "there is no argument all"),
    ],
)
async def test_a_wrong_question_is_answered_so_that_it_can_be_mended(
    desk: Desk, name: str, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ToolInputError, match=complaint):
        await answer(desk, name, arguments)


async def test_an_unknown_tool_is_answered_with_the_known_ones(desk: Desk) -> None:
    with pytest.raises(OpenClawError, match="there is no tool 'nope'; there is conversations_list"):
        await answer(desk, "nope", {})
