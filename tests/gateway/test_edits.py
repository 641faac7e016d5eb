from dataclasses import replace
from typing import Any

import anyio

from openclaw.gateway.edits import note_of_edit, reworded
from openclaw.llm.chat import Reply, Request
from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Note
from openclaw.types.messages import Arrival, Inbound, Sender
from tests.gateway.harness import MAIN, OWNER, House, said
from tests.gateway.scripted import says

MESSAGE = Inbound("telegram", Sender(OWNER, "Ada"), "tulips", 0, message_id="7")
ROW = InboxRow(1, "k", "telegram", "default", 5, MESSAGE, "queued", "owner", "main", MAIN, "run_1", "t_1")


def edited(text: str, *, number: int, sender: str = OWNER, **more: Any) -> Arrival:
    return said(text, sender, number=number, message_id="7", edit=True, **more)


def test_only_new_words_of_a_waiting_message_reword_it() -> None:
    assert reworded(ROW, replace(MESSAGE, text="roses")) == replace(MESSAGE, text="roses")
    assert reworded(ROW, MESSAGE) is None
    assert reworded(replace(ROW, event=replace(MESSAGE, command="new")), replace(MESSAGE, text="x")) is None


def test_what_was_read_already_is_followed_by_a_note() -> None:
    edit = replace(ROW, event=replace(MESSAGE, text="roses\nand ivy"))
    text = f"[Ada ({OWNER}) has changed an earlier message; now it reads]\n> roses\n> and ivy"

    assert note_of_edit(edit, "m_1") == Note("m_1", 5, text, f"telegram:{OWNER}", "owner")


async def outcomes(house: House) -> list[tuple[str, str]]:
    return [(each["state"], each["reason"]) for each in await house.rows("SELECT * FROM inbox ORDER BY seq")]


async def words(house: House) -> list[str]:
    return [line["content"] for line in await house.transcript() if line.get("role") == "user"]


async def test_an_edit_before_the_turn_replaces_the_text(house: House) -> None:
    go_on = anyio.Event()

    async def thinks(_: Request) -> Reply:
        await go_on.wait()
        return says("Hello.")

    house.model.will(thinks, says("Roses."))
    await house.receive(said("hello", number=1))
    await house.changes.until(lambda: bool(house.model.requests))
    await house.receive(said("tulips", number=2, message_id="7"))
    await house.receive(edited("roses", number=3))
    await house.until_rows("SELECT state FROM inbox WHERE seq = 3", ["ignored"])
    go_on.set()
    await house.settled()

    assert await words(house) == ["hello", "roses"]


async def test_an_edit_after_the_turn_is_a_note_and_asks_for_nothing(house: House) -> None:
    house.model.will(says("Tulips it is."))
    await house.receive(said("tulips", number=1, message_id="7"))
    await house.settled()
    await house.receive(edited("roses", number=2))
    await house.settled()

    assert (await words(house))[1].endswith("> roses")
    assert len(house.model.requests) == 1
    assert (await outcomes(house))[1] == ("ignored", "edit")


async def test_an_edit_gives_no_command_and_changes_nobody_elses_words(house: House) -> None:
    house.model.will(says("Tulips it is."))
    await house.receive(said("tulips", number=1, message_id="7"))
    await house.settled()
    await house.receive(edited("/new", number=2), said("roses", number=3, message_id="8", edit=True))
    await house.settled()

    assert house.channel.texts() == ["Tulips it is."]
    assert (await outcomes(house))[1:] == [("ignored", "edit"), ("ignored", "edit_of_unknown")]
