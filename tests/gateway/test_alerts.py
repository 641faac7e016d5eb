from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import pytest

from openclaw.gateway.alert_rules import BURST, DEAD_MS, EVERY_MS
from openclaw.gateway.alerts import AlertParts, Alerts, one_each
from openclaw.gateway.discord import Discord
from openclaw.net.door import Door
from openclaw.types.channel import ChannelState
from openclaw.types.errors import DeliveryError
from openclaw.types.events import Alerted, ChannelChanged, SendFailed, SendInDoubt, TurnFinished
from openclaw.types.messages import Address
from openclaw.types.secrets import Secret, SecretRef
from tests.fakes import FakeDiscord
from tests.gateway.harness import OWNER, TELEGRAM, House, said, to
from tests.gateway.scripted import says


class Plain:
    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        return Secret(reference.text)


@dataclass
class Desk:
    alerts: Alerts
    heard: list[Alerted]
    house: House

    async def wait_heard(self, count: int) -> list[str]:
        await self.house.changes.until(lambda: len(self.heard) >= count)
        return [event.text for event in self.heard]

    async def seen(self, *events: ChannelChanged | SendFailed | SendInDoubt | TurnFinished) -> None:
        """Published, and looked at by the watcher."""
        for event in events:
            await self.house.bus.publish(event)
        await anyio.wait_all_tasks_blocked()


@asynccontextmanager
async def opened(house: House, discord: Discord | None = None) -> AsyncIterator[Desk]:
    parts = AlertParts(house.ledger, house.bus, {TELEGRAM: house.channel}, house.clock, [to(OWNER)], discord)
    desk = Desk(Alerts(parts), [], house)

    async def listen() -> None:
        with house.bus.subscribe(Alerted, lossless=True) as events:
            async for event in events:
                assert isinstance(event, Alerted)
                desk.heard.append(event)
                house.changes.notify()

    async with anyio.create_task_group() as group:
        group.start_soon(listen)
        group.start_soon(desk.alerts.run)
        await anyio.wait_all_tasks_blocked()
        yield desk
        group.cancel_scope.cancel()


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    async with opened(house) as made:
        yield made


async def test_an_alert_reaches_the_bus_the_owners_chat_and_discord(house: House) -> None:
    door = Door()
    async with FakeDiscord() as server:
        async with opened(house, Discord(door, Plain(), SecretRef(server.webhook_url))) as desk:
            await desk.alerts.alert("budget:perDay", "A budget is spent.")
            await server.wait_said(1)
            await house.until_sent("⚠️ A budget is spent.")
    await door.aclose()

    assert server.said == ["A budget is spent."]
    assert [sent.to for sent in house.channel.sent] == [to(OWNER)]
    assert [(event.kind, event.text) for event in desk.heard] == [("budget:perDay", "A budget is spent.")]


async def test_what_its_author_has_told_the_owner_himself_is_not_told_twice(house: House, desk: Desk) -> None:
    await desk.alerts.alert("bootstrap-trust", "Somebody is authorised.")
    await desk.alerts.alert("disk full", "Free some space.")
    await house.until_sent("⚠️ Free some space.")
    assert await desk.wait_heard(2) == ["Somebody is authorised.", "Free some space."]
    assert len(house.channel.sent) == 1


async def test_repeats_of_a_kind_are_held_back_and_told_together(desk: Desk) -> None:
    for number in range(4):
        await desk.alerts.alert("send:sms", f"failure {number}")
    await desk.alerts.alert("disk", "full")
    assert await desk.wait_heard(2) == ["failure 0", "full"]

    desk.house.clock.advance(EVERY_MS / 1000)
    await desk.alerts.look()

    assert (await desk.wait_heard(3))[2] == "failure 3 (2 more like this since the last alert)"


async def test_a_message_that_is_given_up_is_told_with_the_way_to_send_it_again(desk: Desk) -> None:
    await desk.seen(SendFailed("o_1", Address("sms", "+12015550123"), "error 30034", 3))

    (text,) = await desk.wait_heard(1)
    assert "sms to +12015550123 is given up after 3 tries: error 30034" in text
    assert "openclaw outbox resend o_1" in text


async def test_a_message_of_which_nobody_knows_whether_it_arrived_is_told(house: House, desk: Desk) -> None:
    await desk.seen(SendInDoubt("o_1", Address("sms", "+12015550123")), SendInDoubt("al_1", to(OWNER)))

    (text,) = await desk.wait_heard(1)
    assert "sms to +12015550123 may have arrived or not" in text
    assert "openclaw outbox drop o_1" in text


