from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.pairing import PairingStore
from openclaw.gateway.phone.bootstrap import Bootstrap
from openclaw.gateway.phone.dual import DualDispatch, DualParts, DualRules
from openclaw.llm.chat import Reply, Request
from openclaw.store.screening import ScreeningLog
from openclaw.types.conversation import Text
from openclaw.types.events import TraceRecorded
from openclaw.types.messages import Address, Arrival, Inbound, Sender
from tests.gateway.harness import (
    MAIN,
    MEMBER,
    OWNER,
    PER_PEER,
    STRANGER,
    House,
    Plan,
    open_house,
    said,
    to,
)
from tests.gateway.phone.switchboard import ADA, BEN, OURS, Telephone
from tests.gateway.scripted import NOW, ControlledClock, says


async def ends(house: House) -> list[tuple[Any, ...]]:
    return [
        tuple(row.values()) for row in await house.rows("SELECT state, reason, role FROM inbox ORDER BY seq")
    ]


async def test_the_owners_message_is_answered(house: House) -> None:
    house.model.will(says("It is 22°C."))

    await house.receive(said("What's the weather like in Sydney?"))
    await house.settled()

    assert house.channel.texts(OWNER) == ["It is 22°C."]
    assert await ends(house) == [("answered", "", "owner")]


async def test_a_stranger_gets_one_pairing_text_and_no_model_call(house: House) -> None:
    await house.receive(said("hello?", STRANGER, number=1))
    await house.receive(said("anybody there?", STRANGER, number=2))
    await house.settled()

    (request,) = await house.pairing.pending()
    (text,) = house.channel.texts()
    assert f"Pairing code: {request.code}" in text
    assert house.channel.sent[0].to == to(STRANGER)
    assert request.meta["name"] == "Ada"
    assert await ends(house) == [("refused", "pairing", "stranger")] * 2
    assert house.model.requests == []


async def test_once_approved_a_stranger_is_answered_as_a_member(house: House) -> None:
    await house.receive(said("hello?", STRANGER, number=1))
    await house.settled()

    await house.pairing.approve((await house.pairing.pending())[0].code)
    await house.receive(said("hello again", STRANGER, number=2))
    await house.settled()

    assert (await ends(house))[1] == ("answered", "", "member")


