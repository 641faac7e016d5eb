from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw.compliance import gates
from openclaw.gateway.delivery import DeliveryRules, wait_seconds
from openclaw.sessions.lines import encode
from openclaw.store.echoes import Echo
from openclaw.store.outbox import Draft
from openclaw.types.conversation import Note
from openclaw.types.errors import AmbiguousDeliveryError, DeliveryError
from openclaw.types.events import ReplyReady, ReplySent
from openclaw.types.ids import new_id
from openclaw.types.messages import Part, Role
from openclaw.types.sending import Facts, SendIntent, Verdict
from tests.gateway.harness import MAIN, MEMBER, OWNER, House, Plan, open_house, said, to
from tests.gateway.scripted import NOW, says

ALARM = "openclaw.gateway.delivery.Delivery._wake_at.<locals>.wait"
STATES = "SELECT state FROM outbox ORDER BY seq"


async def post(house: House, text: str, chat: str = OWNER, audience: Role = "owner", **more: Any) -> str:
    """A message in the outbox, announced."""
    draft = Draft(new_id("o"), to(chat), Part(text), 0, "reply", audience, "t_1")
    await house.ledger.post(draft, None, **more)
    await house.bus.publish(ReplyReady(draft.to))
    return draft.id


def refusal(retry_after: float | None) -> DeliveryError:
    return DeliveryError(to(OWNER), "Too Many Requests", retry_after=retry_after)


def doubt() -> AmbiguousDeliveryError:
    return AmbiguousDeliveryError(to(OWNER), "no answer in time")


# -- order and retries ------------------------------------------------------------------------------------


async def test_messages_for_one_address_leave_in_order(house: House) -> None:
    for number in range(20):
        await post(house, str(number))

    await house.until_rows(STATES, ["sent"] * 20)

    assert house.channel.texts(OWNER) == [str(number) for number in range(20)]


async def test_the_parts_of_a_long_reply_leave_in_order(house: House) -> None:
    house.channel.limit = 4
    house.model.will(says("abcdefghij"))

    await house.receive(said("hi"))
    await house.settled()

    assert house.channel.texts() == ["abcd", "efgh", "ij"]
    assert house.channel.sent[0].part.rich == "<p>abcd</p>"


