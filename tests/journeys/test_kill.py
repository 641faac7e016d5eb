"""SIGKILL at every commit and send of a turn. Judged by what people and providers saw, never by our own ledger."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from openclaw.failpoints import Failpoint
from tests.conftest import MakeDaemon
from tests.fakes import Daemon, FakeAnthropic, FakeTelegram
from tests.journeys.notebook import effects_of, install, works_then_answers

MARK = "↻ "
EXPECTED = {
    # Nobody can know whether the reply arrived: the owner gets it once more, marked.
    Failpoint.OUTBOX_CLAIMED: [f"{MARK}bought"],
    Failpoint.OUTBOX_SENT: ["bought", f"{MARK}bought"],
}


@pytest.mark.parametrize("point", list(Failpoint), ids=str)
async def test_a_kill_loses_nothing_and_repeats_nothing(
    point: Failpoint,
    make_daemon: MakeDaemon,
    daemon_config: dict[str, Any],
    tmp_path: Path,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    effects = install(tmp_path / "home", daemon_config)
    # A turn of its own for each message, so that each answer can be told from the other.
    daemon_config["messages"] = {"queue": {"mode": "followup"}}
    anthropic.answer_with(works_then_answers)
    telegram.say("buy milk")
    doomed = make_daemon(daemon_config, env={"OPENCLAW_FAILPOINT": f"{point}:kill"})
    await doomed.start(ready=False)
    assert await doomed.wait_exit() == -9, "the failpoint was not passed"

    survivor = make_daemon(daemon_config)
    await survivor.start()
    telegram.say("and then?")
    expected = EXPECTED.get(point, ["bought"])
    await telegram.wait_sent(len(expected) + 1)
    assert await survivor.stop() == 0

    assert telegram.texts() == [*expected, "nothing more"]
    assert effects_of(effects) == ([] if point is Failpoint.TOOL_INTENDED else ["milk"])
    _check_transcript(survivor)


def _check_transcript(daemon: Daemon) -> None:
    """Each line once, every call with its result, nothing left to mend."""
    folder = daemon.state_dir / "agents" / "main" / "sessions"
    assert sorted(path.suffix for path in folder.iterdir() if path.suffix != ".torn") == [".json", ".jsonl"]
    lines = daemon.transcript()
    assert [line["content"] for line in lines if line.get("role") == "user"] == ["buy milk", "and then?"]
    ids = [line["id"] for line in lines]
    assert len(ids) == len(set(ids))
    for line, following in itertools.pairwise(lines):
        if line.get("role") == "assistant" and isinstance(line["content"], list):
            calls = [block["id"] for block in line["content"] if block["type"] == "tool_use"]
            assert [result["tool_use_id"] for result in following["content"]] == calls


async def test_every_failpoint_is_on_the_way_of_one_message(
    make_daemon: MakeDaemon,
    daemon_config: dict[str, Any],
    tmp_path: Path,
    telegram: FakeTelegram,
    anthropic: FakeAnthropic,
) -> None:
    """A failpoint that nothing passes would make its kill test an empty one."""
    install(tmp_path / "home", daemon_config)
    anthropic.answer_with(works_then_answers)
    log = tmp_path / "failpoints.log"
    daemon = make_daemon(daemon_config, env={"OPENCLAW_FAILPOINT_LOG": str(log)})
    await daemon.start()
    telegram.say("buy milk")
    await telegram.wait_sent(1)
    await daemon.stop()

    assert set(log.read_text().split()) == set(Failpoint)
