from collections.abc import Sequence
from dataclasses import replace

import pytest

from openclaw.agent.taint import FOREIGN, provenances
from openclaw.agent.tools.base import Kind
from openclaw.gateway.brought import brought_entries, client_tools, with_brought
from openclaw.llm.chat import ToolSpec
from openclaw.sessions.lines import encode_all
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    Note,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from openclaw.types.events import TurnFinished
from openclaw.types.messages import Arrival, Brought, ClientTool, Inbound, Sender
from tests.gateway.harness import MAIN, House
from tests.gateway.scripted import NOW, FakeTool, answering, calls, says

CALL = ToolCall("toolu_1", "set_lamp", {"on": True})
ASKED = UserMessage("m_1", NOW, "Light!", "webchat:operator", "owner")
CALLED = AssistantMessage("m_2", NOW, (Text("Yes."), CALL), "openai/elsewhere")
RESULT = ToolMessage("m_3", NOW, (ToolResult("toolu_1", "60 W", provenance="web"),))
LAMP = ClientTool("set_lamp", "Turns it on.", {"type": "object"})
OURS = ToolSpec("exec", "Runs.", {})


def brought(*entries: Entry) -> Brought:
    return Brought(encode_all(entries))


def test_a_conversation_that_is_brought_whole_stays_as_it_is() -> None:
    assert brought_entries(brought(ASKED, CALLED, RESULT), ()) == (ASKED, CALLED, RESULT)
    assert brought_entries(None, ()) == ()
    assert brought_entries(Brought(instructions="Be brief."), ()) == ()


def test_a_result_of_a_call_that_we_know_is_told_as_a_note_of_anybody_s_words() -> None:
    known: Sequence[Entry] = (
        ASKED,
        CALLED,
        ToolMessage("m_2.results", NOW, (ToolResult("toolu_1", "handed"),)),
    )

    (note,) = brought_entries(brought(RESULT), known)

    assert isinstance(note, Note)
    assert "your call of set_lamp (toolu_1)" in note.text
    assert note.text.endswith("60 W")
    assert provenances([note]) <= FOREIGN


def test_a_result_of_no_call_says_so() -> None:
    (note,) = brought_entries(brought(RESULT), ())

    assert isinstance(note, Note)
    assert "a call toolu_1 that is not yours" in note.text


def test_prompt_and_tools_are_ours_with_the_program_s_behind() -> None:
    system, specs = with_brought("Ours.", (OURS,), Brought("", "Be brief.", (LAMP,)))

    assert system.startswith("Ours.\n\n## Tools of the Asking Program\n")
    assert system.endswith("## Instructions of the Asking Program\nBe brief.")
    assert [spec.name for spec in specs] == ["exec", "set_lamp"]


def test_without_tools_and_instructions_nothing_changes() -> None:
    specs = (OURS,)

    system, same = with_brought("Ours.", specs, Brought())

    assert system == "Ours."
    assert same is specs


def test_a_name_of_ours_stays_ours() -> None:
    theirs = replace(LAMP, name="exec")

    assert with_brought("Ours.", (OURS,), Brought("", "", (theirs,))) == ("Ours.", (OURS,))
    assert client_tools(Brought("", "", (theirs, LAMP)), {"exec": FakeTool(answering(""))}) == {"set_lamp"}
    assert client_tools(None, {}) == frozenset()


def asked(text: str, brought: Brought, number: int = 1) -> Arrival:
    message = Inbound(
        "webchat", Sender("operator", "openai"), text, NOW, session_key="main", run_id=f"run_{number}",
        operator=True, brought=brought,
    )  # fmt: skip
    return Arrival(f"webchat:default:run_{number}", "webchat", "default", text.encode(), message)


async def ask(house: House, arrival: Arrival) -> None:
    assert isinstance(arrival.content, Inbound)
    house.runs.expect(arrival.content.run_id, MAIN)
    await house.receive(arrival)
    await house.settled()


async def test_what_is_brought_is_heard_and_written_down_before_the_words(house: House) -> None:
    house.model.will(says("On."))

    await ask(house, asked("Is it on?", brought(ASKED, CALLED, RESULT)))

    lines = await house.transcript()
    assert [line.get("role") for line in lines[1:]] == ["user", "assistant", "tool", "user", "assistant"]
    assert [line["content"] for line in lines[-2:]] == ["Is it on?", "On."]
    assert len(house.model.requests[0].messages) == len(lines) - 2


async def test_results_alone_need_no_words(house: House) -> None:
    await ask(house, asked("", brought(RESULT)))

    lines = await house.transcript()
    assert [(line.get("kind"), line.get("role")) for line in lines[1:]] == [
        ("note", "user"),
        (None, "assistant"),
    ]
    (end,) = house.told(TurnFinished)
    assert (end.outcome, end.text) == ("answered", "Yes.")


async def test_a_program_s_words_command_nobody(house: House) -> None:
    for number, text in enumerate(("/new", "stop", "/think high and tell me"), start=1):
        await ask(house, asked(text, Brought(), number))

    assert [end.text for end in house.told(TurnFinished)] == ["Yes.", "Yes.", "Yes."]
    assert [line["content"] for line in await house.transcript() if line.get("role") == "user"] == [
        "/new", "stop", "/think high and tell me",
    ]  # fmt: skip


@pytest.mark.parametrize(("lines", "asks"), [((ASKED,), 0), ((RESULT,), 1), ((ASKED, CALLED, RESULT), 1)])
async def test_what_a_program_s_tools_found_closes_the_gate(
    house: House, lines: Sequence[Entry], asks: int
) -> None:
    tool = FakeTool(answering("sent"), kind=Kind.FOREIGN)
    house.briefing.tools = {tool.name: tool}
    house.model.will(calls(ToolCall("toolu_9", tool.name, {})), says("Done."))
    house.runs.expect("run_1", MAIN)

    await house.receive(asked("Pass it on.", brought(*lines)))
    if asks:
        await house.until_rows("SELECT state FROM approvals", ["pending"])
    else:
        await house.settled()

    assert tool.runs == 1 - asks
