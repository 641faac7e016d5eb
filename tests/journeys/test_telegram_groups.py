"""A bot among people: called by name, by an answer, always; in topics; and in groups that are none of its business."""

from typing import Any

from tests.agent.tools.files.yard import png
from tests.conftest import MakeDaemon
from tests.fake.telegram_scenes import answering, put_out_of, say_in_group, send_file
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram, Sent
from tests.journeys.watching import images, user_texts

Json = dict[str, Any]
GROUP, ELSEWHERE, MOVED = -1001234567890, -1009999999999, -1008888888888
OWNER, BEA = 821071206, 821071207
GROUPS: Json = {
    str(GROUP): {"systemPrompt": "Speak like a gardener.", "allowFrom": [str(OWNER), str(BEA)]},
}


async def test_a_day_in_a_group(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    async with SecondBot() as second:
        account = {"botToken": second.token, "apiRoot": second.url, "groups": {}}
        daemon_config["channels"]["telegram"] |= {"groups": GROUPS, "accounts": {"second": account}}
        daemon = make_daemon(daemon_config)
        await daemon.start()
        await a_day_with(telegram, second, anthropic, daemon)
        assert await daemon.stop() == 0

    assert set(daemon.sessions_json()) == {
        "agent:main:main",
        f"agent:main:telegram:group:{GROUP}",
        f"agent:main:telegram:group:{GROUP}:topic:7",
    }


class SecondBot(FakeTelegram):
    bot_id = 8000002
    token = "8000002:TEST-an0therT0kenTh4tM0stN0tB3InAnyL0g0"


async def a_day_with(
    telegram: FakeTelegram, second: SecondBot, anthropic: FakeAnthropic, daemon: Daemon
) -> None:
    answer = await called_by_name(telegram, anthropic)
    await called_by_an_answer(telegram, anthropic, answer)
    await called_by_every_word(telegram)
    say_in_group(telegram, "@claw_test_bot and here?", chat=GROUP, topic=7)
    in_topic = (await telegram.wait_sent(5))[-1]
    assert in_topic.params["message_thread_id"] == 7
    await in_a_group_of_others(telegram, daemon)
    await in_a_group_that_became_a_supergroup(telegram)

    second.say("and you?")
    not_here = say_in_group(second, "@claw_test_bot and here?", chat=GROUP)
    await second.wait_confirmed(not_here)
    await second.wait_sent(1)
    assert (second.texts(), len(telegram.sent)) == (["ok: and you?"], 6)


async def called_by_name(telegram: FakeTelegram, anthropic: FakeAnthropic) -> Sent:
    say_in_group(telegram, "shall we plant tulips?", chat=GROUP, sender=BEA, name="Bea")
    say_in_group(telegram, "@claw_test_bot what is the question?", chat=GROUP)
    (answer,) = await telegram.wait_sent(1)
    assert answer.chat == GROUP
    assert "> Bea (821071207): shall we plant tulips?" in str(anthropic.requests[0].body["messages"])
    assert "Speak like a gardener." in str(anthropic.requests[0].body["system"])
    (mark,) = await telegram.wait_calls("setMessageReaction")
    assert mark.params["reaction"] == [{"type": "emoji", "emoji": "👀"}]
    (menu,) = telegram.called("setMyCommands")
    assert {"command": "status", "description": "model, context, cost, queue"} in menu.params["commands"]
    return answer


async def called_by_an_answer(telegram: FakeTelegram, anthropic: FakeAnthropic, answer: Sent) -> None:
    replied: Json = {"reply_to_message": answering(telegram, answer)}
    say_in_group(telegram, "and when?", chat=GROUP, sender=BEA, name="Bea", **replied)
    await telegram.wait_sent(2)
    assert user_texts(anthropic.requests[-1])[-1] == "and when?"
    assert "who goes by" in str(anthropic.requests[-1].body["messages"][-1])


async def called_by_every_word(telegram: FakeTelegram) -> None:
    say_in_group(telegram, "/activation always", chat=GROUP)
    say_in_group(telegram, "/status@other_bot", chat=GROUP)
    say_in_group(telegram, "nobody is named here", chat=GROUP)
    await telegram.wait_sent(4)
    assert telegram.texts()[2:] == ["Activation: always.", "ok: nobody is named here"]


async def in_a_group_of_others(telegram: FakeTelegram, daemon: Daemon) -> None:
    elsewhere = say_in_group(telegram, "@claw_test_bot hello?", chat=ELSEWHERE)
    await telegram.wait_confirmed(elsewhere)
    await daemon.wait_said(str(ELSEWHERE))
    put_out = telegram.push({"my_chat_member": put_out_of(ELSEWHERE)})
    await telegram.wait_confirmed(put_out)
    await daemon.wait_said("the bot was put out of the group Elsewhere")
    assert telegram.texts(ELSEWHERE) == []


async def in_a_group_that_became_a_supergroup(telegram: FakeTelegram) -> None:
    moved = "Bad Request: group chat was upgraded to a supergroup chat"
    telegram.fail("sendMessage", 400, moved, parameters={"migrate_to_chat_id": MOVED}, chat=GROUP)
    say_in_group(telegram, "are you still there?", chat=GROUP)
    answer = (await telegram.wait_sent(6))[-1]
    assert (answer.chat, answer.text) == (MOVED, "ok: are you still there?")


async def test_what_was_said_and_shown_before_a_kill_is_known_after_it(
    make_daemon: MakeDaemon, daemon_config: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon_config["channels"]["telegram"]["groups"] = {"*": {"allowFrom": ["*"]}}
    daemon = make_daemon(daemon_config)
    await daemon.start()
    held = telegram.hold("getFile")
    say_in_group(telegram, "the word is tulip", chat=GROUP, sender=BEA, name="Bea")
    photo = send_file(telegram, "photo", png(4, 4), "a roof")
    await telegram.wait_confirmed(photo)
    await held.entered.wait()
    await daemon.kill()
    held.release()

    await daemon.start()
    await telegram.wait_sent(1)
    assert len(images(anthropic.requests[-1])) == 1
    say_in_group(telegram, "@claw_test_bot which word?", chat=GROUP)
    await telegram.wait_sent(2)
    assert "the word is tulip" in str(anthropic.requests[-1].body["messages"])
    assert await daemon.stop() == 0

    (note,) = [line for lines in daemon.transcripts().values() for line in lines if "kind" in line]
    assert note["provenance"] == "stranger"
