"""What people send each other on Telegram besides words: pictures, albums, voice notes, files, and second thoughts."""

import json
from typing import Any

from tests.agent.tools.files.yard import png
from tests.conftest import MakeDaemon
from tests.fake.telegram_scenes import edit, send_file
from tests.fakes import Answer, Daemon, FakeAnthropic, FakeServer, FakeTelegram, HttpRequest
from tests.journeys.watching import images, user_texts

Json = dict[str, Any]


class Ear(FakeServer):
    """Speaks OpenAI's `/audio/transcriptions`."""

    async def handle(self, request: HttpRequest, answer: Answer) -> None:
        heard = request.path == "/v1/audio/transcriptions" and b"OggS" in request.body
        answer.send(200 if heard else 400, json.dumps({"text": "Good morning."}).encode())


def hearing(config: Json, ear: Ear) -> Json:
    provider = {"api": "openai-completions", "baseUrl": f"{ear.url}/v1", "apiKey": "k3y"}
    config["models"]["providers"]["ear"] = provider
    config["tools"] = {"media": {"audio": {"models": [{"provider": "ear", "model": "whisper-1"}]}}}
    return config


async def test_an_exchange_of_pictures_and_files(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    async with Ear() as ear:
        daemon = make_daemon(hearing(daemon_config, ear))
        await daemon.start()
        await an_album_is_answered_once(telegram, anthropic)
        await a_voice_note_is_heard(telegram, anthropic)
        await a_picture_that_is_not_given_is_told(telegram, anthropic)
        await a_document_is_named_and_read(telegram, anthropic, daemon)
        await an_edit_is_told_of(telegram, anthropic)
        await a_file_comes_back(telegram, anthropic, daemon)
        assert await daemon.stop() == 0


async def an_album_is_answered_once(telegram: FakeTelegram, anthropic: FakeAnthropic) -> None:
    for caption in ("our roofs", ""):
        send_file(telegram, "photo", png(4, 4), caption, media_group_id="13579")
    await telegram.wait_sent(1)
    first, second = images(anthropic.requests[0])
    assert first["source"]["media_type"] == second["source"]["media_type"] == "image/png"
    assert "our roofs" in str(anthropic.requests[0].body["messages"])


async def a_voice_note_is_heard(telegram: FakeTelegram, anthropic: FakeAnthropic) -> None:
    send_file(telegram, "voice", b"OggS", fields={"mime_type": "audio/ogg", "duration": 1})
    await telegram.wait_sent(2)
    assert "[voice, transcribed: Good morning.]" in user_texts(anthropic.requests[1])[-1]


async def a_picture_that_is_not_given_is_told(telegram: FakeTelegram, anthropic: FakeAnthropic) -> None:
    telegram.fail("getFile", 400, "Bad Request: file is too big")
    send_file(telegram, "photo", png(4, 4), "and this?")
    await telegram.wait_sent(3)
    assert len(images(anthropic.requests[2])) == 2
    assert "file is too big" in user_texts(anthropic.requests[2])[-1]


async def a_document_is_named_and_read(
    telegram: FakeTelegram, anthropic: FakeAnthropic, daemon: Daemon
) -> None:
    rain = {"file_name": "rain.txt", "mime_type": "text/plain"}
    send_file(telegram, "document", b"rain, rain", fields=rain)
    await telegram.wait_sent(4)
    (document,) = (daemon.state_dir / "media" / "inbound").glob("*/*-rain.txt")
    place = document.relative_to(daemon.state_dir).as_posix()
    assert place in user_texts(anthropic.requests[3])[-1]
    assert document.read_bytes() == b"rain, rain"
    assert document.stat().st_mode & 0o777 == 0o600

    anthropic.call_tool("read", {"path": place})
    anthropic.reply("Rain.")
    telegram.say("what does it say?")
    await telegram.wait_sent(5)
    assert "rain, rain" in str(anthropic.requests[5].body["messages"][-1])


async def an_edit_is_told_of(telegram: FakeTelegram, anthropic: FakeAnthropic) -> None:
    said = telegram.message("the word is tulip")
    telegram.push(said)
    await telegram.wait_sent(6)
    edit(telegram, said["message"]["message_id"], "the word is rose")
    telegram.say("which word?")
    await telegram.wait_sent(7)
    assert "> the word is rose" in str(anthropic.requests[7].body["messages"][-1])
    assert len(anthropic.requests) == 8


async def a_file_comes_back(telegram: FakeTelegram, anthropic: FakeAnthropic, daemon: Daemon) -> None:
    (daemon.state_dir / "workspace" / "plan.txt").write_text("tulips\n")
    anthropic.call_tool("message", {"media": "plan.txt", "message": "the *plan*"})
    anthropic.reply("There it is.")
    telegram.say("send me the plan")
    await telegram.wait_sent(9)

    (plan,) = [sent for sent in telegram.sent if sent.file is not None]
    assert (plan.kind, plan.text, plan.parse_mode) == ("document", "the plan", "HTML")
    assert plan.file is not None
    assert (plan.file.name, plan.file.content) == ("plan.txt", b"tulips\n")
    assert "There it is." in telegram.texts()