async def test_an_alert_that_does_not_arrive_raises_no_other(house: House, desk: Desk) -> None:
    house.channel.will_raise(OWNER, DeliveryError(to(OWNER), "blocked by the user"))

    await desk.alerts.alert("budget:perDay", "spent")
    await house.until_rows("SELECT state FROM outbox", ["failed"])
    await anyio.wait_all_tasks_blocked()

    assert len(desk.heard) == 1


async def test_a_refused_answer_of_the_house_is_told(house: House, desk: Desk) -> None:
    house.channel.will_raise(OWNER, DeliveryError(to(OWNER), "blocked by the user"))
    house.model.will(says("Hello"))

    await house.receive(said("Hi"))

    assert "blocked by the user" in (await desk.wait_heard(1))[0]


async def test_a_channel_that_fails_for_long_is_told_once(desk: Desk) -> None:
    def changed(condition: str, reason: str = "") -> ChannelChanged:
        return ChannelChanged("sms", "default", ChannelState(condition, reason))  # type: ignore[arg-type]

    await desk.seen(changed("failing", "first"), changed("failing", "no route"))
    desk.house.clock.advance(DEAD_MS / 1000)
    await desk.alerts.look()
    assert desk.heard == []
    desk.house.clock.advance(0.001)
    await desk.alerts.look()
    await desk.alerts.look()
    assert await desk.wait_heard(1) == ["sms has not worked for 10 minutes: no route"]

    await desk.seen(changed("starting"), changed("connected"), changed("connected"))
    assert (await desk.wait_heard(2))[1] == "sms works again."
    desk.house.clock.advance(2 * DEAD_MS / 1000)
    await desk.alerts.look()
    assert len(desk.heard) == 2


async def test_many_bad_signatures_are_told_for_each_channel(desk: Desk) -> None:
    for _ in range(BURST - 1):
        await desk.alerts.refused("sms", "/sms", "bad-signature")
        await desk.alerts.refused("quo", "/webhooks/quo", "not-ready")
    assert desk.heard == []

    await desk.alerts.refused("sms", "/sms", "bad-signature")
    (text,) = await desk.wait_heard(1)
    assert "/sms" in text
    assert "openclaw webhooks list" in text


async def test_a_spent_budget_is_told_by_its_cap(desk: Desk) -> None:
    for reason in ("budget: perDay", "budget: perDay", "budget: perTurn", "queue_full"):
        await desk.seen(TurnFinished("r", "agent:main:main", "answered", "I have used it up.", reason))

    assert [event.kind for event in desk.heard] == ["budget:perDay", "budget:perTurn"]
    assert "budgets.perDay" in desk.heard[0].text


async def test_a_discord_that_is_slow_keeps_nothing_from_the_owner(house: House) -> None:
    door = Door()
    async with FakeDiscord() as server:
        held = server.hold()
        async with opened(house, Discord(door, Plain(), SecretRef(server.webhook_url))) as desk:
            await desk.alerts.alert("disk", "first")
            await desk.alerts.alert("budget:perDay", "second")
            await house.until_sent("⚠️ first", "⚠️ second")
            held.release()
            await server.wait_said(2)
    await door.aclose()


async def test_a_full_disk_is_told_once_past_the_outbox(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(desk.house.ledger), "is_full", property(lambda ledger: True))

    await desk.alerts.look()
    await desk.alerts.look()

    await anyio.wait_all_tasks_blocked()
    assert [event.kind for event in desk.heard] == ["disk"]
    (told,) = desk.house.channel.texts()
    assert told.startswith("⚠️ The disk of")
    desk.house.channel.will_raise(OWNER, DeliveryError(to(OWNER), "blocked by the user"))
    await desk.alerts.alert("other", "It goes on.")
    await desk.alerts.alert("another", "And on.")
    await desk.house.until_sent(told, "⚠️ And on.")


async def test_a_channel_that_fails_in_its_own_way_silences_no_later_alert(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compose = desk.house.channel.compose
    monkeypatch.setattr(desk.house.channel, "compose", lambda text: compose(text) if "two" in text else 1 / 0)

    await desk.alerts.alert("one", "alert one")
    await desk.alerts.alert("two", "alert two")
    await desk.house.until_sent("⚠️ alert two")

    assert "an alert was not told" in caplog.text


def test_an_owner_with_several_bots_is_told_by_the_first() -> None:
    owners = [to("1"), Address("telegram", "1", "work"), to("2"), Address("whatsapp", "1")]

    assert one_each(owners) == [to("1"), to("2"), Address("whatsapp", "1")]
