import json
import logging

import anyio
import anyio.lowlevel
import pytest

from openclaw.channels.salesmsg.channel import PATH, SalesmsgChannel
from openclaw.types.channel import WebhookRequest, WebhookRoute
from openclaw.types.errors import ChannelError, DeliveryError, StorageFullError
from openclaw.types.messages import Inbound
from tests.channels.salesmsg.house import TOKEN, Records, Reports, Secrets, Wishes, make_channel, outbound
from tests.fakes import FakeSalesmsg

FAKE = FakeSalesmsg()


def request(body: object, **query: str) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WebhookRequest("POST", PATH, {}, query or {"token": TOKEN}, raw)


async def listening(channel: SalesmsgChannel, records: Records) -> WebhookRoute:
    """The route once the channel has read its token."""
    (route,) = channel.routes(records.deliver)
    reports = Reports()
    async with anyio.create_task_group() as group:
        group.start_soon(channel.run, records.deliver, reports)
        assert (await reports.first()).condition == "connected"
        group.cancel_scope.cancel()
    return route


async def test_a_text_is_taken_in_noted_and_answered_with_200() -> None:
    records = Records()
    route = await listening(make_channel(records, agentId="aurora"), records)

    assert route.authentic(request(FAKE.received("Hello"))) is None
    answer = await route.handle(request(FAKE.received("Hello")))

    assert answer.status == 200
    (arrival,) = records.kept.values()
    assert isinstance(arrival.content, Inbound)
    assert arrival.content.agent == "aurora"
    assert records.noted == {("salesmsg", "sms.received", arrival.key): "+12015550123: Hello"}
    assert route.noted is not None
    assert route.noted(request(FAKE.received("Hello"))).event_key == arrival.key


async def test_nobody_is_believed_until_the_token_is_read() -> None:
    records = Records()
    (route,) = make_channel(records).routes(records.deliver)

    assert route.authentic(request(FAKE.received("Hello"))) == "not-ready"


async def test_what_is_not_understood_is_told_once_for_each_shape() -> None:
    records = Records()
    route = await listening(make_channel(records), records)

    for value in (1, 2, 3):
        assert (await route.handle(request({"event": "weather.changed", "degrees": value}))).status == 200
    await route.handle(request({"event": "tide.changed"}))

    assert [kind for kind, _ in records.alerts] == ["unclassified:salesmsg"] * 2
    assert "weather.changed" in records.alerts[0][1]
    assert len(records.kept) == 4


async def test_the_fate_of_our_message_is_passed_on() -> None:
    records = Records()
    route = await listening(make_channel(records), records)

    await route.handle(request(FAKE.status("5501")))

    assert [(each.provider_id, each.status) for each in records.receipts] == [("salesmsg:5501", "delivered")]


async def test_a_text_that_did_not_arrive_is_told() -> None:
    records = Records()
    route = await listening(make_channel(records), records)

    await route.handle(request(FAKE.status("5501", "failed")))

    ((kind, text),) = records.alerts
    assert kind == "send:salesmsg"
    assert "openclaw outbox list" in text


async def test_who_wants_no_texts_is_on_record_once() -> None:
    records, wishes = Records(), Wishes()
    route = await listening(make_channel(records, wishes=wishes), records)
    event = {"event": "contact.opted_out", "contact": {"number": "+12015550123"}}

    for at in ("09:00", "09:01"):
        await route.handle(request({**event, "at": at}))

    assert [each[:2] for each in wishes.without] == [("+12015550123", "salesmsg")]
    assert wishes.without[0][2] in records.kept


async def test_a_person_who_answers_in_salesmsg_is_noted_once_and_our_own_texts_are_not() -> None:
    records, wishes = Records(own={("+12015550123", "Ours.")}), Wishes()
    route = await listening(make_channel(records, wishes=wishes), records)

    for text, number in (("Ours.", 1), ("Theirs.", 2), ("Theirs.", 2)):
        for status in ("sent", "delivered"):
            await route.handle(request(FAKE.written(text, message_id=number, status=status)))

    assert wishes.people == [("+12015550123", "salesmsg", "default", "salesmsg:2")]
    assert records.noted["salesmsg", "sms.person", "salesmsg:2"] == "to +12015550123: Theirs."


