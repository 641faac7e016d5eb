import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import orjson
import pytest

from openclaw.gateway.phone.streams import StreamFiles
from openclaw.gateway.phone.threads import (
    OUTBOUND,
    ThreadKeeper,
    Threads,
    began_at,
    last_turns,
    missing,
    number_of,
    thread_lines,
    thread_name,
)
from openclaw.sessions.lines import encode_all
from openclaw.store.outbox import Draft
from openclaw.store.sent_texts import SentTexts
from openclaw.types.conversation import AssistantMessage, Compaction, Entry, Text, ToolCall, UserMessage
from openclaw.types.events import ReplySent, TurnFinished
from openclaw.types.ids import new_id
from openclaw.types.messages import Address, Part
from tests.gateway.harness import House, open_house
from tests.gateway.phone.switchboard import ADA, OURS, texted
from tests.gateway.scripted import NOW

KEY = f"agent:main:sms:direct:{ADA}"
NAME = "sms-phone-12015550123"


def user(number: int, text: str = "", at: int | None = None) -> UserMessage:
    return UserMessage(f"m_u{number}", NOW + number * 1000 if at is None else at, text or f"question {number}",
                       f"sms:{ADA}", "member")  # fmt: skip


def answer(number: int, text: str = "") -> AssistantMessage:
    said = Text(text or f"answer {number}")
    return AssistantMessage(f"m_a{number}", NOW + number * 1000 + 500, (said,), "anthropic/claude-opus-4-6")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as house:
        yield house


async def spoken(house: House, *entries: Entry) -> None:
    """As the end of a turn leaves it."""
    await house.ledger.save_session(await house.sessions.change(KEY, "main", {}))
    await house.database.write(
        lambda tx: tx.execute(
            "INSERT INTO echoes (kind, target, lines, released) VALUES ('transcript', ?, ?, 1)",
            (KEY, encode_all(entries)),
        )
    )
    await house.sessions.take_released(KEY)


def test_a_thread_is_named_by_its_digits() -> None:
    assert thread_name(ADA) == NAME
    assert number_of(KEY) == ADA
    assert number_of("agent:main:main") is None
    assert number_of("agent:main:sms:direct:ada") is None


def test_a_line_is_what_people_read() -> None:
    looked = AssistantMessage("m_c", NOW, (Text("Let me look."), ToolCall("c1", "cron", {})), "x/y")
    lines = thread_lines([user(1), looked, answer(1, "One. **Two.** Three.")], "Telegram")
    assert [(line["role"], line["content"]) for line in lines] == [
        ("user", "question 1"),
        ("assistant", "One. Two. (more on Telegram)"),
    ]
    assert lines[0] == {
        "role": "user",
        "content": "question 1",
        "ts": "2026-02-27T09:00:01.000Z",
        "id": "m_u1",
    }


def test_what_the_file_lacks_comes_behind_what_both_hold() -> None:
    said = thread_lines([user(1), answer(1), user(2), answer(2)], None)
    assert missing(said, []) == said
    assert missing(said, said[:2]) == said[2:]
    assert missing(said, said) == []
    foreign = [{"role": "user", "content": "old", "ts": "2026-02-27T09:00:01.600Z"}]
    assert missing(said, foreign) == said[2:]


@pytest.mark.parametrize(("turns", "kept"), [(5, 11), (2, 5), (1, 3)])
def test_the_last_turns_and_the_new_message_are_kept(turns: int, kept: int) -> None:
    history: list[Entry] = [entry for number in range(5) for entry in (user(number), answer(number))]
    found = last_turns([*history, user(9)], turns)
    assert len(found) == kept
    assert isinstance(found[0], UserMessage)
    assert found[-1].id == "m_u9"


def test_several_texts_in_a_row_are_one_turn() -> None:
    history: list[Entry] = [user(1), user(2), answer(2), user(3), answer(3), user(4)]
    assert [entry.id for entry in last_turns(history, 1)] == ["m_u3", "m_a3", "m_u4"]


def test_our_session_ids_tell_when_they_were_made() -> None:
    assert 0 < began_at(new_id("ses")) < 4_000_000_000_000
    assert began_at("6f1c1f2e-0000") == 0


async def test_the_file_follows_the_conversation_and_each_line_is_written_once(house: House) -> None:
    files = StreamFiles(house.state / "streams")
    threads = Threads(files, house.sessions, None)
    await spoken(house, user(1), answer(1))
    await threads.keep_in_step(KEY)
    await spoken(house, user(2), answer(2))
    await threads.keep_in_step(KEY)
    await threads.keep_in_step(KEY)
    lines = [
        orjson.loads(line) for line in (house.state / "streams" / f"{NAME}.jsonl").read_bytes().splitlines()
    ]
    assert [line["content"] for line in lines] == ["question 1", "answer 1", "question 2", "answer 2"]
    assert lines[0].keys() == {"role", "content", "ts", "id"}