async def test_a_code_whose_message_was_never_written_is_told_after_the_restart(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        await house.receive(said("hello?", STRANGER))
        # The request is in its file; the power goes before the ledger has the message with the code.
        (row,) = await house.ledger.accepted(1)
        code = await house.pairing.request(STRANGER, {"name": "Ada", "event": row.key})

    async with open_house(state_dir) as house, house.working():
        await house.settled()
        (text,) = house.channel.texts(STRANGER)

    assert code is not None
    assert code in text


async def test_a_request_that_cannot_be_kept_is_refused_in_silence_and_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await anyio.Path(house.state / "credentials").touch()

    await house.receive(said("hello?", STRANGER))
    await house.settled()

    assert await ends(house) == [("refused", "pairing", "stranger")]
    assert house.channel.sent == []
    assert "could not be kept" in caplog.text


@pytest.mark.parametrize(
    ("policy", "chat_type", "reason"),
    [
        (AccessPolicy("allowlist", frozenset({OWNER})), "direct", "not_on_allowlist"),
        (AccessPolicy("disabled"), "direct", "dm_disabled"),
        (AccessPolicy("open"), "group", "group_not_enabled"),
    ],
)
async def test_who_is_refused_hears_nothing_and_leaves_a_trace(
    state_dir: Path, policy: AccessPolicy, chat_type: str, reason: str
) -> None:
    async with open_house(state_dir, Plan(policy=policy)) as house, house.working():
        await house.receive(said("let me in", STRANGER, chat_type=chat_type))
        await house.settled()

        assert await ends(house) == [("refused", reason, "stranger")]
        (trace,) = await house.ledger.recent_traces(5)
        assert (trace["outcome"], trace["reason"]) == ("refused", reason)
        await house.changes.until(
            lambda: [event.outcome for event in house.told(TraceRecorded)] == ["refused"]
        )
        assert (house.channel.sent, house.model.requests) == ([], [])


async def test_an_account_without_a_policy_lets_nobody_in(house: House) -> None:
    await house.receive(replace(said("hi", account="other"), account="other"))
    await house.settled()

    assert await ends(house) == [("refused", "dm_disabled", "stranger")]


async def test_an_event_that_cannot_be_sorted_ends_dead_and_keeps_nobody_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(self: PairingStore, sender: str) -> frozenset[str]:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(PairingStore, "paired", broken)

    await house.receive(said("hello?", STRANGER, number=1), said("hi", number=2))
    await house.settled()

    assert await ends(house) == [("dead", "internal_error", "stranger"), ("answered", "", "owner")]
    assert "a mistake of ours" in caplog.text


async def test_the_owners_messages_cost_no_look_at_the_pairing_files(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    async def note(self: PairingStore, sender: str) -> frozenset[str]:
        looked.append(sender)
        return frozenset()

    monkeypatch.setattr(PairingStore, "paired", note)

    await house.receive(said("hi", OWNER, number=1), said("hi", STRANGER, number=2))
    await house.settled()

    assert looked == [STRANGER]


async def test_a_thousand_messages_at_once_all_end_and_each_session_in_its_order(state_dir: Path) -> None:
    people = [str(900 + number) for number in range(20)]
    policy = AccessPolicy("allowlist", frozenset(people))

    async def echo(request: Request) -> Reply:
        (block,) = request.messages[-1].blocks
        assert isinstance(block, Text)
        return says(f"to {block.text}")

    async with open_house(state_dir, Plan(policy=policy, session=PER_PEER)) as house, house.working():
        house.model.otherwise = echo
        messages = [said(f"{number}", people[number % 20], number=number) for number in range(1000)]
        for start in range(0, 1000, 100):
            await house.receive(*messages[start : start + 100])
        await house.until_rows(
            "SELECT state, count(*) FROM inbox GROUP BY state HAVING state <> 'answered'", [], 60
        )
        await house.settled()

        assert await house.column("SELECT count(*) FROM traces WHERE outcome = 'answered'") == [1000]
        for index, person in enumerate(people):
            assert house.channel.texts(person) == [f"to {number}" for number in range(index, 1000, 20)]


async def test_a_message_that_waits_is_taken_up_by_the_next_life(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        await house.receive(said("one", number=1), said("two", number=2))

    later = ControlledClock(NOW + 1_000)
    async with open_house(state_dir, clock=later) as house, house.working():
        await house.settled()
        assert len(house.channel.texts(OWNER)) == 2
        (_, older) = await house.ledger.recent_traces(5)

    assert any(span.get("restarted") for span in older["spans"])  # type: ignore[attr-defined]


async def test_messages_admitted_before_a_restart_do_not_wait_for_the_next_one(state_dir: Path) -> None:
    plan = Plan(policy=AccessPolicy("open"), session=PER_PEER)
    async with open_house(state_dir, plan) as house:
        async with anyio.create_task_group() as group:
            group.start_soon(house.dispatch.run)  # nobody works in the lanes
            await house.receive(said("one", MEMBER, number=1))
            await house.until_rows("SELECT state FROM inbox", ["queued"])
            group.cancel_scope.cancel()

    async with open_house(state_dir, plan) as house, house.working():
        await house.settled()
        assert house.channel.texts(MEMBER) == ["Yes."]


def texted(text: str, sender: str, number: int) -> Arrival:
    message = Inbound(
        "sms", Sender(sender), text, 0, reply_to=Address("sms", sender), message_id=f"SM{number}"
    )
    return Arrival(f"sms:SM{number}", "sms", "default", text.encode(), message, number)


async def test_a_text_is_kept_or_answered_by_the_list_and_its_answer_echoed_when_sent(house: House) -> None:
    phone = Telephone(house.state, house.clock)
    await phone.book.add(ADA, "api")
    screening = ScreeningLog(house.database, house.clock)
    trust = Bootstrap(phone.book, phone.marks, house.clock, None)
    parts = DualParts(phone.book, trust, phone.vault, phone.log, screening, house.ledger, house.bus)
    house.dispatch._dual = DualDispatch(parts, DualRules({"default": OURS}, "Telegram"))
    assert isinstance(house.dispatch._policies, dict)
    house.dispatch._policies["sms", "default"] = AccessPolicy("stream")
    house.model.will(says("One. Two. **Three.**"))

    await house.receive(texted("Hello?", BEN, 1), texted("Did you book?", ADA, 2), texted("STOP", BEN, 3))
    await house.until_rows("SELECT count(*) FROM inbox WHERE finished_at IS NULL", [0])
    await house.until_rows("SELECT count(*) FROM echoes WHERE released = 1", [0])

    assert await ends(house) == [
        ("ignored", "stream", "stranger"),
        ("answered", "", "member"),
        ("ignored", "opt_out", "stranger"),
    ]
    assert len(house.model.requests) == 1
    assert [line["content"] for line in await phone.streams.newest("sms", 9)] == ["Hello?"]
    (sent,) = await house.rows("SELECT id, text FROM outbox WHERE purpose = 'reply'")
    assert sent["text"] == "One. Two. (more on Telegram)"
    assert "One. Two. **Three.**" in str(await house.transcript(f"agent:main:sms:direct:{ADA}"))
    (echo,) = await house.rows("SELECT outbox_id, target, lines FROM echoes WHERE released = 0")
    assert (echo["outbox_id"], echo["target"]) == (sent["id"], MAIN)
    assert f"[SMS from {ADA}]\\n> Did you book?\\n\\nReply: One. Two. (more on Telegram)" in echo["lines"]
    assert house.sessions.find(MAIN) is not None

    house.dispatch._policies["sms", "default"] = AccessPolicy("open")
    await house.receive(texted("You have won! Claim your prize: http://bit.ly/3xYz", BEN, 4))
    await house.until_rows("SELECT count(*) FROM inbox WHERE finished_at IS NULL", [0])
    assert (await ends(house))[-1] == ("ignored", "spam", "stranger")
