"""WhatsApp from outside: Meta's webhooks in, its Graph API out, and everything between seen in files and traces."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.agent.tools.files.yard import png
from tests.conftest import MakeDaemon
from tests.fake.whatsapp import BSUID
from tests.fakes import (
    Daemon,
    FakeAnthropic,
    FakeSearxng,
    FakeTwilio,
    FakeWhatsApp,
    Reply,
    Script,
    ToolUse,
    fetch,
    newest_user_text,
)
from tests.journeys import texting
from tests.journeys.watching import eventually

Json = dict[str, Any]
PNG = png(4, 4)
FOUND: dict[str, object] = {
    "title": "Tokyo weather",
    "url": "https://weather.example.org/tokyo",
    "content": "12°C, partly cloudy",
}
QUESTION = "What's the weather in Tokyo?"
ANSWER = "The current weather in Tokyo is **12°C** with partly cloudy skies."
ANA = "+12015550123"


@pytest.fixture
async def whatsapp() -> AsyncIterator[FakeWhatsApp]:
    async with FakeWhatsApp() as fake:
        yield fake


@pytest.fixture
def config(daemon_config: Json, whatsapp: FakeWhatsApp) -> Json:
    daemon_config["channels"] = {"whatsapp": whatsapp.config(allowFrom=[ANA])}
    return daemon_config


def hook(daemon: Daemon) -> str:
    return f"{daemon.webhook_url}/webhooks/whatsapp"


async def started(make_daemon: MakeDaemon, config: Json, whatsapp: FakeWhatsApp) -> Daemon:
    """Until Meta could set up the webhook."""
    daemon: Daemon = make_daemon(config)
    await daemon.start()
    await whatsapp.wait_until(lambda: bool(whatsapp.requests), lambda: "it did not introduce itself", 10)
    return daemon


async def test_the_weather_in_tokyo(
    make_daemon: MakeDaemon, config: Json, whatsapp: FakeWhatsApp, anthropic: FakeAnthropic
) -> None:
    """The walk of one message: webhook, session, web_search, reply, transcript, delivery."""
    async with FakeSearxng() as searxng:
        searxng.results = [FOUND]
        config["tools"] = {"web": {"search": {"provider": "searxng", "baseUrl": searxng.url}}}
        anthropic.call_tool("web_search", {"query": "current weather Tokyo"})
        anthropic.reply(ANSWER)
        daemon = await started(make_daemon, config, whatsapp)

        assert await whatsapp.say(hook(daemon), QUESTION, name="Alice") == 200
        (sent,) = await whatsapp.wait_sent(1)
        assert [search.query["q"] for search in searxng.searches] == ["current weather Tokyo"]

    assert (sent.to, sent.text) == (ANA, "The current weather in Tokyo is *12°C* with partly cloudy skies.")
    (mark,) = whatsapp.marks
    assert mark["typing_indicator"] == {"type": "text"}
    first, second = anthropic.requests
    assert newest_user_text(first.body) == QUESTION
    assert "partly cloudy" in str(second.body["messages"][-1])
    assert await whatsapp.tell(hook(daemon), sent, "delivered") == 200

    trace: Json = (await daemon.cli("trace", "last", "--json")).json()
    names = [span["name"] for span in trace["spans"]]
    assert [name for name in names if name not in {"prompt", "model", "queued", "directives", "gate"}] == [
        "received", "stored", "authorised", "session", "llm", "tool", "llm", "transcript", "send", "delivered",
    ]  # fmt: skip
    assert trace["outcome"] == "answered"
    assert await daemon.stop() == 0
    asked, *_, answered = daemon.transcript()[1:]
    assert (asked["content"], asked["from"]) == (QUESTION, f"whatsapp:{ANA}")
    assert answered["content"] == ANSWER
    entry = daemon.sessions_json()["agent:main:main"]
    assert (entry["lastChannel"], entry["lastTo"]) == ("whatsapp", ANA)


async def test_meta_sets_the_webhook_up_and_forgeries_replays_and_rubbish_are_answered_by_nobody(
    make_daemon: MakeDaemon, config: Json, whatsapp: FakeWhatsApp, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, config, whatsapp)
    assert await whatsapp.set_up(hook(daemon), challenge="1158201444") == (200, b"1158201444")
    assert (await whatsapp.set_up(hook(daemon), token="guessed"))[0] == 403
    assert (await fetch("GET", hook(daemon)))[0] == 403
    body = whatsapp.body([whatsapp.message("text", "once")])
    forged = whatsapp.body([whatsapp.message("text", "pay me")])

    for signature in ("", "sha256=", "sha256=" + "0" * 64, whatsapp.sign(b"another body")):
        assert await whatsapp.post(hook(daemon), forged, signature=signature) == 403
    assert [await whatsapp.post(hook(daemon), body) for _ in range(10)] == [200] * 10
    assert await whatsapp.post(hook(daemon), b'{"entry": 5}') == 200
    await whatsapp.wait_sent(1)
    assert await daemon.stop() == 0

    assert whatsapp.texts() == ["ok: once"]
    assert len(anthropic.requests) == 1


async def test_a_stranger_gets_a_pairing_code_and_is_let_in_by_user_id(
    make_daemon: MakeDaemon, config: Json, whatsapp: FakeWhatsApp, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, config, whatsapp)
    bo = {"sender": "12015550124", "name": "Bo", "from_user_id": "US.900111222333"}

    await whatsapp.say(hook(daemon), "hello?", **bo)
    (told,) = await whatsapp.wait_sent(1)
    assert "Pairing code: " in told.text
    assert anthropic.requests == []
    code = told.text.partition("Pairing code: ")[2].split()[0]
    approved = await daemon.cli("pairing", "approve", "whatsapp", code)
    assert approved.code == 0, approved.stderr
    before = len(whatsapp.sent)

    # From now on without the number: people may hide theirs.
    hidden = whatsapp.message("text", "hello again", from_user_id="US.900111222333")
    del hidden["from"]
    await whatsapp.post(hook(daemon), whatsapp.body([hidden], name="Bo"))
    await eventually(lambda: len(anthropic.requests) == 1, lambda: f"sent: {whatsapp.texts()}")
    await whatsapp.wait_until(
        lambda: "ok: hello again" in whatsapp.texts("US.900111222333"), lambda: f"{whatsapp.texts()}", 10
    )
    assert len(whatsapp.sent) > before


async def test_a_picture_is_shown_to_the_model_and_a_file_comes_back(
    make_daemon: MakeDaemon, config: Json, whatsapp: FakeWhatsApp, anthropic: FakeAnthropic
) -> None:
    whatsapp.files["9001"] = PNG, "image/png"
    anthropic.call_tool("message", {"media": "quote.pdf", "message": "The **quote**."})
    anthropic.reply("There it is.")
    daemon = await started(make_daemon, config, whatsapp)
    (daemon.state_dir / "workspace/quote.pdf").write_bytes(b"%PDF-1.7")
    image = {"id": "9001", "mime_type": "image/png", "caption": "What would this cost?"}

    await whatsapp.post(hook(daemon), whatsapp.body([whatsapp.message("image", image)]))
    file, answer = await whatsapp.wait_sent(2)
    assert await daemon.stop() == 0

    content = anthropic.requests[0].body["messages"][-1]["content"]
    assert [block["type"] for block in content if block["type"] == "image"] == ["image"]
    assert "What would this cost?" in str(content)
    (path,) = (daemon.state_dir / "media/inbound").glob("*/wa-9001.png")
    assert path.read_bytes() == PNG
    assert (file.text, file.body["document"]["filename"], answer.text) == (
        "The *quote*.", "quote.pdf", "There it is.",
    )  # fmt: skip
    assert whatsapp.uploads[file.body["document"]["id"]] == (b"%PDF-1.7", "application/pdf")


async def test_a_message_that_was_answered_200_survives_a_crash_and_a_lost_answer_is_told(
    make_daemon: MakeDaemon, config: Json, whatsapp: FakeWhatsApp, anthropic: FakeAnthropic
) -> None:
    daemon = await started(make_daemon, config, whatsapp)
    asked = anthropic.hold()
    assert await whatsapp.say(hook(daemon), "hello") == 200
    await daemon.kill()
    asked.release()

    await daemon.start()
    (sent,) = await whatsapp.wait_sent(1)
    assert sent.text == "ok: hello"

    # What Meta has taken and cannot deliver after all is told with the way out.
    assert await whatsapp.tell(hook(daemon), sent, "failed", code=131047) == 200
    listed = (await daemon.cli("outbox", "list", "--json")).json()
    (row,) = [row for row in listed if row["providerId"] == sent.id]
    assert row["state"] == "failed"
    assert "approved template" in row["reason"]
    assert await daemon.stop() == 0
    said = "alert send:whatsapp:131047: A message on WhatsApp to +12015550123 did not arrive"
    assert any(said in line for line in map(str, daemon.log_lines()))
    assert whatsapp.texts() == ["ok: hello"]


async def test_the_button_of_an_approval_is_pressed(
    make_daemon: MakeDaemon, config: Json, whatsapp: FakeWhatsApp, anthropic: FakeAnthropic
) -> None:
    anthropic.answer_with(_writes_the_soul)
    daemon = await started(make_daemon, config, whatsapp)
    await whatsapp.say(hook(daemon), "be kinder", from_user_id=BSUID)
    await whatsapp.wait_until(
        lambda: any(sent.buttons for sent in whatsapp.sent),
        lambda: f"{[sent.body for sent in whatsapp.sent]}",
        10,
    )
    asked = next(sent for sent in whatsapp.sent if sent.buttons)

    await whatsapp.press(hook(daemon), asked, next(iter(asked.buttons)), from_user_id=BSUID)
    await whatsapp.wait_until(lambda: "done" in whatsapp.texts(), lambda: f"{whatsapp.texts()}", 10)


async def test_whatsapp_by_twilio_has_the_account_and_addresses_of_texts(
    make_daemon: MakeDaemon, daemon_config: Json
) -> None:
    ours, path = "+12015550177", "/webhooks/whatsapp/twilio"
    async with FakeTwilio() as twilio:
        config = texting.config(daemon_config, twilio)
        config["channels"]["whatsapp"] = {"provider": "twilio", "fromNumber": ours, "allowFrom": [ANA]}
        daemon = await texting.started(make_daemon, config, twilio)
        form = twilio.inbound("hello", sender=f"whatsapp:{ANA}", to=f"whatsapp:{ours}", ProfileName="Ana")

        forged = await texting.text(daemon, twilio, form, path=path, signature="x")
        for _ in range(3):
            assert (await texting.text(daemon, twilio, form, path=path))[0] == 200
        (sent,) = await twilio.wait_sent(1)
        told = twilio.status_of(sent, "read")
        assert (await texting.text(daemon, twilio, told, path=path))[0] == 200
        trace = (await daemon.cli("trace", "last", "--json")).json()
        assert await daemon.stop() == 0

    assert forged == (403, b'{"error":"signature-wrong"}')
    assert [(text.sender, text.to, text.body) for text in twilio.sent] == [
        (f"whatsapp:{ours}", f"whatsapp:{ANA}", "ok: hello")
    ]
    assert sent.params["StatusCallback"] == [texting.BASE + path]
    assert [span["status"] for span in trace["spans"] if span["name"] == "delivered"] == ["read"]


def _writes_the_soul(body: Json) -> Script:
    results = [block for block in body["messages"][-1]["content"] if block["type"] == "tool_result"]
    return (
        Reply("done")
        if results
        else Reply(calls=[ToolUse("write", {"path": "SOUL.md", "content": "Be kind."})])
    )