async def test_lines_of_another_system_come_before_what_the_conversation_holds(house: House) -> None:
    files = StreamFiles(house.state / "streams")
    path = house.state / "streams" / f"{NAME}.jsonl"
    path.parent.mkdir()
    path.write_text(
        '{"role":"user","content":"Did you book the dentist?","ts":"2025-04-25T08:14:22.412Z"}\n'
        '{"role":"assistant","content":"Yes, Tuesday.","ts":"2025-04-25T08:14:24.018Z"}\n'
        '{"role":"tool","content":"?","ts":"2025-04-25T08:14:24.018Z"}\nnonsense\n'
    )
    found = await Threads(files, house.sessions, None).recent(texted("And?", role="member"), [user(1)], NOW)
    assert [entry.text for entry in found if isinstance(entry, UserMessage | AssistantMessage)] == [
        "Did you book the dentist?",
        "Yes, Tuesday.",
        "question 1",
    ]
    assert isinstance(found[0], UserMessage)
    assert (found[0].sender, found[0].provenance) == (f"sms:{ADA}", "member")


async def test_what_was_said_before_a_new_conversation_is_left_out(house: House) -> None:
    files = StreamFiles(house.state / "streams")
    await files.append(NAME, thread_lines([user(1), answer(1), user(3), answer(3)], None))
    threads = Threads(files, house.sessions, None)
    found = await threads.recent(texted("And?", role="member"), [user(5)], NOW + 2000)
    assert [entry.id for entry in found] == ["m_u3", "m_a3", "m_u5"]


async def test_a_summed_up_conversation_speaks_for_itself(house: House) -> None:
    files = StreamFiles(house.state / "streams")
    await files.append(NAME, thread_lines([user(1), answer(1)], None))
    summed = Compaction("m_s", NOW + 2000, "They spoke of dentists.", "m_u3", 9000)
    found = await Threads(files, house.sessions, None).recent(texted("And?"), [summed, user(3)], 0)
    assert [entry.id for entry in found] == ["m_s", "m_u3"]


async def test_the_keeper_follows_turns_and_texts_and_catches_up_after_a_crash(house: House) -> None:
    files = StreamFiles(house.state / "streams")
    await spoken(house, user(1), answer(1))
    await sent(house, "o_1", "answer 1")
    keeper = ThreadKeeper(
        Threads(files, house.sessions, None), files, house.sessions, house.bus,
        SentTexts(house.database, {"default": OURS}),
    )  # fmt: skip

    async def holds(name: str, *contents: str) -> None:
        with anyio.fail_after(10):
            while [line["content"] for line in await files.newest(name, 10)] != list(contents):
                await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(keeper.run)
        await holds(NAME, "question 1", "answer 1")
        await holds(OUTBOUND, "answer 1")
        await spoken(house, user(2), answer(2))
        await sent(house, "o_2", "answer 2")
        with anyio.fail_after(10):
            while not house.bus._subscriptions.get(TurnFinished):
                await anyio.lowlevel.checkpoint()
        await house.bus.publish(TurnFinished("run_2", KEY, "answered", "answer 2"))
        await house.bus.publish(ReplySent("o_2", Address("sms", ADA), "t_1"))
        await holds(NAME, "question 1", "answer 1", "question 2", "answer 2")
        await holds(OUTBOUND, "answer 1", "answer 2")
        group.cancel_scope.cancel()
    (line, _) = await files.newest(OUTBOUND, 10)
    assert (line["from"], line["to"], line["type"]) == (OURS, ADA, "sms-outbound")
    assert line["meta"]["messageSid"] == "SM_o_1"


async def test_a_file_that_is_in_step_costs_no_look_at_its_conversation(house: House) -> None:
    files = StreamFiles(house.state / "streams")
    await spoken(house, user(1), answer(1))
    await Threads(files, house.sessions, None).keep_in_step(KEY)
    path = house.state / "streams" / f"{NAME}.jsonl"
    assert await files.changed_at(NAME) == path.stat().st_mtime_ns // 1_000_000
    read: list[str] = []

    class Watched(Threads):
        async def keep_in_step(self, session_key: str) -> None:
            read.append(session_key)

    watched = Watched(files, house.sessions, None)
    keeper = ThreadKeeper(watched, files, house.sessions, house.bus, SentTexts(house.database, {}))
    updated = int((house.sessions.find(KEY) or {})["updatedAt"])
    for at, expected in ((updated + 1, []), (updated, [KEY])):
        os.utime(path, ns=(at * 1_000_000, at * 1_000_000))
        await keeper._catch_up()
        assert read == expected


async def sent(house: House, name: str, text: str) -> None:
    await house.ledger.post(Draft(name, Address("sms", ADA), Part(text), 0, "reply", "member", "t_1"), None)
    await house.database.write(
        lambda tx: tx.execute(
            "UPDATE outbox SET state = 'sent', provider_id = 'SM_' || id, sent_at = '2026-02-27T09:00:00.000Z'"
            " WHERE id = ?",
            (name,),
        )
    )
