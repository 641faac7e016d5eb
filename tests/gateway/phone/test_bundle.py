from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from openclaw.agent.renderer import Wrapping
from openclaw.agent.untrusted import MARKER
from openclaw.gateway.phone.bundle import (
    SENT_MS,
    Bundle,
    WorkspaceMemory,
    last_lines,
    open_matters,
    task_lines,
)
from openclaw.gateway.tracing import span
from openclaw.store.approvals import Asking, Question
from openclaw.store.open_work import OpenJob, OpenWork, Unfinished, WorkLedger
from openclaw.store.outbox import Claimed, Draft
from openclaw.store.sent_texts import SentTexts
from openclaw.types.conversation import AssistantMessage, Entry, Note, Text, ToolMessage, UserMessage
from openclaw.types.dealings import Dealings
from openclaw.types.messages import Address, Part
from openclaw.types.sending import ALLOW, Purpose, SendIntent, Verdict
from tests.gateway.harness import MAIN, House, open_house, said
from tests.gateway.phone.switchboard import ADA, BEN, texted
from tests.gateway.scripted import NOW, says

MEMORY = """\
# Memory
- 2026-02-01: the owner likes tea

## Open Matters
- the boiler man has not called back
### Money
- the tax form is due in March

## Settled
- the fence
"""


@pytest.mark.parametrize(
    ("memory", "matters"),
    [
        (MEMORY, "- the boiler man has not called back\n### Money\n- the tax form is due in March"),
        ("# Open matters:\nall of it", "all of it"),
        ("text\n#### **open matters**\none\n#### next", "one"),
        ("## Openmatters\nno", ""),
        ("nothing", ""),
        ("", ""),
    ],
)
def test_open_matters_stand_beneath_their_heading(memory: str, matters: str) -> None:
    assert open_matters(memory) == matters


def test_long_matters_are_cut_at_a_line() -> None:
    text = open_matters("# Open matters\n" + "\n".join(f"- matter {n}" for n in range(1000)))
    assert len(text) <= 2_002
    assert text.endswith("\n…")


def test_tasks_are_jobs_questions_and_unfinished_work() -> None:
    work = OpenWork(
        (OpenJob("Call Ana", NOW), OpenJob("no time", None)), ("exec: rm old.txt",),
        (Unfinished("agent:main:main", "Find\n a flight " + "x" * 400, NOW),),
    )  # fmt: skip
    lines = list(task_lines(work, UTC))
    assert lines[:3] == [
        "- Job: Call Ana, due 2026-02-27 09:00",
        "- Job: no time",
        "- Waits for the owner's word: exec: rm old.txt",
    ]
    assert lines[3].startswith(
        "- Being answered in agent:main:main since 2026-02-27 09:00: Find a flight xxx"
    )
    assert lines[3].endswith("…")


def test_the_last_lines_are_what_was_said() -> None:
    entries: list[Entry] = [
        UserMessage("m_0", NOW, "too old", "telegram:1", "owner"),
        UserMessage("m_1", NOW, "A table for two?", "telegram:1", "owner"),
        ToolMessage("m_2", NOW, ()),
        AssistantMessage("m_3", NOW, (Text("Booked at eight."),), "x/y"),
        AssistantMessage("m_4", NOW, (Text(" "),), "x/y"),
        Note("m_5", NOW, "[SMS from +1]\n> hi\n\nReply: yo", "sms:+1", "member"),
        UserMessage("m_6", NOW, "Thanks", "telegram:1", "owner"),
    ]
    assert last_lines(entries) == [
        "- telegram:1 (owner): A table for two?",
        "- you: Booked at eight.",
        "- note on sms:+1: [SMS from +1] > hi Reply: yo",
        "- telegram:1 (owner): Thanks",
    ]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def test_the_bundle_tells_what_goes_on_elsewhere_with_the_words_of_others_marked(house: House) -> None:
    workspace = house.state / "workspace"
    workspace.mkdir()
    (workspace / "MEMORY.md").write_text(MEMORY)
    house.model.will(says("Booked at eight."))
    async with house.working():
        await house.receive(said("A table for two?"))
        await house.settled()
    bundle = bundled(house, {"main": workspace})
    text = await bundle.text(texted("what is new?", ADA))
    assert "## Open matters\n- the boiler man has not called back" in text
    assert f"{MAIN}:\n- telegram:821071206 (owner): A table for two?\n- you: Booked at eight." in text
    assert text.index("## Recent conversations") < text.index(MARKER) < text.index("A table for two?")
    assert "## Open tasks" not in text
    # What a conversation holds itself is no news to it.
    own = replace(texted("hi", ADA), session_key=MAIN)
    assert "A table for two?" not in await bundle.text(own)


async def test_nothing_to_tell_is_nothing(house: House) -> None:
    bundle = bundled(house, {})
    assert await bundle.text(texted("hi")) == ""
    assert await bundle.besides(texted("hi")) == ""


async def test_what_somebody_was_texted_unasked_is_known_when_he_answers_it(house: House) -> None:
    keeper = Everything()
    posted: list[tuple[str, Purpose]] = [(ADA, "api"), (BEN, "api"), (ADA, "reply"), (ADA, "message")]
    for number, (to, purpose) in enumerate(posted):
        draft = Draft(
            f"o_{number}", Address("sms", to), Part(f"text {number}"), 0, purpose, "member", f"t_{number}"
        )
        await house.ledger.post(draft, None)
        claim = await house.ledger.claim_gated(draft.to, keeper)
        assert isinstance(claim.found, Claimed)
        await house.ledger.sent(claim.found, f"SM{number}", span("send", NOW, 0.0))
    told = await bundled(house, {}).besides(texted("Change it to ten", ADA))
    assert told.startswith("## Texts you sent them besides your answers\n<<<")
    assert [line for line in told.splitlines() if line.startswith("- ")] == [
        "- 2026-02-27 09:00: text 0",
        "- 2026-02-27 09:00: text 3",
    ]
    assert "text" not in await bundled(house, {}).besides(
        replace(texted("hi", ADA), received_at=NOW + SENT_MS + 1)
    )


class Everything:
    """Gates that let all pass."""

    def own_number(self, to: Address) -> str:
        return ""

    def judge(self, intent: SendIntent, dealings: Dealings | None) -> Verdict:
        return ALLOW

    def question(self, *_: Any, **__: Any) -> tuple[Question, Asking]:
        raise AssertionError("nothing is held")


def bundled(house: House, workspaces: dict[str, Path]) -> Bundle:
    sent = SentTexts(house.database, {})
    memory, wrapping = WorkspaceMemory(workspaces), Wrapping(b"key", UTC, "UTC")
    return Bundle(house.sessions, WorkLedger(house.database), memory, sent, wrapping)
