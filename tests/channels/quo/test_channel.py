import json
import logging
import time
from dataclasses import replace

import anyio
import pytest

from openclaw.channels.quo.channel import PATH, QuoChannel
from openclaw.channels.quo.config import QuoConfig
from openclaw.types.channel import ChannelState, Reconciling, WebhookRequest, WebhookRoute
from openclaw.types.clock import SystemClock
from openclaw.types.errors import AmbiguousDeliveryError, ChannelError, DeliveryError
from openclaw.types.messages import Address, Inbound, Outbound, Part
from tests.channels.salesmsg.house import Records, Secrets, Wishes, parts
from tests.fake.quo import NEW_KEY, OLD_KEY, FakeQuo, legacy, received, standard


def made(records: Records, **config: object) -> QuoChannel:
    handed = replace(parts(records), clock=SystemClock())
    given = {"signingKeys": [OLD_KEY, NEW_KEY], "apiKey": "quo-api-key-0001", "agentId": "aurora", **config}
    return QuoChannel(QuoConfig.model_validate(given), handed)


async def listening(channel: QuoChannel, records: Records) -> WebhookRoute:
    """The route once the channel has read its keys."""
    (route,) = channel.routes(records.deliver)
    ready = anyio.Event()

    def report(state: ChannelState) -> None:
        assert state.condition == "connected"
        ready.set()

    async with anyio.create_task_group() as group:
        group.start_soon(channel.run, records.deliver, report)
        await ready.wait()
        group.cancel_scope.cancel()
    return route


def request(event: object, *, new: bool = True) -> WebhookRequest:
    raw = json.dumps(event).encode()
    return WebhookRequest("POST", PATH, standard(raw) if new else legacy(raw), {}, raw)


def outbound(text: str, *, thread: str | None = "PN123") -> Outbound:
    return Outbound("o_1", Address("quo", "+12015550123", thread=thread), Part(text))


@pytest.mark.parametrize("new", [True, False])
async def test_a_signed_text_is_taken_in_and_noted(new: bool) -> None:
    records = Records()
    route = await listening(made(records), records)

    assert route.authentic(request(received("Hello"), new=new)) is None
    assert (await route.handle(request(received("Hello"), new=new))).status == 200

    (arrival,) = records.kept.values()
    assert isinstance(arrival.content, Inbound)
    assert route.noted is not None
    assert route.noted(request(received("Hello"))).event_key == arrival.key
    assert records.noted == {("quo", "sms.received", arrival.key): "+12015550123: Hello"}


async def test_an_old_or_unsigned_text_is_refused() -> None:
    records = Records()
    route = await listening(made(records), records)
    raw = json.dumps(received("Hello")).encode()

    old = WebhookRequest("POST", PATH, standard(raw, at=int(time.time()) - 400), {}, raw)
    assert route.authentic(old) == "signature-expired"
    assert route.authentic(WebhookRequest("POST", PATH, {}, {}, raw)) == "signature-missing"


async def test_calls_and_unknown_events_are_noted_once() -> None:
    records = Records()
    route = await listening(made(records), records)
    call = {"id": "EV2", "type": "call.completed", "data": {"resource": {"id": "CA1", "duration": 5}}}

    for event in (call, call, {"id": "EV3", "type": "tide.changed"}, {"id": "EV4", "type": "tide.changed"}):
        await route.handle(request(event))

    assert ("quo", "call.completed", "CA1") in records.noted
    assert [kind for kind, _ in records.alerts] == ["unclassified:quo"]
    assert len(records.kept) == 3


async def test_the_fate_of_our_message_is_passed_on() -> None:
    records = Records()
    route = await listening(made(records), records)

    await route.handle(
        request({"id": "EV6", "type": "message.delivered", "data": {"resource": {"id": "AC1"}}})
    )

    assert [(each.provider_id, each.status) for each in records.receipts] == [("AC1", "delivered")]


async def test_a_text_that_did_not_arrive_is_told() -> None:
    records = Records()
    route = await listening(made(records), records)
    resource = {"id": "AC1", "status": "undelivered"}

    await route.handle(request({"id": "EV6", "type": "message.delivered", "data": {"resource": resource}}))

    assert [kind for kind, _ in records.alerts] == ["send:quo"]


async def test_a_person_who_answers_in_quo_is_noted_once_and_our_own_texts_are_not() -> None:
    records, wishes = Records(own={("+12015550123", "Ours.")}), Wishes()
    channel = QuoChannel(
        QuoConfig.model_validate({"signingKeys": [NEW_KEY]}),
        replace(parts(records, wishes=wishes), clock=SystemClock()),
    )
    route = await listening(channel, records)

    for name, text in (("AC1", "Ours."), ("AC2", "Theirs."), ("AC2", "Theirs.")):
        resource = {
            "id": name, "to": ["+12015550123"], "text": text, "userId": "US1", "direction": "outgoing",
        }  # fmt: skip
        await route.handle(request({"type": "message.delivered", "data": {"resource": resource}}))

    assert wishes.people == [("+12015550123", "quo", "default", "AC2")]


async def test_nobody_is_believed_until_the_keys_are_read() -> None:
    records = Records()
    (route,) = made(records).routes(records.deliver)

    assert route.authentic(request(received("Hello"))) == "not-ready"


