"""Answers that people see while they are written: one message that grows, or finished blocks."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fake.anthropic_script import PIECE
from tests.fakes import Cut, Daemon, FakeAnthropic, FakeTelegram
from tests.journeys.watching import eventually

Json = dict[str, Any]
PARAGRAPHS = [f"Paragraph {number} says what there is to say about number {number}." for number in range(8)]
ANSWER = "\n\n".join(PARAGRAPHS)
BLOCKS = {"minChars": 60, "maxChars": 200}


@pytest.fixture
def telegram_config(daemon_config: Json) -> Json:
    settings: Json = daemon_config["channels"]["telegram"]
    return settings


@pytest.fixture
def blocks(daemon_config: Json, telegram_config: Json) -> Json:
    """Small blocks, sent as soon as they are finished."""
    telegram_config["blockStreaming"] = True
    daemon_config["agents"] = {
        "defaults": {
            "blockStreamingChunk": BLOCKS,
            "blockStreamingCoalesce": {"minChars": 1, "maxChars": 60, "idleMs": 0},
        }
    }
    return daemon_config


async def until(telegram: FakeTelegram, holds: Callable[[], bool]) -> None:
    await telegram.wait_until(holds, lambda: f"people see {telegram.texts()}", 10)


async def until_words(telegram: FakeTelegram) -> None:
    """Each word of the answer once, however many messages they are in."""
    await until(telegram, lambda: " ".join(telegram.texts()).split() == ANSWER.split())


async def test_a_message_grows_until_it_is_the_answer(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    telegram_config["streaming"] = "partial"
    daemon = make_daemon(daemon_config)
    await daemon.start()
    first = anthropic.pause(4)
    anthropic.reply(ANSWER)
    telegram.say("tell me")

    (preview,) = await telegram.wait_sent(1)
    assert preview.text == ANSWER[: 4 * PIECE].strip() + " …"
    first.release()
    await until(telegram, lambda: preview.text == ANSWER)
    await daemon.stop()

    assert telegram.texts() == [ANSWER]
    assert len(telegram.called("sendMessage")) == 1
    assert daemon.transcript()[-1]["content"] == ANSWER


async def test_an_answer_that_telegram_does_not_take_for_now_waits_as_long_as_it_is_told(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    telegram_config["streaming"] = "partial"
    daemon = make_daemon(daemon_config)
    await daemon.start()
    first = anthropic.pause(4)
    anthropic.reply(ANSWER)
    telegram.fail("editMessageText", parameters={"retry_after": 2})
    telegram.say("tell me")
    await telegram.wait_sent(1)
    first.release()

    await until(telegram, lambda: telegram.texts() == [ANSWER])
    await daemon.stop()

    refused, final = telegram.called("editMessageText")
    assert final.at - refused.at >= 2
    assert not daemon.said("may have been delivered")


async def test_the_answer_after_a_kill_is_in_the_same_message(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    telegram_config["streaming"] = "partial"
    doomed = make_daemon(daemon_config)
    await doomed.start()
    anthropic.pause(4)
    anthropic.reply(ANSWER)
    telegram.say("tell me")
    await telegram.wait_sent(1)
    await eventually(lambda: shown_id(doomed) is not None, lambda: "the preview is not kept")
    await doomed.kill()

    anthropic.reply("Another answer, short.")
    survivor = make_daemon(daemon_config)
    await survivor.start()
    await until(telegram, lambda: telegram.texts() == ["Another answer, short."])
    assert await survivor.stop() == 0
    assert len(telegram.called("sendMessage")) == 1


def shown_id(daemon: Daemon) -> str | None:
    with sqlite3.connect(f"file:{daemon.state_dir / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
        (found,) = ledger.execute("SELECT preview FROM turns").fetchone()
    ledger.close()
    return str(found) if found else None


async def test_an_answer_whose_final_edit_was_cut_off_is_there_once(
    make_daemon: MakeDaemon,
    daemon_config: Json,
    telegram_config: Json,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    """Killed when Telegram had made the edit and nobody knew: making it again changes nothing."""
    telegram_config["streaming"] = "partial"
    doomed = make_daemon(daemon_config, env={"OPENCLAW_FAILPOINT": "outbox.sent:kill"})
    await doomed.start()
    first = anthropic.pause(4)
    anthropic.reply(ANSWER)
    telegram.say("tell me")
    await telegram.wait_sent(1)
    first.release()
    assert await doomed.wait_exit() == -9

    survivor = make_daemon(daemon_config)
    await survivor.start()
    telegram.say("and now?")
    await telegram.wait_sent(2)
    assert await survivor.stop() == 0

    assert telegram.texts()[0] == ANSWER
    assert telegram.texts()[1].startswith("ok: and now?")


async def test_finished_blocks_leave_while_the_model_writes(
    make_daemon: MakeDaemon, blocks: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    daemon = make_daemon(blocks)
    await daemon.start()
    hold = anthropic.pause(12)
    anthropic.reply(ANSWER)
    telegram.say("tell me")

    early = [sent.text for sent in await telegram.wait_sent(2)]
    assert ANSWER.startswith(early[0])
    hold.release()
    await until_words(telegram)
    await daemon.stop()

    assert len(telegram.sent) >= 3
    assert telegram.called("editMessageText") == []


async def test_each_word_arrives_once_although_the_daemon_was_killed_between_two_blocks(
    make_daemon: MakeDaemon, blocks: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    doomed = make_daemon(blocks, env={"OPENCLAW_FAILPOINT": "outbox.committed:kill:2"})
    await doomed.start()
    anthropic.pause(12)
    anthropic.reply(ANSWER)
    telegram.say("tell me")
    assert await doomed.wait_exit() == -9

    anthropic.reply(ANSWER)
    survivor = make_daemon(blocks)
    await survivor.start()
    await until_words(telegram)
    assert await survivor.stop() == 0


async def test_a_stream_that_breaks_behind_a_block_goes_on_where_it_was(
    make_daemon: MakeDaemon, blocks: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    blocks["models"]["retry"] = {"initialSeconds": 0.1}
    daemon = make_daemon(blocks)
    await daemon.start()
    hold = anthropic.pause(12)
    anthropic.script(Cut("text", text=ANSWER[: 13 * PIECE]))
    anthropic.reply(ANSWER)
    telegram.say("tell me")
    await telegram.wait_sent(2)
    hold.release()

    await until_words(telegram)
    await daemon.stop()
    assert len(anthropic.requests) == 2