async def test_nothing_is_noted_of_what_could_not_be_stored() -> None:
    records = Records()
    route = await listening(make_channel(records), records)
    records.failure = StorageFullError("full")

    with pytest.raises(StorageFullError):
        await route.handle(request(FAKE.received("Hello")))
    assert records.noted == {}


@pytest.mark.parametrize("token", [None, "short"])
async def test_without_a_good_token_there_is_no_route(
    token: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    records = Records()
    channel = make_channel(records, webhookToken=token)

    with caplog.at_level(logging.ERROR):
        assert channel.routes(records.deliver) == ()
    assert ("openssl rand -hex 16" in caplog.text) == (token is not None)
    with pytest.raises(ChannelError, match="webhookToken"):
        await channel.run(records.deliver, Reports())


@pytest.mark.parametrize("value", ["short", "", None])
async def test_a_reference_to_a_weak_token_serves_nobody(value: str | None) -> None:
    records = Records()
    secrets = Secrets({} if value is None else {"env:SALES": value})
    channel = make_channel(records, secrets, webhookToken="env:SALES")

    with pytest.raises(ChannelError, match="webhookToken"):
        await channel.run(records.deliver, Reports())
    (route,) = channel.routes(records.deliver)
    assert route.authentic(request({}, token=value or "")) == "not-ready"


async def test_a_changed_token_counts_soon_and_the_old_one_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.channels.salesmsg.channel.LOOK_AGAIN_SECONDS", 0.001)
    records, secrets, reports = Records(), Secrets({"env:SALES": TOKEN}), Reports()
    channel = make_channel(records, secrets, webhookToken="env:SALES")
    (route,) = channel.routes(records.deliver)
    newer = TOKEN[::-1]
    async with anyio.create_task_group() as group:
        group.start_soon(channel.run, records.deliver, reports)
        await reports.first()
        assert route.authentic(request({}, token=TOKEN)) is None
        secrets.values["env:SALES"] = newer
        with anyio.fail_after(5):
            while route.authentic(request({}, token=newer)) is not None:
                await anyio.lowlevel.checkpoint()
        assert route.authentic(request({}, token=TOKEN)) == "secret-wrong"
        group.cancel_scope.cancel()
    assert [state.condition for state in reports.seen] == ["connected"]


async def test_a_token_that_has_become_weak_serves_nobody_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.channels.salesmsg.channel.LOOK_AGAIN_SECONDS", 0.001)
    records, secrets = Records(), Secrets({"env:SALES": TOKEN})
    channel = make_channel(records, secrets, webhookToken="env:SALES")
    (route,) = channel.routes(records.deliver)

    def weaken(state: object) -> None:
        secrets.values["env:SALES"] = "short"

    with anyio.fail_after(5), pytest.raises(ChannelError, match="can be guessed"):
        await channel.run(records.deliver, weaken)
    assert route.authentic(request({}, token=TOKEN)) == "not-ready"


async def test_without_an_api_token_nothing_can_be_sent() -> None:
    with pytest.raises(DeliveryError, match="apiToken is not set") as refused:
        await make_channel(Records()).send(outbound("Hello"))
    assert refused.value.retry_after is None


async def test_a_text_is_sent_through_the_api() -> None:
    async with FakeSalesmsg() as salesmsg:
        channel = make_channel(Records(), apiToken=next(iter(salesmsg.tokens)), apiRoot=salesmsg.url)
        assert await channel.send(outbound("Hello")) == "salesmsg:5501"
        await channel.aclose()


def test_a_reply_is_plain_and_cut_into_texts() -> None:
    channel = make_channel(Records(), textChunkLimit=16)

    assert [part.text for part in channel.compose("**Yes.** “Come” by.")] == ['Yes. "Come" by.']
    assert all(len(part.text) <= 16 for part in channel.compose("word " * 20))
    assert channel.compose("") == []
