"""What strangers and accidents do to the public door: nothing false comes in, and nothing true is lost."""

import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlencode

import anyio
import pytest

from openclaw.failpoints import Failpoint
from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTwilio, fetch
from tests.journeys.texting import ANA, BASE, BEN, Json, config, connected, rows, started, text

FORM = {"content-type": "application/x-www-form-urlencoded"}
PEOPLE = 20
SLOW = 600
"""More than there may be connections."""


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def texting(daemon_config: Json, twilio: FakeTwilio) -> Json:
    return config(daemon_config, twilio)


async def test_in_a_storm_of_forgeries_each_true_text_is_answered_once(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, texting, twilio)
    true = [twilio.inbound(f"from {n}", sender=f"+120155501{n:02d}") for n in range(PEOPLE)]
    damaged: list[int] = []

    async with anyio.create_task_group() as group:
        group.start_soon(_damage, daemon, twilio, true, damaged)
        for form in true:
            for copy in range(4):
                group.start_soon(_post_shuffled, daemon, twilio, form, copy)
    await twilio.wait_sent(PEOPLE)
    await text(daemon, twilio, twilio.inbound("last", sender="+12015550190"))
    await twilio.wait_sent(PEOPLE + 1)

    assert len(damaged) == 300
    assert set(damaged) == {403, 413}
    assert sorted(twilio.bodies()) == sorted([*(f"ok: from {n}" for n in range(PEOPLE)), "ok: last"])
    assert len(anthropic.requests) == PEOPLE + 1
    _check_audit(daemon)


def _check_audit(daemon: Daemon) -> None:
    """All that came is written down or counted, and no signature is among it."""
    kept = dict(rows(daemon, "SELECT outcome, count(*) FROM webhook_audit_log GROUP BY 1"))
    assert kept["accepted"] == PEOPLE * 4 + 1
    more = rows(daemon, "SELECT reason FROM webhook_audit_log WHERE outcome = 'refused-more'")
    assert kept["refused"] + sum(int(count) for (count,) in more) == 300
    headers = rows(daemon, "SELECT headers FROM webhook_audit_log WHERE outcome = 'accepted' LIMIT 1")[0][0]
    assert '"x-twilio-signature"' in headers
    assert rows(daemon, "SELECT count(*) FROM webhook_audit_log WHERE headers LIKE '%=\"%'") == [(0,)]
    assert rows(daemon, "SELECT count(*) FROM processed_webhook_events") == [(PEOPLE + 1,)]


async def _post_shuffled(daemon: Daemon, twilio: FakeTwilio, form: Json, copy: int) -> None:
    """Twilio promises no order of a form's fields, nor that it comes once."""
    fields = list(form.items())
    random.Random(copy).shuffle(fields)
    status, _ = await text(daemon, twilio, dict(fields))
    assert status == 200


async def _damage(daemon: Daemon, twilio: FakeTwilio, true: list[Json], answers: list[int]) -> None:
    chance, url = random.Random(5), f"http://127.0.0.1:{daemon.webhook_port}/sms"

    async def post(number: int) -> None:
        form = true[number % len(true)]
        headers = {**FORM, "x-twilio-signature": twilio.signature(BASE + "/sms", form)}
        try:
            body = _damaged(urlencode(form).encode(), number, chance)
            status, _ = await fetch("POST", url, body=body, headers=headers)
        except ConnectionError:
            status = 413  # the rest of a body that is too long is not waited for
        answers.append(status)

    for start in range(0, 300, 25):
        async with anyio.create_task_group() as group:
            for number in range(start, start + 25):
                group.start_soon(post, number)


def _damaged(body: bytes, number: int, chance: random.Random) -> bytes:
    """Cut short, changed in one place, longer by a field, with an id that swallows the next field, or far too long."""
    place = chance.randrange(len(body))
    match number % 5:
        case 0:
            return body[:place]
        case 1:
            letter = b"Z" if body[place : place + 1] != b"Z" else b"Y"
            return body[:place] + letter + body[place + 1 :]
        case 2:
            return body + b"&Extra" + str(number).encode() + b"="
        case 3:
            return body.replace(b"&NumMedia=0", b"").replace(b"&AccountSid", b"NumMedia0&AccountSid")
        case _:
            return body + b"&" * (2 << 20) if number % 50 == 4 else body + b"&Body=other"


async def test_hundreds_who_send_half_a_request_keep_out_nobody(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, texting, twilio)
    address = ("127.0.0.1", daemon.webhook_port)
    head = b"POST /sms HTTP/1.1\r\nhost: texts.example.org\r\n"
    async with AsyncExitStack() as stack:
        for number in range(SLOW):
            stream = await stack.enter_async_context(await anyio.connect_tcp(*address))
            sent = head + b"content-length: 900\r\n\r\nBody=half" if number % 2 else head
            with contextlib.suppress(anyio.BrokenResourceError):
                await stream.send(sent)
        with anyio.fail_after(5):
            status, _ = await text(daemon, twilio, twilio.inbound("let me through", sender=ANA))
        await twilio.wait_sent(1)

    assert status == 200
    assert twilio.bodies() == ["ok: let me through"]


@pytest.mark.parametrize("point", [Failpoint.INBOX_BEFORE_COMMIT, Failpoint.INBOX_AFTER_COMMIT], ids=str)
async def test_a_kill_between_the_record_and_the_answer_loses_no_text_and_repeats_none(
    point: Failpoint,
    make_daemon: MakeDaemon,
    texting: Json,
    twilio: FakeTwilio,
    anthropic: FakeAnthropic,
) -> None:
    doomed = make_daemon(texting, env={"OPENCLAW_FAILPOINT": f"{point}:kill"})
    await doomed.start()
    await connected(twilio)
    # Twilio keeps every text, whether its webhook was answered or not.
    kept = twilio.missed("still there?", sender=ANA)
    form = twilio.inbound("still there?", sender=ANA, sid=kept.sid)
    with pytest.raises(ConnectionError):
        await text(doomed, twilio, form)
    assert await doomed.wait_exit() == -9

    survivor = make_daemon(texting)
    await survivor.start()
    await twilio.wait_sent(1)
    assert (await text(survivor, twilio, form))[0] == 200
    await text(survivor, twilio, twilio.inbound("last", sender=BEN))
    await twilio.wait_sent(2)

    assert twilio.bodies() == ["ok: still there?", "ok: last"]


async def test_an_answer_that_left_before_a_kill_arrives_once_for_twilio_knows_what_it_has(
    make_daemon: MakeDaemon, texting: Json, twilio: FakeTwilio, anthropic: FakeAnthropic
) -> None:
    doomed = make_daemon(texting, env={"OPENCLAW_FAILPOINT": f"{Failpoint.OUTBOX_SENT}:kill"})
    await doomed.start()
    await connected(twilio)
    assert (await text(doomed, twilio, twilio.inbound("hello", sender=ANA)))[0] == 200
    assert await doomed.wait_exit() == -9

    survivor = await started(make_daemon, texting, twilio, 2)
    await text(survivor, twilio, twilio.inbound("last", sender=ANA))
    await twilio.wait_sent(2)
    assert await survivor.stop() == 0

    assert twilio.bodies() == ["ok: hello", "ok: last"]
    assert rows(survivor, "SELECT state, provider_id FROM outbox ORDER BY seq") == [
        ("sent", sent.sid) for sent in twilio.sent
    ]
