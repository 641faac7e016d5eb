from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from openclaw.agent.renderer import Wrapping
from openclaw.gateway.phone.briefing import PhoneBriefing, capabilities, is_confided
from openclaw.gateway.phone.bundle import Bundle, WorkspaceMemory
from openclaw.gateway.phone.streams import StreamFiles
from openclaw.gateway.phone.threads import Threads
from openclaw.llm.chat import Request
from openclaw.store.open_work import WorkLedger
from openclaw.store.sent_texts import SentTexts
from openclaw.types.conversation import Entry, UserMessage
from tests.gateway.harness import open_house
from tests.gateway.phone.switchboard import ADA, texted
from tests.gateway.scripted import NOW

SETTINGS = {"confided": True, "overlay": "Telegram"}


def test_only_an_authorised_number_is_confided_in() -> None:
    assert is_confided(texted("hi", role="member", settings=SETTINGS))
    assert not is_confided(texted("hi", role="member"))
    assert not is_confided(texted("hi", role="stranger", settings=SETTINGS))


def test_texts_are_short_where_the_overlay_is_on_and_plain_in_any_case() -> None:
    assert "two short sentences" in capabilities(texted("hi", settings=SETTINGS))[0]
    assert capabilities(texted("hi")) == (
        "Your answer is sent as a text message (SMS): plain text without markdown, and short.",
    )


async def test_what_goes_on_elsewhere_stands_behind_the_cached_part_and_stays_the_same_over_the_turn(
    tmp_path: Path,
) -> None:
    (tmp_path / "MEMORY.md").write_text("# Open matters\n- the boiler")
    async with open_house(tmp_path) as house:
        bundle = Bundle(
            house.sessions,
            WorkLedger(house.database),
            WorkspaceMemory({"main": tmp_path}),
            SentTexts(house.database, {}),
            Wrapping(b"k", UTC, "UTC"),
        )
        threads = Threads(StreamFiles(tmp_path / "streams"), house.sessions, None)
        briefing = PhoneBriefing(threads, bundle)

        def prompt(entries: Sequence[Entry]) -> Request:
            return Request("claude-opus-4-6", "Be kind.", ())

        row = texted("hi", role="member", settings=SETTINGS)
        beside = await briefing.beside(row, prompt)
        (tmp_path / "MEMORY.md").write_text("# Open matters\n- the roof")
        assert beside(()).system == "Be kind."
        assert "- the boiler" in beside(()).context == beside(()).context
        # A call's history is its own.
        call = texted("hi", channel="voice")
        history = [UserMessage("m_1", NOW, "hi", f"voice:{ADA}", "member")]
        assert await briefing.history(call, history, {}) is history
        assert await briefing.history(row, history, {"sessionId": "x"}) == history