async def test_keys_that_are_gone_or_changed_no_longer_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openclaw.channels.quo.channel.LOOK_AGAIN_SECONDS", 0.001)
    records, secrets = Records(), Secrets({"env:QUO": OLD_KEY})
    config = QuoConfig.model_validate({"signingKeys": ["env:QUO"]})
    channel = QuoChannel(config, replace(parts(records, secrets), clock=SystemClock()))
    (route,) = channel.routes(records.deliver)

    def change(state: ChannelState) -> None:
        assert route.authentic(request(received("Hello"), new=False)) is None
        secrets.values["env:QUO"] = "short"

    with anyio.fail_after(5), pytest.raises(ChannelError, match="signingKeys"):
        await channel.run(records.deliver, change)
    assert route.authentic(request(received("Hello"), new=False)) == "not-ready"


@pytest.mark.parametrize("keys", [[], ["short"]])
async def test_without_a_good_key_there_is_no_route(
    keys: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    records = Records()
    channel = made(records, signingKeys=keys)

    with caplog.at_level(logging.ERROR):
        assert channel.routes(records.deliver) == ()
    assert bool(caplog.records) == bool(keys)
    with pytest.raises(ChannelError, match="signingKeys"):
        await channel.run(records.deliver, lambda state: None)


async def test_an_answer_leaves_from_the_number_that_was_texted() -> None:
    async with FakeQuo() as quo:
        channel = made(Records(), apiRoot=quo.url, fromNumber="+12015550199")

        assert await channel.send(outbound("Hello")) == "AC1"
        await channel.send(outbound("Hello", thread=None))
        await channel.aclose()
    assert [(sent.sender, sent.to) for sent in quo.sent] == [
        ("PN123", "+12015550123"), ("+12015550199", "+12015550123"),
    ]  # fmt: skip


async def test_without_a_number_or_a_key_nothing_is_sent() -> None:
    with pytest.raises(DeliveryError, match="fromNumber"):
        await made(Records()).send(outbound("Hello", thread=None))
    with pytest.raises(DeliveryError, match="apiKey is not set"):
        await made(Records(), apiKey=None).send(outbound("Hello"))


@pytest.mark.parametrize(
    ("status", "error", "again"),
    [
        (400, DeliveryError, None),
        (402, DeliveryError, None),
        (429, DeliveryError, 3.0),
        (500, DeliveryError, 2.0),
    ],
)
async def test_what_was_refused_was_not_sent(
    status: int, error: type[DeliveryError], again: float | None
) -> None:
    async with FakeQuo() as quo:
        quo.fail(status, "No.", {"retry-after": "3"})
        channel = made(Records(), apiRoot=quo.url)
        with pytest.raises(error, match=r"No\.") as refused:
            await channel.send(outbound("Hello"))
        await channel.aclose()
    assert refused.value.retry_after == again


async def test_a_gateway_that_gave_up_is_in_doubt_and_a_bad_key_waits_for_the_owner() -> None:
    async with FakeQuo() as quo:
        quo.fail(504)
        channel = made(Records(), apiRoot=quo.url)
        with pytest.raises(AmbiguousDeliveryError):
            await channel.send(outbound("Hello"))
        await channel.aclose()
        channel = made(Records(), apiRoot=quo.url, apiKey="another")
        with pytest.raises(DeliveryError, match="apiKey was refused") as refused:
            await channel.send(outbound("Hello"))
        await channel.aclose()
    assert refused.value.retry_after is not None


async def test_a_text_that_quo_lists_was_sent_although_no_answer_came() -> None:
    async with FakeQuo() as quo:
        channel = made(Records(), apiRoot=quo.url)
        quo.take_and_drop()
        assert await channel.send(outbound("Hello")) == "AC1"

        quo.take_and_drop()
        with pytest.raises(AmbiguousDeliveryError):
            await channel.send(outbound("Hello", thread="+12015550100"))
        quo.lists = False
        quo.take_and_drop()
        with pytest.raises(AmbiguousDeliveryError):
            await channel.send(outbound("Hello again"))
        await channel.aclose()
    assert len(quo.sent) == 3


async def test_after_a_restart_quo_says_what_it_has_sent() -> None:
    async with FakeQuo() as quo:
        channel = made(Records(), apiRoot=quo.url)
        assert isinstance(channel, Reconciling)
        await channel.send(outbound("Hello"))
        now = SystemClock().now_ms()

        assert await channel.sent_before(outbound("Hello"), now - 1_000) == "AC1"
        assert await channel.sent_before(outbound("Hello"), now + 120_000) is None
        assert await channel.sent_before(outbound("Other"), now - 1_000) is None
        quo.fail(403, "No.")
        with pytest.raises(ChannelError, match=r"No\."):
            await channel.sent_before(outbound("Hello"), now)
        with pytest.raises(ChannelError, match="by none"):
            await channel.sent_before(outbound("Hello", thread=None), now)
        await channel.aclose()
    with pytest.raises(ChannelError, match="list of texts"):
        await made(Records(), apiRoot=quo.url).sent_before(outbound("Hello"), now)


def test_a_reply_is_plain_text() -> None:
    assert [part.text for part in made(Records()).compose("**Yes**, come")] == ["Yes, come"]
