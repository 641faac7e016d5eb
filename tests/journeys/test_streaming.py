"""Answers that people see while they are written: one message that grows, or finished blocks."""

from typing import Any

import pytest

from tests.conftest import MakeDaemon
from tests.fake.anthropic_script import PIECE
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram

Json = dict[str, Any]
OWNER = 821071206
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


def words(*texts: str) -> list[str]:
    return " ".join(texts).split()


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
    first, second = anthropic.pause(4), 0
    anthropic.reply(ANSWER)
    telegram.say("tell me")

    (preview,) = await telegram.wait_sent(1)
    assert preview.text == ANSWER[: 4 * PIECE].strip() + " …"
    first.release()
    await telegram.wait_until(lambda: preview.text == ANSWER, lambda: f"it is still {preview.text!r}")
    await daemon.stop()

    assert telegram.texts() == [ANSWER]
    assert second == 0
    assert len(telegram.called("sendMessage")) == 1
    assert daemon.transcript()[-1]["content"] == ANSWER


async def test_edits_are_far_enough_apart_and_stop_when_telegram_says_so(
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

    await telegram.wait_until(lambda: telegram.texts() == [ANSWER], lambda: str(telegram.texts()))
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
    await telegram.wait_until(lambda: shown_id(doomed) is not None, lambda: "the preview is not kept")
    await doomed.kill()

    anthropic.reply("Another answer, short.")
    survivor = make_daemon(daemon_config)
    await survivor.start()
    await telegram.wait_until(
        lambda: telegram.texts() == ["Another answer, short."], lambda: str(telegram.texts())
    )
    assert await survivor.stop() == 0
    assert len(telegram.called("sendMessage")) == 1


def shown_id(daemon: Daemon) -> str | None:
    import sqlite3

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
    await telegram.wait_until(
        lambda: words(*telegram.texts()) == words(ANSWER), lambda: str(telegram.texts())
    )
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
    await telegram.wait_until(
        lambda: words(*telegram.texts()) == words(ANSWER), lambda: str(telegram.texts())
    )
    assert await survivor.stop() == 0


async def test_a_stream_that_breaks_behind_a_block_goes_on_where_it_was(
    make_daemon: MakeDaemon, blocks: Json, telegram: FakeTelegram, anthropic: FakeAnthropic
) -> None:
    from tests.fakes import Cut

    blocks["models"]["retry"] = {"initialSeconds": 0.1}
    daemon = make_daemon(blocks)
    await daemon.start()
    hold = anthropic.pause(12)
    anthropic.script(Cut("text", text=ANSWER[: 13 * PIECE]))
    anthropic.reply(ANSWER)
    telegram.say("tell me")
    await telegram.wait_sent(2)
    hold.release()

    await telegram.wait_until(
        lambda: words(*telegram.texts()) == words(ANSWER), lambda: str(telegram.texts())
    )
    await daemon.stop()
    assert len(anthropic.requests) == 2
