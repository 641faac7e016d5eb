from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.sessions.lines import encode_all
from openclaw.store.echoes import Echo
from openclaw.types.conversation import ToolCall
from openclaw.web.conversations.desk import ConversationDesk, is_named
from openclaw.web.office.told import UnknownKeyError
from tests.gateway.harness import MAIN, MEMBER, OWNER, PER_PEER, House, Plan, open_house, said
from tests.gateway.scripted import FakeTool, answering, calls, says
from tests.sessions.made import noted
from tests.store.made import draft

ANA, BOB = (f"agent:main:telegram:direct:{sender}" for sender in (OWNER, MEMBER))


@pytest.fixture
async def house(state_dir: Path) -> AsyncIterator[House]:
    async with open_house(state_dir, Plan(session=PER_PEER)) as built, built.working():
        await built.receive(said("When does the ferry leave?", OWNER, number=1))
        await built.settled()
        built.clock.advance(1)
        await built.receive(said("hello", MEMBER, number=2))
        await built.settled()
        yield built


@pytest.fixture
def desk(house: House) -> ConversationDesk:
    return ConversationDesk(house.sessions, house.lanes, "main")


async def keys(desk: ConversationDesk, search: str) -> list[object]:
    return [each["key"] for each in await desk.listing(9, None, search)]


async def test_a_conversation_is_found_by_its_key_its_names_and_its_last_words(
    house: House, desk: ConversationDesk
) -> None:
    await house.sessions.change(BOB, "main", {"label": "Garden club"})

    assert await keys(desk, f"direct:{OWNER}") == [ANA]
    assert await keys(desk, "GARDEN") == [BOB]
    assert await keys(desk, "yes") == [ANA]
    assert await keys(desk, "ferry") == []
    assert len(await desk.listing(1, None, None)) == 1


async def test_the_last_words_are_told_of_those_that_are_known(desk: ConversationDesk) -> None:
    assert await desk.last_words([ANA, "agent:main:nobody"]) == {ANA: "Yes."}


async def test_the_end_of_a_conversation_is_read_without_its_beginning(desk: ConversationDesk) -> None:
    whole: Any = await desk.whole(ANA)
    tail: Any = await desk.history(ANA, 1)

    assert [line["content"] for line in tail["lines"]] == ["Yes."]
    assert (tail["total"], len(whole["lines"])) == (2, 3)
    assert (tail["sessionId"], tail["entry"]) == (whole["sessionId"], whole["entry"])


async def test_a_line_that_is_being_written_is_not_shown_yet(house: House, desk: ConversationDesk) -> None:
    whole: Any = await desk.whole(ANA)
    path = house.sessions.path(ANA)
    assert path is not None
    async with await anyio.open_file(path, "ab") as file:
        await file.write(b'{"role":"user","cont')

    assert await desk.whole(ANA) == whole


async def test_what_the_ledger_has_just_released_is_there_already(
    house: House, desk: ConversationDesk
) -> None:
    await house.ledger.post(draft(), None, Echo("transcript", ANA, encode_all([noted("m_just_now")])))

    tail: Any = await desk.history(ANA, 1)

    assert [line["id"] for line in tail["lines"]] == ["m_just_now"]


async def test_an_unknown_one_is_told_by_its_full_key(desk: ConversationDesk) -> None:
    with pytest.raises(UnknownKeyError, match=MAIN):
        await desk.history("main", 1)


def test_only_words_are_looked_through() -> None:
    assert not is_named({"key": "agent:main:main", "label": None, "lastTo": 7}, "7")
    assert is_named({"key": "agent:main:main", "displayName": "Straße"}, "strasse")


async def test_links_are_shown_as_they_were_sent(
    house: House, desk: ConversationDesk, tmp_path: Path
) -> None:
    async def shown(desk: ConversationDesk) -> object:
        history: Any = await desk.history(ANA, 1)
        return history["lines"][-1]["content"]

    link, tame = "https://ferry.example/?d=1", "hxxps://ferry[.]example/?d=1"
    fetch = FakeTool(answering("A page."), "web_fetch")
    house.briefing.tools = {"web_fetch": fetch}
    house.model.will(calls(ToolCall("toolu_1", "web_fetch", {"url": "x"})), says(f"See {link}"))
    await house.receive(said("and tomorrow?", OWNER, number=3))
    await house.settled()

    assert await shown(desk) == f"See {tame}"
    (tmp_path / "USER.md").write_text(f"The ferry: {link}")
    assert await shown(replace(desk, workspaces={"main": tmp_path})) == f"See {link}"