async def test_a_message_is_being_sent_before_its_first_byte_leaves(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []

    async def look(message: object) -> str:
        seen.extend(await house.rows("SELECT state, attempts, boot_id FROM outbox"))
        return "17"

    monkeypatch.setattr(house.channel, "send", look)
    outbox_id = await post(house, "hi")
    await house.changes.until(lambda: bool(house.told(ReplySent)))

    assert seen == [{"state": "sending", "attempts": 1, "boot_id": "boot_1"}]
    assert await house.rows("SELECT state, provider_id FROM outbox") == [
        {"state": "sent", "provider_id": "17"}
    ]
    assert house.told(ReplySent) == [ReplySent(outbox_id, to(OWNER), "t_1")]


async def test_a_chat_that_must_wait_waits_alone_and_keeps_its_order(house: House) -> None:
    house.channel.will_raise(OWNER, refusal(30))
    await post(house, "one")
    await house.until_rows("SELECT retry_at IS NOT NULL FROM outbox", [1])
    await post(house, "two")
    await post(house, "elsewhere", MEMBER)
    await house.until_rows(STATES, ["pending", "pending", "sent"])
    house.clock.advance(29)
    house.delivery.wake(to(OWNER))
    await anyio.wait_all_tasks_blocked()
    assert house.channel.texts() == ["elsewhere"]

    house.clock.advance(1.5)
    house.delivery.wake(to(OWNER))
    await house.until_rows(STATES, ["sent"] * 3)

    assert house.channel.texts(OWNER) == ["one", "two"]


async def test_however_many_messages_wait_one_alarm_is_set_for_their_chat(house: House) -> None:
    house.channel.will_raise(OWNER, refusal(30))
    await post(house, "one")
    await house.until_rows("SELECT retry_at IS NOT NULL FROM outbox", [1])
    for number in range(10):
        await house.delivery._lanes.rest()
        await post(house, str(number))
        house.delivery.wake(to(OWNER))
    await house.delivery._lanes.rest()

    assert [task.name for task in anyio.get_running_tasks() if "_wake_at" in str(task.name)] == [ALARM]


async def test_a_message_that_no_attempt_delivers_is_given_up(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(rules=DeliveryRules(attempts=3))) as house, house.working():
        house.channel.will_raise(OWNER, *[refusal(30)] * 3)
        await post(house, "hi")
        for attempt in (1, 2):
            await house.until_rows(
                "SELECT attempts FROM outbox WHERE state = 'pending' AND retry_at IS NOT NULL", [attempt]
            )
            house.clock.advance(60)
            house.delivery.wake(to(OWNER))

        await house.until_rows(STATES, ["failed"])
        assert (len(house.channel.offered), house.channel.sent) == (3, [])


async def test_what_can_never_be_delivered_is_given_up_at_once_and_the_next_message_leaves(
    house: House,
) -> None:
    house.channel.will_raise(OWNER, DeliveryError(to(OWNER), "Forbidden: bot was blocked by the user"))
    await post(house, "one")
    await post(house, "two")

    await house.until_rows(STATES, ["failed", "sent"])

    assert await house.column("SELECT reason FROM outbox") == ["Forbidden: bot was blocked by the user", ""]


@pytest.mark.parametrize(
    ("attempts", "asked", "chance", "seconds"),
    [
        (1, 0.0, 0.0, 1.0),
        (1, 0.0, 1.0, 1.25),
        (4, 0.0, 0.0, 8.0),
        (4, 30.0, 0.0, 30.0),
        (20, 0.0, 0.0, 300.0),
        (20, 3600.0, 1.0, 3600.0),
        (5000, 0.0, 0.0, 300.0),
    ],
)
def test_the_wait_doubles_up_to_five_minutes_and_never_undercuts_what_was_asked(
    attempts: int, asked: float, chance: float, seconds: float
) -> None:
    assert wait_seconds(attempts, asked, chance) == seconds


# -- another life -----------------------------------------------------------------------------------------


async def test_what_nobody_had_begun_to_send_leaves_in_the_next_life(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        await post(house, "hi")

    async with open_house(state_dir, Plan(boot="boot_2")) as house, house.working():
        await house.until_rows(STATES, ["sent"])
        assert house.channel.texts() == ["hi"]


async def test_a_message_waits_until_its_channel_is_configured_again(state_dir: Path) -> None:
    async with open_house(state_dir, Plan(channels=False)) as house, house.working():
        await post(house, "hi")
        await house.delivery.finish()
        assert await house.column(STATES) == ["pending"]

    async with open_house(state_dir, Plan(boot="boot_2")) as house, house.working():
        await house.until_rows(STATES, ["sent"])


# -- gates ------------------------------------------------------------------------------------------------


async def test_a_gate_that_objects_blocks_the_message_and_no_other(
    state_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_house(state_dir, Plan(secrets=frozenset({"sk-ant-1"}))) as house, house.working():
        await post(house, "it is sk-ant-1")
        await post(house, "two")

        await house.until_rows(STATES, ["refused", "sent"])
        assert await house.column("SELECT reason FROM outbox") == ["response-generator: secret", ""]
        assert "block by response-generator" in caplog.text
        assert "sk-ant-1" not in caplog.text


async def test_a_gate_that_fails_lets_nothing_through(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(intent: SendIntent, facts: Facts) -> Verdict:
        raise ZeroDivisionError

    monkeypatch.setattr(gates, "decide", broken)
    await post(house, "hi")

    await house.until_rows(STATES, ["refused"])
    assert house.channel.offered == []
    assert "ZeroDivisionError" in caplog.text


async def test_a_gate_that_defers_holds_the_chat_until_then_and_nobody_needs_to_wake_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quiet_hours(intent: SendIntent, facts: Facts) -> Verdict:
        if facts.now < NOW + 20:
            return Verdict("defer", "compliance-gate", "quiet_hours", until=NOW + 20)
        return Verdict("allow")

    monkeypatch.setattr(gates, "decide", quiet_hours)
    await post(house, "hi")
    await house.until_rows("SELECT reason FROM outbox", ["compliance-gate: quiet_hours"])

    house.clock.advance(0.02)

    await house.until_rows(STATES, ["sent"])


# -- what follows from a send -----------------------------------------------------------------------------


def note(text: str, after: str) -> Echo:
    return Echo("transcript", MAIN, encode(Note(new_id("m"), NOW, text, "sms:+12015550123")).decode(), after)


async def test_a_note_lands_in_the_transcript_when_its_message_was_sent(house: House) -> None:
    await house.receive(said("hi"))
    await house.settled()
    draft = Draft("o_1", to(MEMBER), Part("On my way."), 0, "reply", "member", "t_1")

    await house.ledger.post(draft, None, note("told them", "o_1"))
    await house.bus.publish(ReplyReady(draft.to))
    await house.settled()

    last = (await house.transcript())[-1]
    assert (last["kind"], last["content"]) == ("note", "told them")


async def test_a_note_of_a_message_that_failed_is_never_written(house: House) -> None:
    await house.receive(said("hi"))
    await house.settled()
    house.channel.will_raise(MEMBER, DeliveryError(to(MEMBER), "Forbidden"))
    draft = Draft("o_1", to(MEMBER), Part("On my way."), 0, "reply", "member", "t_1")

    await house.ledger.post(draft, None, note("told them", "o_1"))
    await house.bus.publish(ReplyReady(draft.to))
    await house.until_rows("SELECT state FROM outbox WHERE id = 'o_1'", ["failed"])

    assert await house.column("SELECT count(*) FROM echoes") == [0]
    assert "note" not in {line.get("kind") for line in await house.transcript()}


async def test_a_transcript_that_cannot_be_written_stops_no_delivery(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def no_room(key: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(house.sessions, "take_released", no_room)
    draft = Draft("o_1", to(OWNER), Part("one"), 0, "reply", "owner", "t_1")
    await house.ledger.post(draft, None, note("told them", "o_1"))
    await house.bus.publish(ReplyReady(draft.to))
    await post(house, "two")

    await house.until_rows(STATES, ["sent", "sent"])
    assert "the ledger keeps its lines" in caplog.text


async def test_every_attempt_is_in_the_trace(house: House) -> None:
    house.channel.will_raise(OWNER, refusal(30))
    await house.receive(said("hi"))
    await house.until_rows("SELECT retry_at IS NOT NULL FROM outbox", [1])
    house.clock.advance(60)
    house.delivery.wake(to(OWNER))
    await house.settled()

    (trace,) = await house.ledger.recent_traces(1)
    spans: Any = trace["spans"]
    refused, sent = (span for span in spans if span["name"] == "send")
    assert refused["refused"] == "Too Many Requests"
    assert (sent["channel"], sent["providerId"], sent["attempts"]) == ("telegram", "1", 2)


async def test_at_the_end_what_is_due_is_still_offered_and_what_comes_later_is_not(house: House) -> None:
    await post(house, "hi")
    await house.until_rows(STATES, ["sent"])
    await house.ledger.post(Draft("o_1", to(OWNER), Part("bye"), 0, "reply", "owner", "t_1"), None)

    await house.delivery.finish()
    await post(house, "too late")
    await anyio.wait_all_tasks_blocked()

    assert await house.column(STATES) == ["sent", "sent", "pending"]
